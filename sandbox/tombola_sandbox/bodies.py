"""Makes the network's objects as JSON, older vocabulary. Pure: the same in, the same out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tombola_sandbox.ids import number_from, short_hash
from tombola_sandbox.models import Json, Person
from tombola_sandbox.writing import entities_of

SIZES = ((1200, 900), (1080, 1350), (1600, 1200), (900, 1200), (1280, 720), (1080, 1080))
"""Width and height of pictures, in pixels."""

PREFIXES: Mapping[str, int] = {"photo": 3, "video": 7, "animated_gif": 16}
"""What a media key begins with, by kind of media."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A post that is about to be.

    Attributes:
        post_id: its id.
        person: who writes it.
        text: as written; the link to what is attached is added.
        at: when.
        lang: language code.
        keys: media keys, in order.
        refers: ids by ``retweeted``, ``quoted``, ``replied_to``.
        link: the short link that stands for what is attached.
        answers: id of the person answered, or None.
        ids: user ids by lower-case username.
    """

    post_id: str
    person: Person
    text: str
    at: datetime
    lang: str
    keys: tuple[str, ...]
    refers: Mapping[str, str]
    link: str
    answers: str | None
    ids: Mapping[str, str]


def stamp(at: datetime) -> str:
    """Write a time as the network does: milliseconds, ``Z``."""
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


def picture_body(name: str, width: int, height: int) -> Json:
    """Describe a picture that is drawn when asked for."""
    return {"name": name, "seed": name, "width": width, "height": height}


def person_body(username: str, name: str, now: datetime, **more: Any) -> Json:
    """Make a user object; its id, unless given, is unlike that of any post."""
    joined = now - timedelta(days=200 + number_from(username, 3000))
    counts = {"followers": 900, "following": 600, "tweet": 4000, "listed": 9}
    return {
        "id": str(10**9 + number_from(f"user {username}", 8 * 10**9)),
        "name": name,
        "username": username,
        "created_at": stamp(joined.replace(microsecond=0)),
        "protected": False,
        "verified": False,
        "profile_image_url": f"/media/people/{short_hash(username)}.jpg",
        "public_metrics": {
            f"{what}_count": number_from(username + what, most) for what, most in counts.items()
        },
        **more,
    }


def media_body(key: str, kind: str, alt_text: str | None) -> Json:
    """Make a media object; films have a preview and no address of their own."""
    width, height = SIZES[number_from(key, len(SIZES))]
    body: Json = {"media_key": key, "type": kind, "width": width, "height": height}
    address = f"/media/{short_hash(key, 15)}.jpg"
    body["url" if kind == "photo" else "preview_image_url"] = address
    if kind != "photo":
        body["duration_ms"] = 1000 + number_from(key, 60_000)
    if alt_text:
        body["alt_text"] = alt_text
    return body


def post_body(draft: Draft) -> Json:
    """Make a post object."""
    entities = entities_of(draft.text, draft.ids)
    text = draft.text
    if draft.keys:
        text = f"{text} {draft.link}".lstrip()
        entities["urls"] = [*entities.get("urls", ()), *_links(draft, len(text))]
    body: Json = {
        "id": draft.post_id,
        "text": text,
        "author_id": draft.person.id,
        "created_at": stamp(draft.at.replace(microsecond=0)),
        "conversation_id": draft.refers.get("replied_to", draft.post_id),
        "edit_history_tweet_ids": [draft.post_id],
        "lang": draft.lang,
        "possibly_sensitive": False,
        "reply_settings": "everyone",
        "public_metrics": _metrics(draft.post_id),
        "entities": entities,
        "attachments": {"media_keys": list(draft.keys)} if draft.keys else None,
        "referenced_tweets": [{"type": t, "id": i} for t, i in draft.refers.items()],
        "in_reply_to_user_id": draft.answers,
    }
    return {name: value for name, value in body.items() if value not in (None, {}, [])}


def _links(draft: Draft, end: int) -> list[Json]:
    """Make the entities of the short link behind the text, one for each thing attached."""
    kind = "photo" if draft.keys[0].startswith("3_") else "video"
    address = f"https://x.com/{draft.person.username}/status/{draft.post_id}/{kind}/1"
    return [
        {
            "start": end - len(draft.link),
            "end": end,
            "url": draft.link,
            "expanded_url": address,
            "display_url": f"pic.x.com/{draft.link.rsplit('/', 1)[1]}",
            "media_key": key,
        }
        for key in draft.keys
    ]


def _metrics(post_id: str) -> Json:
    names = ("retweet_count", "reply_count", "like_count", "quote_count", "impression_count")
    return {name: number_from(post_id + name, 40) for name in names} | {"bookmark_count": 0}
