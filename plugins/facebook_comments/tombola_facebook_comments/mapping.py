"""From Graph's JSON, and from what webhooks tell, to items. Pure.

Source: Meta, Graph API v26.0, “Comment”; Webhooks, page, ``feed``; recorded answers and
deliveries; read 2026-11-21.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from unicodedata import normalize

from tombola.api import Identity, Item, Media, MediaKind
from tombola_meta.linking import page_person
from tombola_meta.permalinks import comment_of
from tombola_meta.pictures import largest, media_from
from tombola_meta.reading import Raw, mapping, text, uid
from tombola_meta.times import time_from

#: Ids of comments and posts: what they belong to, and the number.
ID: Final = re.compile(r"[0-9]{1,40}(?:_[0-9]{1,40})?")

HIDDEN: Final = "hidden by the page"
BY_THE_PAGE: Final = "written by the page itself"

#: Pictures whose longer side has fewer pixels are asked for in their full size. Ours.
LARGE: Final = 1_080


@dataclass(frozen=True, slots=True)
class Under:
    """What comments stand under.

    Attributes:
        post: id of the post, ``<owner>_<number>``.
        page: id of the page whose own post it is; None for other pages' posts, where Facebook
            names neither authors nor, as a rule, comments.
    """

    post: str
    page: str | None

    @property
    def number(self) -> str:
        """The post's own number."""
        return self.post.rpartition("_")[2]


@dataclass(frozen=True, slots=True)
class Told:
    """What a webhook tells of a comment: what happened, to which one, under which post."""

    verb: str
    comment: str
    post: str
    parent: str | None


def items_from(comments: Iterable[Raw], under: Under) -> list[Item]:
    """Give the comments of an answer in their order, each once."""
    items = (item_from(each, under) for each in comments)
    return list({item.external_id: item for item in items if item is not None}.values())


def item_from(comment: Raw, under: Under) -> Item | None:
    """Give a comment; None for what says nothing at all."""
    comment_id = _id(comment, under)
    if comment_id is None:
        return None
    author = _author(comment, under)
    parent = _id_of(mapping(comment.get("parent")).get("id"))
    number = comment_id.rpartition("_")[2]
    return Item(
        comment_id,
        time_from(comment.get("created_time")),
        "comment",
        author=author,
        text=normalize("NFC", text(comment.get("message")) or ""),
        media=[each for each in media_from(comment.get("attachment")) if each.url],
        permalink=text(comment.get("permalink_url")),
        parent_id=parent if parent != comment_id else None,
        unfit=_unfit(comment, under),
        claim_key=f"fb:{number}" if author is None and number.isdecimal() else None,
        raw=dict(comment),
    )


def times(comments: Iterable[Raw]) -> list[datetime]:
    """Give the moments of comments, of those that have one."""
    return [at for at in (time_from(each.get("created_time")) for each in comments) if at]


def small_photos(items: Iterable[Item]) -> list[str]:
    """Name the photos that came as a scaled copy, each once."""
    keys = (
        media.key
        for item in items
        for media in item.media
        if media.kind is MediaKind.PHOTO and max(media.width or 0, media.height or 0) < LARGE
    )
    return list(dict.fromkeys(key for key in keys if key and ID.fullmatch(key)))


def with_large_photos(items: Iterable[Item], photos: Mapping[str, Raw]) -> list[Item]:
    """Put full-size pictures where there are some; keys stay."""
    large = {key: found for key, photo in photos.items() if (found := largest(photo)) is not None}
    return [replace(item, media=[_grown(each, large) for each in item.media]) for item in items]


# Webhooks.


def event_value(payload: Raw) -> Raw:
    """Give what an event of ``tombola_meta`` says."""
    return mapping(payload.get("value"))


def told(value: Raw) -> Told | None:
    """Say what a webhook tells of a comment; None where it tells of something else."""
    comment, post = _id_of(value.get("comment_id")), _id_of(value.get("post_id"))
    if value.get("item") != "comment" or comment is None or post is None:
        return None
    parent = _id_of(value.get("parent_id"))
    is_reply = parent is not None and parent.rpartition("_")[2] != post.rpartition("_")[2]
    return Told(text(value.get("verb")) or "", comment, post, parent if is_reply else None)


def comment_told(value: Raw, about: Told, under: Under) -> Raw:
    """Give a new comment, as a webhook tells it, in the form in which Graph gives it.

    Who wrote it stands in ``from`` today and stood in ``sender_id`` and ``sender_name`` before.
    """
    who = mapping(value.get("from")) or {
        "id": value.get("sender_id"),
        "name": value.get("sender_name"),
    }
    comment = {
        "id": about.comment,
        "message": value.get("message"),
        "created_time": value.get("created_time"),
        "from": who,
        "permalink_url": f"https://www.facebook.com/{under.page}/posts/{under.number}"
        f"?comment_id={about.comment.rpartition('_')[2]}",
    }
    photo = text(value.get("photo"))
    if photo is not None and photo.startswith(("https://", "http://")):
        comment["attachment"] = {"type": "photo", "media": {"image": {"src": photo}}}
    if about.parent is not None:
        comment["parent"] = {"id": about.parent}
    return comment


def _id(comment: Raw, under: Under) -> str | None:
    """Give Facebook's id, or one by the comment's address, or one of our own making."""
    found = _id_of(comment.get("id"))
    if found is not None:
        return found
    link = text(comment.get("permalink_url")) or ""
    number = comment_of(link)
    if number is not None:
        return f"{under.number}_{number}"
    target = mapping(mapping(comment.get("attachment")).get("target")).get("id")
    said = [link, comment.get("created_time"), comment.get("message"), target]
    if not any(said):
        return None
    written = json.dumps([under.post, *said], sort_keys=True, default=str)
    return f"made-{hashlib.sha256(written.encode('utf-8', 'replace')).hexdigest()[:40]}"


def _author(comment: Raw, under: Under) -> Identity | None:
    """Name the author by the id that the page has for them; elsewhere nobody is named."""
    who = mapping(comment.get("from"))
    person = uid(who.get("id"))
    if person is None or under.page is None:
        return None
    return page_person(under.page, person, text(who.get("name")))


def _unfit(comment: Raw, under: Under) -> str:
    if comment.get("is_hidden") is True:
        return HIDDEN
    author = uid(mapping(comment.get("from")).get("id"))
    return BY_THE_PAGE if author is not None and author == under.post.partition("_")[0] else ""


def _grown(media: Media, large: Mapping[str, Media]) -> Media:
    found = large.get(media.key or "")
    if found is None or (found.width or 0) <= (media.width or 0):
        return media
    return replace(media, url=found.url, width=found.width, height=found.height)


def _id_of(value: object) -> str | None:
    found = uid(value)
    return found if found is not None and ID.fullmatch(found) else None
