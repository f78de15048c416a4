"""X's JSON, in either of its vocabularies, as items. Pure.

X renamed tweets to posts in 2026. Both names are read everywhere, whatever was asked for:
``note_post``/``note_tweet``, ``edit_history_post_ids``/``edit_history_tweet_ids``,
``referenced_posts``/``referenced_tweets``.

Source: X API v2, OpenAPI 2.167 and "Data dictionary", read 2026-11-21.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from unicodedata import normalize

from tombola.api import Identity, Item, Media, MediaKind

PROVIDER: Final = "twitter_import.x"

KINDS: Final = {
    "photo": MediaKind.PHOTO,
    "video": MediaKind.VIDEO,
    "animated_gif": MediaKind.ANIMATION,
}

#: What a media key begins with, for media that ``includes`` does not hold. Source: recorded pages.
PREFIXES: Final = {
    "3": MediaKind.PHOTO,
    "7": MediaKind.VIDEO,
    "13": MediaKind.VIDEO,
    "16": MediaKind.ANIMATION,
}

#: Source: OpenAPI 2.167, schema of ids.
ID: Final = re.compile(r"[0-9]{1,19}")

#: Ids from this on carry their time: milliseconds since the epoch below, shifted left by 22.
#: Source: X, "X IDs" (snowflake), read 2026-11-21.
SNOWFLAKES_FROM: Final = 10**15
SNOWFLAKE_EPOCH: Final = datetime(2010, 11, 4, 1, 42, 54, 657000, tzinfo=UTC)

Raw = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Includes:
    """What stands beside the posts of a page, by its key; X gives it once each, in no order."""

    users: Mapping[str, Raw]
    media: Mapping[str, Raw]


def items_from(page: Raw) -> list[Item]:
    """Read a page of search results.

    Args:
        page: the whole body; no ``data`` means no hits.

    Returns:
        In X's order (newest first), without retweets, the last version of each post once.

    Raises:
        ValueError: it is no page of posts.
    """
    posts = page.get("data", [])
    if not isinstance(posts, list) or not all(_is_post(post) for post in posts):
        raise ValueError("“data” is no list of posts")
    beside = _includes(page)
    latest: dict[str, Raw] = {}
    for post in posts:
        known = latest.setdefault(first_id(post), post)
        if int(post["id"]) > int(known["id"]):
            latest[first_id(post)] = post
    kept = [post for post in posts if latest[first_id(post)] is post]
    return [_item(post, beside) for post in kept if not _is_retweet(post)]


def first_id(post: Raw) -> str:
    """Give the id that a post had before any edit; each edit gives it a new one."""
    history = _either(post, "edit_history_post_ids", "edit_history_tweet_ids")
    ids = [str(each) for each in _list(history) if ID.fullmatch(str(each))]
    return min(ids, key=int) if ids else str(post["id"])


def last_id(post: Raw) -> str:
    """Give the id that a post has after its last edit, as far as this version of it knows."""
    history = _either(post, "edit_history_post_ids", "edit_history_tweet_ids")
    known = [str(each) for each in _list(history) if ID.fullmatch(str(each))]
    return max([str(post["id"]), *known], key=int)


def posts(page: Raw) -> list[Raw]:
    """Give the posts of a page as X wrote them, those that have an id."""
    return [post for post in _list(page.get("data")) if _is_post(post)]


def missing(page: Raw) -> list[str]:
    """Give the ids of posts that X names as gone, hidden or not to be seen."""
    named = [_dict(each) for each in _list(page.get("errors"))]
    return [
        str(each.get("resource_id") or each.get("value"))
        for each in named
        if each.get("parameter") in {"ids", "id"}
    ]


def together(pages: Sequence[Raw]) -> Raw:
    """Make one page of several."""
    beside = [_dict(page.get("includes")) for page in pages]
    return {
        "data": [post for page in pages for post in _list(page.get("data"))],
        "includes": {
            name: [one for each in beside for one in _list(each.get(name))]
            for name in ("users", "media")
        },
    }


def hashtags_in(item: Item) -> list[str]:
    """Give an item's hashtags, without their signs."""
    return [tag.removeprefix("#") for tag in item.details.get("hashtags", "").split()]


def ids(page: Raw) -> list[str]:
    """Give the ids of a page, any order; X's own first and last among them."""
    found = [str(post["id"]) for post in _list(page.get("data")) if _is_post(post)]
    meta = _dict(page.get("meta"))
    named = [str(meta.get(name)) for name in ("newest_id", "oldest_id")]
    return found + [each for each in named if ID.fullmatch(each)]


def next_token(page: Raw) -> str | None:
    """Give the token of the following page, or None at the end."""
    token = _dict(page.get("meta")).get("next_token")
    return str(token) if token else None


def reads(page: Raw) -> tuple[int, int]:
    """Count what X takes money for in a page: posts and users, included ones too."""
    included = _dict(page.get("includes"))
    posts = _list(page.get("data")) + _list(_either(included, "posts", "tweets"))
    return len(posts), len(_list(included.get("users")))


def time_of_id(post_id: str) -> datetime | None:
    """Read the time out of an id, aware UTC; None for ids that are too old to carry one."""
    number = int(post_id)
    if number < SNOWFLAKES_FROM:
        return None
    return SNOWFLAKE_EPOCH + timedelta(milliseconds=number >> 22)


def _item(post: Raw, beside: Includes) -> Item:
    author_id = post.get("author_id")
    user = beside.users.get(str(author_id), {})
    keys = [str(key) for key in _list(_dict(post.get("attachments")).get("media_keys"))]
    tags = _hashtags(post)
    return Item(
        external_id=first_id(post),
        occurred_at=_time(post),
        kind="post",
        author=_identity(str(author_id), user) if author_id else None,
        text=_text(post),
        media=[_media(key, beside.media.get(key, {})) for key in keys],
        details={"hashtags": " ".join(f"#{tag}" for tag in tags)} if tags else {},
        permalink=permalink(str(post["id"]), user.get("username")),
        parent_id=_referenced(post, "replied_to"),
        raw=_raw(post, user, [beside.media[key] for key in keys if key in beside.media]),
    )


def permalink(post_id: str, username: str | None) -> str:
    """Make a post's address; X leads on from ``i`` where the name is unknown."""
    return f"https://x.com/{username or 'i'}/status/{post_id}"


def profile(uid: str, username: str | None) -> str:
    """Make a person's address; by id where the name is unknown."""
    return f"https://x.com/{username}" if username else f"https://x.com/i/user/{uid}"


def _identity(uid: str, user: Raw) -> Identity:
    return Identity(PROVIDER, uid, handle=user.get("username"), name=shown_name(user))


def shown_name(user: Raw) -> str | None:
    """Give the name that a person shows; X escapes it like texts."""
    name = user.get("name")
    return None if name is None else _plain(str(name))


def _media(key: str, raw: Raw) -> Media:
    kind = (
        KINDS.get(str(raw.get("type")), MediaKind.OTHER)
        if raw
        else PREFIXES.get(key.partition("_")[0], MediaKind.OTHER)
    )
    url = raw.get("url") if kind is MediaKind.PHOTO else raw.get("preview_image_url")
    return Media(
        kind=kind,
        url=url,
        key=key,
        width=raw.get("width"),
        height=raw.get("height"),
        alt=_plain(str(raw.get("alt_text") or "")),
    )


def _text(post: Raw) -> str:
    note = _note(post)
    return _plain(str(note.get("text") or post.get("text") or ""))


def _plain(text: str) -> str:
    """Undo X's escapes: ``&``, ``<`` and ``>``, and nothing else, come as HTML entities."""
    text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return normalize("NFC", text)


def _hashtags(post: Raw) -> list[str]:
    """Collect the hashtags; those past the 280th character stand in the note alone."""
    found: dict[str, str] = {}
    for part in (post, _note(post)):
        for each in _list(_dict(part.get("entities")).get("hashtags")):
            tag = normalize("NFC", str(_dict(each).get("tag", "")))
            found.setdefault(tag.casefold(), tag)
    return [tag for tag in found.values() if tag]


def _note(post: Raw) -> Raw:
    return _dict(_either(post, "note_post", "note_tweet"))


def _time(post: Raw) -> datetime | None:
    try:
        return datetime.fromisoformat(str(post["created_at"])).astimezone(UTC)
    except (KeyError, ValueError):
        return time_of_id(str(post["id"]))


def _is_retweet(post: Raw) -> bool:
    return _referenced(post, "retweeted") is not None


def _referenced(post: Raw, how: str) -> str | None:
    for each in _list(_either(post, "referenced_posts", "referenced_tweets")):
        if _dict(each).get("type") == how:
            return str(each["id"])
    return None


def _raw(post: Raw, user: Raw, media: Sequence[Raw]) -> dict[str, Any]:
    included = {"users": [dict(user)] if user else [], "media": [dict(each) for each in media]}
    return {"data": dict(post), "includes": {name: got for name, got in included.items() if got}}


def _includes(page: Raw) -> Includes:
    included = _dict(page.get("includes"))
    return Includes(
        users={str(each["id"]): each for each in _dicts(included.get("users"), "id")},
        media={str(each["media_key"]): each for each in _dicts(included.get("media"), "media_key")},
    )


def _is_post(post: object) -> bool:
    return isinstance(post, dict) and ID.fullmatch(str(post.get("id"))) is not None


def _either(raw: Raw, new: str, old: str) -> Any:
    return raw[new] if new in raw else raw.get(old)


def _dict(value: Any) -> Raw:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _dicts(value: Any, key: str) -> Iterator[Raw]:
    return (each for each in _list(value) if isinstance(each, dict) and key in each)
