"""The look at pages finds what it is for."""

from pathlib import Path

import pytest

from tombola.testing.looking import look

pytestmark = pytest.mark.browser
AXE = next((Path(__file__).parent.parent / "browser" / "vendor").glob("axe*.js"))
GOOD = """<!doctype html><html lang="en"><title>Page</title><meta name="viewport"
content="width=device-width"><main><h1>Page</h1>BODY</main></html>"""


def test_page_that_is_fit_for_everybody_passes(page):
    page.set_content(GOOD)
    look(page, "good", AXE)
    assert page.viewport_size == {"width": 1280, "height": 900}


def test_picture_without_words_is_found(page):
    page.set_content(GOOD.replace("BODY", '<img src="data:,">'))
    with pytest.raises(AssertionError, match="image-alt"):
        look(page, "blind", AXE)


def test_page_wider_than_a_phone_is_found(page):
    page.set_content(GOOD.replace("BODY", '<p style="width: 600px">wide</p>'))
    with pytest.raises(AssertionError, match="wide at 390"):
        look(page, "wide", AXE)
