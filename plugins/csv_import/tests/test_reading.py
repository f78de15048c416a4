from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tombola.api import Invalid
from tombola_csv_import.reading import MOST_BYTES, MOST_LINES, lines_of


@pytest.mark.parametrize(
    "codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"]
)
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_encoding_and_separator_are_found_out(codec, separator):
    text = f'Name{separator}Text\r\nJosé{separator}"Grüße, a; b\r\nc"\r\nOle{separator}x\r\n'
    lines = lines_of(text.encode(codec))
    assert lines.heads == ("Name", "Text")
    assert lines.rows == ((2, ("José", "Grüße, a; b\r\nc")), (4, ("Ole", "x")))


def test_separator_inside_of_cells_is_none():
    raw = b"name;text\nann;a, b, c\nole;d, e, f\n"
    assert lines_of(raw).rows[0] == (2, ("ann", "a, b, c"))


def test_one_column_needs_no_separator():
    assert lines_of(b"name\nann\nole\n").rows == ((2, ("ann",)), (3, ("ole",)))


def test_lines_of_other_widths_are_fitted_and_empty_ones_left_out():
    lines = lines_of(b"a,b\n1\n\n , \n1,2,3\n1,2,,\n")
    assert lines.heads == ("a", "b", "Column 3")
    assert [line for line, _ in lines.rows] == [2, 5, 6]
    assert lines.rows[1][1] == ("1", "2", "3")


def test_columns_have_names_that_differ():
    assert lines_of(b"a,A,,a\n1,2,3,4\n").heads == ("a", "A (2)", "Column 3", "a (3)")


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"", "nothing"),
        (b"\n\n \n", "nothing"),
        (b"name,text\n", "nothing below"),
        (b"PK\x03\x04...", "no text"),
        (b"\x89PNG\r\n\x1a\n\x00\x01", "no text"),
        (b"a\n" + b"x" * 10_001, "Line 2"),
        (b"a," * 201 + b"\n1\n", "200 columns"),
        (b"x" * (MOST_BYTES + 1), "8 MiB"),
        (b"a\n" + b"1\n" * (MOST_LINES + 1), "100,000"),
        (b'a,b\n1,"' + b"x" * 200_000, "Line 2"),
    ],
    ids=["empty", "blank", "headings", "zip", "png", "cell", "columns", "bytes", "lines", "field"],
)
def test_what_cannot_be_read_is_told(raw, says):
    with pytest.raises(Invalid) as wrong:
        lines_of(raw)
    assert says in str(wrong.value.errors["file"])


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_any_bytes_are_lines_or_a_complaint(raw):
    with suppress(Invalid):
        lines = lines_of(raw)
        assert {len(cells) for _, cells in lines.rows} == {len(lines.heads)}
        assert len({head.casefold() for head in lines.heads}) == len(lines.heads)
