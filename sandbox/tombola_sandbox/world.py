"""The world of the sandbox: people, posts, pictures, applications, money, switches.

Every change is a line of the ledger and happens by reading that line, so a world on a file is the
same world after a restart. What readers see of it is the business of ``x/``.
"""

import threading
from bisect import bisect_left, insort
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from tombola.testing.network import Clock, Ledger, Line
from tombola.testing.network.clock import real_clock
from tombola_sandbox.access import Access
from tombola_sandbox.bodies import (
    PREFIXES,
    Draft,
    media_body,
    person_body,
    picture_body,
    post_body,
)
from tombola_sandbox.ids import Snowflakes, short_hash
from tombola_sandbox.meta.realm import Meta
from tombola_sandbox.models import Included, Json, Person, Picture, Post, Standing
from tombola_sandbox.switches import Switches
from tombola_sandbox.wallet import Wallet

MOST_MEDIA = 4
"""Source: X, "Posting photos or GIFs", read 2026-11."""

FACE = 400
"""Width and height of a profile picture, in pixels."""


class World:
    """What exists, and the acts that change it. Safe to use from many threads.

    Attributes:
        access: applications and tokens.
        wallet: the credits left.
        switches: how strict or lively the world is.
        meta: Facebook and Instagram.
        shifts: by how much recordings were moved in time, by their mark.
    """

    def __init__(self, *, clock: Clock = real_clock, ledger: Ledger | None = None) -> None:
        self._real_clock = clock
        self.ledger = Ledger() if ledger is None else ledger
        self.people: dict[str, Person] = {}
        self.posts: dict[int, Post] = {}
        self.media: dict[str, Json] = {}
        self.pictures: dict[str, Picture] = {}
        self.included: dict[tuple[str, str], Included] = {}
        self.complaints: list[Json] = []
        self.shifts: dict[str, timedelta] = {}
        self.switches = Switches(self._write)
        self.access = Access(self.clock, self._write)
        self.wallet = Wallet(self.clock, self._write)
        self.meta = Meta(self.clock, self._write)
        self._order: list[int] = []
        self._ids = {name: Snowflakes(n) for n, name in enumerate(("post", "media"), 11)}
        self._lock = threading.RLock()
        for line in self.ledger:
            self._read(line)

    # What others look up.

    def clock(self) -> datetime:
        """Say the world's time, aware UTC; a switch lets it be before or behind the real one."""
        return self._real_clock() + self.switches.clock_ahead

    def person(self, name: str) -> Person | None:
        """Find a person by id or by username, case ignored."""
        if name in self.people:
            return self.people[name]
        wanted = name.lower().removeprefix("@")
        return next((p for p in self.people.values() if p.username.lower() == wanted), None)

    def newest_first(self, *, below: int | None = None) -> Iterator[Post]:
        """Go through posts by falling id, whatever their state; ``below`` excludes itself."""
        with self._lock:
            order = tuple(self._order)
        end = len(order) if below is None else bisect_left(order, below)
        return (self.posts[i] for i in reversed(order[:end]))

    # Acts.

    def add_person(self, username: str, name: str, **more: Any) -> Person:
        """Let somebody join; ``more`` are fields of the user object."""
        body = person_body(username, name, self.clock(), **more)
        face = f"people/{short_hash(username)}.jpg"
        self._write("person.joined", body["id"], {"user": body, "ours": True})
        self._write("picture.drawn", body["id"], picture_body(face, FACE, FACE))
        return self.people[body["id"]]

    def set_standing(self, person_id: str, standing: Standing) -> None:
        """Suspend or protect somebody, or make them well again. Idempotent."""
        self._write("person.changed", person_id, {"standing": Standing(standing).value})

    def post(
        self,
        author: Person | str,
        text: str,
        *,
        photos: int = 0,
        kind: str = "photo",
        at: datetime | None = None,
        seen_after: timedelta | None = None,
        lang: str = "en",
        refers: Mapping[str, str] | None = None,
        alt_text: str | None = None,
        **more: Any,
    ) -> Post:
        """Let somebody post.

        Args:
            author: the person, their id or username.
            text: what they write; a link is added for what is attached, as the network does.
            photos: how many pictures (or films) are attached, 0 to 4.
            kind: ``photo``, ``video`` or ``animated_gif``.
            at: when; now if not given.
            seen_after: how long until search has it; the switches' ``index_lag`` if not given.
            lang: language of the text.
            refers: ids by ``retweeted``, ``quoted`` or ``replied_to``.
            alt_text: description of the pictures.
            more: further fields of the post object.
        """
        person = self._somebody(author)
        at = at or self.clock()
        post_id = str(self._ids["post"].next(at))
        keys = [self._attach(kind, at, alt_text) for _ in range(min(photos, MOST_MEDIA))]
        draft = self._draft(
            person, text, at, lang=lang, keys=keys, refers=refers or {}, post_id=post_id
        )
        body = post_body(draft) | more
        seen = at + (self.switches.index_lag if seen_after is None else seen_after)
        return self._appear(body, at, seen)

    def edit(self, post_id: int, text: str, *, drop_media: bool = False) -> Post:
        """Write a post anew: a new id, the old one in its history; search shows only the new.

        Raises:
            KeyError: there is no such post.
        """
        old = self.posts[post_id]
        at = self.clock()
        person = self._somebody(old.author_id or "")
        keys = [] if drop_media else old.media_keys
        new_id = str(self._ids["post"].next(at))
        refers = {r["type"]: r["id"] for r in old.body.get("referenced_tweets", ())}
        lang = old.body.get("lang", "en")
        draft = self._draft(person, text, at, lang=lang, keys=keys, refers=refers, post_id=new_id)
        body = post_body(draft)
        history = old.body.get("edit_history_tweet_ids", [str(old.id)])
        body["edit_history_tweet_ids"] = [*history, new_id]
        self._appear(body, at, at + self.switches.index_lag)
        self._write("post.edited", str(post_id), {"into": new_id})
        return self.posts[int(new_id)]

    def delete(self, post_id: int) -> None:
        """Delete a post for good. Idempotent."""
        self._write("post.deleted", str(post_id), {})

    def load(self, kind: str, subject: str, body: Mapping[str, Any]) -> None:
        """Take one thing from a recording: a line of the ledger made by ``loading.py``."""
        self._write(kind, subject, body)

    # How it is done.

    def _somebody(self, author: Person | str) -> Person:
        if isinstance(author, Person):
            return author
        if (found := self.person(author)) is None:
            raise KeyError(f"nobody here is called {author!r}")
        return found

    def _attach(self, kind: str, at: datetime, alt_text: str | None) -> str:
        key = f"{PREFIXES[kind]}_{self._ids['media'].next(at)}"
        body = media_body(key, kind, alt_text)
        name = str(body.get("url") or body["preview_image_url"]).removeprefix("/media/")
        self._write("picture.drawn", key, picture_body(name, body["width"], body["height"]))
        self._write("media.added", key, {"media": body})
        return key

    def _draft(
        self,
        person: Person,
        text: str,
        at: datetime,
        *,
        lang: str,
        keys: list[str],
        refers: Mapping[str, str],
        post_id: str,
    ) -> Draft:
        answered = self.posts.get(int(refers.get("replied_to", "0")))
        return Draft(
            post_id=post_id,
            person=person,
            text=text,
            at=at,
            lang=lang,
            keys=tuple(keys),
            refers=refers,
            link=f"https://t.co/{short_hash('link ' + post_id)}",
            answers=answered.author_id if answered else None,
            ids={p.username.lower(): p.id for p in self.people.values()},
        )

    def _appear(self, body: Json, at: datetime, seen: datetime) -> Post:
        line = {"post": body, "created_at": at.isoformat(), "visible_from": seen.isoformat()}
        self._write("post.appeared", body["id"], line)
        return self.posts[int(body["id"])]

    def _write(self, kind: str, subject: str, body: Mapping[str, Any]) -> None:
        with self._lock:
            self._read(self.ledger.append(kind, subject, body, self.clock()))

    def _read(self, line: Line) -> None:
        """Let one line happen; a kind from a newer version is passed over."""
        room, _, what = line.kind.partition(".")
        if room in {"app", "token"}:
            self.access.read(what, line.body)
        elif room == "credits":
            self.wallet.read(what, line.body)
        elif room == "meta":
            self.meta.read(what, line.subject, line.body)
        elif room == "switch":
            self.switches.read(line.subject, line.body)
        elif (happen := self._happenings.get(line.kind)) is not None:
            happen(self, line.subject, line.body)

    def _post_appeared(self, subject: str, body: Mapping[str, Any]) -> None:
        post = Post(
            body=dict(body["post"]),
            created_at=datetime.fromisoformat(body["created_at"]),
            visible_from=datetime.fromisoformat(body["visible_from"]),
            found_as_of=datetime.fromisoformat(body.get("found_as_of") or body["created_at"]),
            searchable=bool(body.get("searchable", True)),
        )
        if int(subject) not in self.posts:
            insort(self._order, post.id)
        self.posts[post.id] = post
        self._ids["post"].note(post.id)

    def _post_edited(self, subject: str, body: Mapping[str, Any]) -> None:
        self.posts[int(subject)].edited_into = int(body["into"])
        # Every version knows all others. Source: X, "Edit posts", edit_history, read 2026-11.
        versions = self.posts[int(body["into"])].body["edit_history_tweet_ids"]
        for version in versions:
            if (post := self.posts.get(int(version))) is not None:
                post.body["edit_history_tweet_ids"] = list(versions)

    def _post_deleted(self, subject: str, _: Mapping[str, Any]) -> None:
        if (post := self.posts.get(int(subject))) is not None:
            post.deleted = True

    def _person_joined(self, subject: str, body: Mapping[str, Any]) -> None:
        known = self.people.get(subject)
        merged = (known.body if known else {}) | dict(body["user"])
        standing = known.standing if known else Standing.WELL
        self.people[subject] = Person(merged, standing, ours=bool(body.get("ours")))

    def _person_changed(self, subject: str, body: Mapping[str, Any]) -> None:
        if (person := self.people.get(subject)) is not None:
            person.standing = Standing(body["standing"])
            person.body["protected"] = person.standing is Standing.PROTECTED

    def _media_added(self, subject: str, body: Mapping[str, Any]) -> None:
        self.media[subject] = dict(body["media"])

    def _picture_drawn(self, _: str, body: Mapping[str, Any]) -> None:
        picture = Picture(body["name"], body["seed"], body["width"], body["height"])
        self.pictures[picture.name] = picture

    def _thing_added(self, subject: str, body: Mapping[str, Any]) -> None:
        self.included[body["kind"], subject] = Included(body["kind"], subject, body["thing"])

    def _complaint_added(self, _: str, body: Mapping[str, Any]) -> None:
        if body["error"] not in self.complaints:
            self.complaints.append(dict(body["error"]))

    def _recording_moved(self, subject: str, body: Mapping[str, Any]) -> None:
        self.shifts[subject] = timedelta(milliseconds=body["milliseconds"])

    _happenings: Mapping[str, Callable[["World", str, Mapping[str, Any]], None]] = {
        "post.appeared": _post_appeared,
        "post.edited": _post_edited,
        "post.deleted": _post_deleted,
        "person.joined": _person_joined,
        "person.changed": _person_changed,
        "media.added": _media_added,
        "picture.drawn": _picture_drawn,
        "thing.added": _thing_added,
        "complaint.added": _complaint_added,
        "recording.moved": _recording_moved,
    }
