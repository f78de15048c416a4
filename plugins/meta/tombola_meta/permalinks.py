"""What a public address at Instagram or Facebook names. Pure.

A claim key is the normal form by which two ways to write one address are the same. Ids of media
differ between Meta's APIs; what stands in the address does not.

Source: addresses as both sites and the Graph API give them (``permalink``, ``permalink_url``),
read 2026-11-21.
"""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, parse_qs, urlsplit

#: The part of an address that names a post: letters in both cases count, they are base 64.
_SHORTCODE: Final = re.compile(r"/(?:p|reel|reels|tv)/([A-Za-z0-9_-]{5,40})(?:/|$)")
#: The same at Facebook; words about the post may stand before it.
_POST: Final = re.compile(
    r"/(?:posts|videos|permalink|photos|reel)/(?:[^/]+/){0,2}([0-9]{5,25}|pfbid[A-Za-z0-9]{10,100})(?:/|$)"
)
_NUMBER: Final = re.compile(r"[0-9]{5,25}|pfbid[A-Za-z0-9]{10,100}")
#: Who stands before the post, by number or by name; a group's post does not belong to a page.
_OWNER: Final = re.compile(
    r"^/(?P<group>groups/)?(?P<owner>[A-Za-z0-9.-]{1,100})/(?:posts|videos|permalink|photos)/"
)
#: How a number begins that only Facebook itself can read.
HIDDEN: Final = "pfbid"
_INSTAGRAM: Final = frozenset({"instagram.com", "instagr.am"})
_FACEBOOK: Final = frozenset({"facebook.com", "fb.com"})

#: Names of Instagram users. Source: Instagram's sign-up form: letters, digits, ``.`` and ``_``,
#: at most 30; read 2026-11-21.
USERNAME: Final = re.compile(r"[A-Za-z0-9._]{1,30}")

#: Longer texts are no address that somebody pasted. Ours.
PASTED_MAX: Final = 2_000


def shortcode(address: str) -> str | None:
    """Give the shortcode in an address of a post at Instagram; None when it is no such address."""
    parts = _site(address, _INSTAGRAM)
    found = _SHORTCODE.search(parts.path) if parts else None
    return found[1] if found else None


@dataclass(frozen=True, slots=True)
class PostAddress:
    """A post at Facebook, as an address names it.

    Attributes:
        owner: whose it is, by number or by name; None where the address does not say.
        number: the post's own; what begins with ``HIDDEN`` is none that others can read.
        in_group: it stands in a group.
    """

    owner: str | None
    number: str
    in_group: bool = False


def instagram_claim_key(pasted: str) -> str | None:
    """Give ``ig:<shortcode>`` for what an entrant pasted, or a permalink; None when it is none."""
    code = shortcode(pasted)
    return f"ig:{code}" if code else None


def post_address(pasted: str) -> PostAddress | None:
    """Read the address of a post at Facebook, in any of its forms; None when it is none.

    Short links (``/share/…``) name no post.
    """
    parts = _site(pasted, _FACEBOOK)
    if parts is None:
        return None
    query = parse_qs(parts.query)
    asked = [query[name][0] for name in ("story_fbid", "fbid", "v") if name in query]
    found = _POST.search(parts.path)
    number = next((each for each in asked if _NUMBER.fullmatch(each)), found and found[1])
    if not number:
        return None
    before = _OWNER.match(parts.path)
    owner = next(iter(query.get("id", ())), before and before["owner"])
    return PostAddress(owner or None, number, bool(before and before["group"]))


def facebook_claim_key(pasted: str) -> str | None:
    """Give ``fb:<number>`` for the address of a post at Facebook; None when it is none.

    Addresses that hide the number (``pfbid…``) have a key of their own: nobody but Facebook can
    say which post they lead to. Short links (``/share/…``) have none.
    """
    found = post_address(pasted)
    return f"fb:{found.number}" if found else None


def comment_of(address: str) -> str | None:
    """Give the id in the ``comment_id`` of an address at Facebook, of a reply before its parent."""
    parts = _site(address, _FACEBOOK)
    query = parse_qs(parts.query) if parts else {}
    found = next(
        (query[name][0] for name in ("reply_comment_id", "comment_id") if name in query), ""
    )
    return found if found.isascii() and found.isdigit() else None


def instagram_profile(username: str) -> str | None:
    """Give the address of a person at Instagram; None when that is no name there."""
    return f"https://www.instagram.com/{username}/" if USERNAME.fullmatch(username) else None


def _site(address: str, hosts: frozenset[str]) -> SplitResult | None:
    """Split an address at one of these sites, written with or without scheme and ``www``."""
    address = address.strip()
    if len(address) > PASTED_MAX:
        return None
    try:
        parts = urlsplit(address if "://" in address else f"https://{address}")
        host = (parts.hostname or "").rstrip(".")
    except ValueError:
        return None
    known = host in hosts or any(host.endswith(f".{each}") for each in hosts)
    return parts if known and parts.scheme in {"http", "https"} else None
