"""A team's own texts: a little formatting, and nothing of the author's is ever HTML."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tombola.web.prose import Block, Kind, Part, blocks, plain


def parts(text):
    (block,) = blocks(text)
    return [(part.text, part.bold, part.href) for part in block.lines[0]]


def test_paragraphs_lists_and_headings_are_told_apart():
    text = "Hello\nyou\n\n- one\n- two\n\n1. first\n2. second\n\n# Head\nbelow"
    assert [(block.kind.value, len(block.lines)) for block in blocks(text)] == [
        ("paragraph", 2),
        ("bullets", 2),
        ("numbers", 2),
        ("heading", 1),
        ("paragraph", 1),
    ]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("a **b** c", [("a ", False, ""), ("b", True, ""), (" c", False, "")]),
        ("see https://a.example/x.", [
            ("see ", False, ""), ("https://a.example/x", False, "https://a.example/x"),
            (".", False, ""),
        ]),
        ("[here](https://a.example)", [("here", False, "https://a.example")]),
        ("[bad](javascript:alert(1))", [("[bad](javascript:alert(1))", False, "")]),
        ("<b>x</b>", [("<b>x</b>", False, "")]),
    ],
)  # fmt: skip
def test_lines_are_read_into_parts(text, read):
    assert parts(text) == read


def test_plain_says_the_same_without_marks():
    assert plain("# Win\n\n- **one** [tin](https://a.example)") == "Win one tin"
    assert blocks("") == []
    assert blocks("x") == [Block(Kind.PARAGRAPH, ((Part("x"),),))]


@given(st.text(max_size=300))
def test_every_text_can_be_read_and_links_lead_to_the_web_alone(text):
    for block in blocks(text):
        for line in block.lines:
            for part in line:
                assert not part.href or part.href.startswith(("https://", "http://"))
