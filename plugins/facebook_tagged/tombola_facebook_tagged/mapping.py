"""From Graph's JSON to items. Pure.

Source: Meta, Graph API v26.0, “Page Tagged” and “Page Post”; Webhooks, page, ``mention``; recorded
answers; read 2026-11-21.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final
from unicodedata import normalize

from tombola.api import Item
from tombola_meta.permalinks import facebook_claim_key
from tombola_meta.pictures import media_from
from tombola_meta.reading import Raw, mapping, text, uid
from tombola_meta.times import time_from

#: Ids of posts: the wall and the number. The wall says nothing about who wrote it.
ID: Final = re.compile(r"[0-9]{1,40}(?:_[0-9]{1,40})?")


def items_from(posts: Iterable[Raw]) -> list[Item]:
    """Give the posts of a page of answers in their order, each once."""
    found = {item.external_id: item for post in posts if (item := item_from(post)) is not None}
    return list(found.values())


def item_from(post: Raw) -> Item | None:
    """Give a post; None where it has no id. Facebook does not name its author."""
    post_id = post_id_of(post.get("id"))
    if post_id is None:
        return None
    permalink = text(post.get("permalink_url"))
    return Item(
        post_id,
        time_from(post.get("created_time")) or time_from(post.get("tagged_time")),
        "post",
        text=normalize("NFC", text(post.get("message")) or ""),
        media=media_from(post.get("attachments")),
        permalink=permalink,
        claim_key=facebook_claim_key(permalink or "") or f"fb:{post_id.rpartition('_')[2]}",
        raw=dict(post),
    )


def told_post(value: Raw) -> tuple[str, bool] | None:
    """Say which post a webhook tells of, and whether it is gone.

    None for mentions in comments, which are no posts, and for what names none.
    """
    post_id = post_id_of(value.get("post_id"))
    if post_id is None or text(value.get("comment_id")) or value.get("item") == "comment":
        return None
    return post_id, value.get("verb") == "remove"


def tag_times(posts: Sequence[Raw]) -> list[datetime]:
    """Give the moments of the tags, by which the list is ordered; of posts where none is told."""
    times = (time_from(post.get("tagged_time") or post.get("created_time")) for post in posts)
    return [at for at in times if at is not None]


def post_id_of(value: object) -> str | None:
    """Give an id that can stand in an address."""
    found = uid(value)
    return found if found is not None and ID.fullmatch(found) else None


def event_value(payload: Raw) -> Raw:
    """Give what an event of ``tombola_meta`` says."""
    return mapping(payload.get("value"))
