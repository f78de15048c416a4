"""A page as people meet it: at the width of a phone and of a desk, by the rules of WCAG 2.2 AA."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
#: Pixels of a phone's and of a desk's window.
WIDTHS = (390, 1280)


def look(page: Page, name: str, axe: Path, widths: Sequence[int] = WIDTHS) -> None:
    """Fail on what axe finds and on sideways scrolling, at each width.

    Args:
        page: The page, at the last width afterwards.
        name: What to call it, in complaints and in pictures.
        axe: The script of axe-core, which is no part of this package.
        widths: Pixels, in their order.

    With ``TOMBOLA_SCREENSHOTS`` set to a folder, a picture of each width is left there.
    """
    folder = os.environ.get("TOMBOLA_SCREENSHOTS")
    page.wait_for_load_state()
    for width in widths:
        page.set_viewport_size({"width": width, "height": 900})
        if folder:
            page.screenshot(path=f"{folder}/{name}-{width}.png", full_page=True)
        page.evaluate(axe.read_text(encoding="utf-8"))
        found = page.evaluate(f"axe.run({{runOnly: {RULES}}})")
        faults = [
            (each["id"], [node["html"][:200] for node in each["nodes"]])
            for each in found["violations"]
        ]
        wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        too_wide = page.evaluate(wide)
        if faults or too_wide:
            raise AssertionError(f"{name} at {width}: {faults}, {too_wide} pixels too wide")
