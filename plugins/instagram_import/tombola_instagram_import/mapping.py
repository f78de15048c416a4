"""From Instagram's JSON, as the Graph API gives it, to items. Pure.

Source: Instagram Platform, “IG Hashtag, Recent Media”, “IG Media”, “IG Comment”, “Mentions”; read
2026-11-21.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final
from unicodedata import normalize

from tombola.api import Identity, Item, Media, MediaKind
from tombola_meta.linking import instagram_name
from tombola_meta.permalinks import USERNAME, instagram_claim_key
from tombola_meta.reading import Raw, mapping, objects, text, uid
from tombola_meta.times import time_from

#: Ids of media, comments and hashtags; nothing else may stand in an address or in ``fields``.
ID: Final = re.compile(r"[0-9]{1,40}")

#: Where the words of a post and of a comment stand.
CAPTION: Final = "caption"
TEXT: Final = "text"

_KINDS: Final = {"IMAGE": MediaKind.PHOTO, "VIDEO": MediaKind.VIDEO}


def id_of(value: object) -> str | None:
    """Give an id that can stand in an address."""
    found = uid(value)
    return found if found is not None and ID.fullmatch(found) else None


def posts_from(found: Iterable[Raw]) -> list[Item]:
    """Give posts in their order, each once; what has no id is left out.

    Its author is whom ``username`` names. Where it is missing, as on every hit of a hashtag, the
    item has none, and a key by which its author can claim it.
    """
    made = (_post(each) for each in found)
    return list({item.external_id: item for item in made if item is not None}.values())


def comment_from(raw: Raw, post: Raw | None = None) -> Item | None:
    """Give a comment; None where it has no id or Instagram does not say whose it is.

    Without ``username`` it is one of the connected account's own.

    Args:
        raw: the comment.
        post: what is known of the post below which it stands, where the comment does not say.
    """
    comment_id = id_of(raw.get("id"))
    author = author_of(raw)
    if comment_id is None or author is None:
        return None
    below = mapping(raw.get("media")) or post or {}
    return Item(
        comment_id,
        time_from(raw.get("timestamp")),
        "comment",
        author=author,
        text=words(raw, TEXT),
        permalink=text(below.get("permalink")),
        parent_id=id_of(raw.get("parent_id")) or id_of(below.get("id")),
        deleted=raw.get("hidden") is True,
        raw=dict(raw),
    )


def author_of(raw: Raw) -> Identity | None:
    """Name whose a post or a comment is, by the only key that every answer shares: the name."""
    named = text(raw.get("username")) or text(mapping(raw.get("from")).get("username"))
    return instagram_name(named) if named and USERNAME.fullmatch(named) else None


def words(raw: Raw, name: str) -> str:
    """Give the text in a field, NFC."""
    return normalize("NFC", text(raw.get(name)) or "")


def with_replies(comments: Iterable[Raw]) -> Iterator[Raw]:
    """Give comments, each followed by the replies that came with it."""
    for each in comments:
        yield each
        for reply in objects(mapping(each.get("replies")).get("data")):
            yield {"parent_id": each.get("id"), **reply}


def media_of(raw: Raw) -> list[Media]:
    """Give pictures and films of a post.

    An album's own address is none: its parts have them. Films have a still picture where Instagram
    gives one, which hashtags never do; whatever may not be copied has no address at all.
    """
    parts = list(objects(mapping(raw.get("children")).get("data")))
    return [
        Media(
            _KINDS.get(text(each.get("media_type")) or "", MediaKind.OTHER),
            url=_picture(each),
            key=id_of(each.get("id")),
            alt=text(each.get("alt_text")) or "",
        )
        for each in parts or [raw]
        if text(each.get("media_type")) != "CAROUSEL_ALBUM"
    ]


def _picture(raw: Raw) -> str | None:
    name = "thumbnail_url" if text(raw.get("media_type")) == "VIDEO" else "media_url"
    return text(raw.get(name))


def _post(raw: Raw) -> Item | None:
    post_id = id_of(raw.get("id"))
    if post_id is None:
        return None
    permalink = text(raw.get("permalink"))
    author = author_of(raw)
    return Item(
        post_id,
        time_from(raw.get("timestamp")),
        "post",
        author=author,
        text=words(raw, CAPTION),
        media=media_of(raw),
        permalink=permalink,
        claim_key=instagram_claim_key(permalink or "") if author is None else None,
        raw=dict(raw),
    )
