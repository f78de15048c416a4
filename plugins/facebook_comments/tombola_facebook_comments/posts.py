"""Which post somebody means. Pure.

Source: addresses as Facebook's site and the Graph API give them, read 2026-11-21.
"""

import re
from typing import Final

from tombola_meta.permalinks import HIDDEN, PostAddress, post_address

_ID: Final = re.compile(r"(?:(?P<owner>[0-9]{1,40})_)?(?P<number>[0-9]{1,40})")

NO_POST: Final = (
    "This is no address of a post at Facebook. Choose a post from the list, or paste an address "
    "such as https://www.facebook.com/acme/posts/1234567890."
)
HIDDEN_NUMBER: Final = (
    "This kind of address hides which post it leads to. Pick the post from the list instead; "
    "there are the page's latest 50."
)
IN_GROUP: Final = "Facebook lets no program read posts in groups. Choose a post of a page."


def post_meant(written: str) -> PostAddress | None:
    """Read an id or an address; None when it is neither."""
    found = _ID.fullmatch(written.strip())
    if found is not None:
        return PostAddress(found["owner"], found["number"])
    return post_address(written)


def complaint(written: str) -> str | None:
    """Say why nothing can be read with this; None when something can."""
    meant = post_meant(written)
    if meant is None:
        return NO_POST
    if meant.in_group:
        return IN_GROUP
    return HIDDEN_NUMBER if meant.number.startswith(HIDDEN) else None
