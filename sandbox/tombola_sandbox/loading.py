"""Fills a world from recorded answers of the real API, one JSON page a line.

Either vocabulary is taken, and a file may mix them. Everything in ``data`` can be searched for;
what came in ``includes`` alone is known and not found. Errors that came beside data are repeated
where their subject is answered again; lines that hold nothing but an error are counted and left.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from tombola_sandbox.bodies import stamp
from tombola_sandbox.ids import short_hash, time_of
from tombola_sandbox.models import Json
from tombola_sandbox.recording import LoadError, Page, read_pages
from tombola_sandbox.world import World
from tombola_sandbox.x.dialect import Dialect
from tombola_sandbox.x.problems import parameter_in

__all__ = ["LoadError", "Loaded", "Manner", "load", "picture_name"]

KEPT_IN_REACH = timedelta(days=1)
"""How long recent search finds even the oldest post of a recording that was just taken."""

_MILLISECOND = timedelta(milliseconds=1)
_OF_POSTS = frozenset({"referenced_tweets.id", "edit_history_tweet_ids"})
"""Parameters whose values are ids of posts."""
_ADDRESSES = ("url", "preview_image_url")


@dataclass(frozen=True, slots=True)
class Manner:
    """How a recording is taken.

    Attributes:
        as_recent: recent search finds its posts whatever their age, as it did when it was recorded;
            ids and times stay as they are.
        shift_to_now: ids and times are moved, all by as much, so that the newest post is of now.
        keep_media_urls: pictures keep their addresses; otherwise the sandbox draws a picture of the
            same size and answers with its own address, so that fetching works.
    """

    as_recent: bool = True
    shift_to_now: bool = False
    keep_media_urls: bool = False


@dataclass(slots=True)
class Loaded:
    """What was taken from a recording."""

    pages: int = 0
    posts: int = 0
    people: int = 0
    media: int = 0
    left: int = 0
    oldest: datetime | None = None
    newest: datetime | None = None

    def words(self) -> str:
        """Say it in a sentence."""
        said = (
            f"{self.posts} posts, {self.people} people and {self.media} media "
            f"from {self.pages} pages"
        )
        if self.oldest and self.newest:
            said += f", {self.oldest:%Y-%m-%d %H:%M} to {self.newest:%Y-%m-%d %H:%M} UTC"
        return said + (f"; {self.left} lines without data were left" if self.left else "")


def load(world: World, lines: Iterable[str], manner: Manner | None = None) -> Loaded:
    """Take a recording into the world. The same file twice changes nothing.

    Raises:
        LoadError: a line is no page. Nothing is taken then.
    """
    manner = manner or Manner()
    loaded = Loaded()
    read = list(read_pages(lines))
    pages = [page for page in read if page is not None]
    loaded.left = len(read) - len(pages)
    posts = {p["id"]: p for page in pages for p in page.posts}
    times = {post_id: _time_of(post) for post_id, post in posts.items()}
    if times:
        loaded.oldest, loaded.newest = min(times.values()), max(times.values())
    taker = _Taker(world, manner, loaded, posts)
    for page in pages:
        taker.take(page)
    loaded.pages = len(pages)
    loaded.posts = len(posts)
    loaded.people = len({u["id"] for page in pages for u in page.users})
    loaded.media = len({m["media_key"] for page in pages for m in page.media})
    return loaded


def _time_of(post: Mapping[str, Any]) -> datetime:
    """Read when it was posted; where the recording lacks it, the id knows."""
    if (written := post.get("created_at")) is not None:
        return datetime.fromisoformat(written)
    return time_of(int(post["id"]))


class _Taker:
    def __init__(self, world: World, manner: Manner, loaded: Loaded, posts: Iterable[str]) -> None:
        now = world.clock()
        self._world = world
        self._manner = manner
        self._floor = now - world.switches.reach + KEPT_IN_REACH
        late = now - loaded.newest if loaded.newest else timedelta()
        is_old = loaded.oldest is not None and loaded.oldest < self._floor
        self._shift = self._once(posts, late) if manner.shift_to_now else timedelta()
        self._late = late if manner.as_recent and is_old else timedelta()

    def _once(self, posts: Iterable[str], late: timedelta) -> timedelta:
        """Give by how much a recording is moved: as it was the first time, whenever it comes."""
        mark = hashlib.sha256(" ".join(sorted(posts)).encode()).hexdigest()
        if mark not in self._world.shifts:
            self._put("recording.moved", mark, {"milliseconds": late // _MILLISECOND})
        return self._world.shifts[mark]

    def take(self, page: Page) -> None:
        for user in page.users:
            self._user(user)
        for media in page.media:
            self._media(media)
        for kind, thing in page.things:
            if (kind, str(thing["id"])) not in self._world.included:
                self._put("thing.added", str(thing["id"]), {"kind": kind, "thing": thing})
        for error in map(self._shifted_error, page.errors):
            if error not in self._world.complaints:
                self._put("complaint.added", str(error.get("resource_id", "")), {"error": error})
        for post in page.posts:
            self._post(post, searchable=True)
        for post in page.others:
            if int(self._moved(post["id"])) not in self._world.posts:
                self._post(post, searchable=False)

    def _post(self, post: Json, *, searchable: bool) -> None:
        at = _time_of(post) + self._shift
        body = self._shifted(post)
        known = self._world.posts.get(int(body["id"]))
        line = {
            "post": (known.body if known else {}) | body,
            "created_at": at.isoformat(),
            "visible_from": min(at, self._world.clock()).isoformat(),
            "searchable": searchable,
        }
        if self._late and not self._shift:
            line["found_as_of"] = max(at + self._late, self._floor).isoformat()
        if known is None or known.body != line["post"] or known.searchable != searchable:
            self._put("post.appeared", body["id"], line)

    def _shifted(self, post: Json) -> Json:
        if not self._shift:
            return post
        body = dict(post)
        for name in ("id", "conversation_id"):
            if name in body:
                body[name] = self._moved(body[name])
        if "created_at" in body:
            body["created_at"] = stamp(_time_of(post) + self._shift)
        if history := body.get("edit_history_tweet_ids"):
            body["edit_history_tweet_ids"] = [self._moved(i) for i in history]
        if refers := body.get("referenced_tweets"):
            body["referenced_tweets"] = [{**r, "id": self._moved(r["id"])} for r in refers]
        return body

    def _shifted_error(self, error: Json) -> Json:
        parameter = parameter_in(str(error.get("parameter")), Dialect.TWEET)
        value = str(error.get("value"))
        if not self._shift or parameter not in _OF_POSTS or not value.isdecimal():
            return error
        moved = self._moved(value)
        return {
            name: said.replace(value, moved) if isinstance(said, str) else said
            for name, said in error.items()
        }

    def _moved(self, post_id: str) -> str:
        """Move the time inside an id."""
        return str(int(post_id) + (self._shift // _MILLISECOND << 22))

    def _user(self, user: Json) -> None:
        known = self._world.people.get(str(user["id"]))
        user = user if self._manner.keep_media_urls else self._drawn_face(user)
        if known is None or known.body | user != known.body:
            ours = known is not None and known.ours
            self._put("person.joined", str(user["id"]), {"user": user, "ours": ours})

    def _drawn_face(self, user: Json) -> Json:
        if not user.get("profile_image_url"):
            return user
        here = self._picture(user["profile_image_url"], 400, 400)
        return {**user, "profile_image_url": here}

    def _media(self, media: Json) -> None:
        key = str(media["media_key"])
        if not self._manner.keep_media_urls:
            width, height = int(media.get("width") or 1200), int(media.get("height") or 900)
            for name in _ADDRESSES:
                if media.get(name):
                    media[name] = self._picture(media[name], width, height)
        known = self._world.media.get(key)
        if known is None or known | media != known:
            self._put("media.added", key, {"media": (known or {}) | media})

    def _picture(self, address: str, width: int, height: int) -> str:
        """Let the sandbox draw what stood at ``address``; the path stays recognisable."""
        name = picture_name(address)
        known = self._world.pictures.get(name)
        if known is None or (known.width, known.height) != (width, height):
            body = {"name": name, "seed": name, "width": width, "height": height}
            self._put("picture.drawn", name, body)
        return f"/media/{name}"

    def _put(self, kind: str, subject: str, body: Mapping[str, Any]) -> None:
        self._world.load(kind, subject, body)


def picture_name(address: str) -> str:
    """Give the name, under ``/media/``, of the picture that stands in for a recorded one.

    ``https://pbs.twimg.com/media/abc.jpg`` becomes ``abc.jpg``; other paths stay whole. An address
    with a query gets a name of its own.
    """
    parts = urlsplit(address)
    path = parts.path.removeprefix("/").removeprefix("media/") or "picture.jpg"
    return f"{short_hash(parts.query, 6)}/{path}" if parts.query else path
