"""What the scripts weigh that other sites load, and that they are built from their sources."""

import gzip
import hashlib
from importlib.resources import files
from pathlib import Path

import pytest

from tombola.widget import scripts

SOURCE = Path(str(files("tombola.widget").joinpath("static_src")))
HOST = "https://tombola.example"
WORDS = {"title": "Win a bicycle", "tab": "Win a bicycle", "show": "Show", "close": "Close"}


def weight(*texts):
    """Bytes that a browser loads: each file compressed by itself."""
    return sum(len(gzip.compress(text, 9)) for text in texts)


def test_built_files_belong_to_their_sources():
    lines = (SOURCE / "BUILT.sha256").read_text().splitlines()
    noted = {name: digest for digest, name in (line.split() for line in lines)}
    built = {f"../static/{path.name}" for path in (SOURCE.parent / "static").iterdir()}
    present = {path.name for path in SOURCE.iterdir() if path.suffix in {".js", ".css"}}
    assert present | built == set(noted)
    for name, digest in noted.items():
        found = hashlib.sha256((SOURCE / name).read_bytes()).hexdigest()
        assert found == digest, f"{name}: run `make assets`"


def test_tracking_script_weighs_at_most_a_kilobyte_and_a_half():
    assert weight(scripts.tracker(HOST, "y2sB7")) <= 1500


def test_snippet_is_at_most_300_bytes():
    assert len(scripts.snippet(HOST, "y2sB7").encode()) <= 300


def test_documentation_gives_the_same_snippet():
    text = Path(__file__).parents[2].joinpath("docs", "tracking.md").read_text()
    assert scripts.snippet(HOST, "y2sB7") in text


def test_widgets_first_interaction_weighs_at_most_eight_kilobytes():
    names = ("widget.min.js", "widget.min.css")
    assert weight(*(scripts.built(name).encode() for name in names)) <= 8000


@pytest.mark.parametrize("kind", ["embed", "ol", "e"])
def test_scripts_that_place_the_widget_weigh_at_most_five_kilobytes(kind):
    assert weight(scripts.place(HOST, kind, "y2sB7", WORDS)) <= 5000


def test_address_and_key_are_baked_in():
    text = scripts.tracker(HOST, "y2sB7").decode()
    assert '"https://tombola.example","y2sB7"' in text
    assert "{{" not in text


def test_a_title_ends_no_script_element_and_fills_no_other_place():
    title = "</script><b>{{host}}"
    text = scripts.place(HOST, "ol", "y2sB7", WORDS | {"title": title}).decode()
    assert "</script" not in text
    assert r"\u003c/script>\u003cb>{{host}}" in text
