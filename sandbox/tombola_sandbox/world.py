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
from tombola_sandbox.ids import Snowflakes, number_from, short_hash
from tombola_sandbox.models import Included, Json, Person, Picture, Post, Standing
from tombola_sandbox.switches import Switches
from tombola_sandbox.wallet import Wallet
from tombola_sandbox.writing import entities_of

SIZES = ((1200, 900), (1080, 1350), (1600, 1200), (900, 1200), (1280, 720), (1080, 1080))


class World:
    """What exists, and the acts that change it. Safe to use from many threads.

    Attributes:
        clock: the world's time.
        access: applications and tokens.
        wallet: the credits left.
        switches: how strict or lively the world is.
    """

    def __init__(self, *, clock: Clock = real_clock, ledger: Ledger | None = None) -> None:
        self.clock = clock
        self.ledger = Ledger() if ledger is None else ledger
        self.people: dict[str, Person] = {}
        self.posts: dict[int, Post] = {}
        self.media: dict[str, Json] = {}
        self.pictures: dict[str, Picture] = {}
        self.included: dict[tuple[str, str], Included] = {}
        self.complaints: list[Json] = []
        self.access = Access(clock, self._write)
        self.wallet = Wallet(clock, self._write)
        self.switches = Switches(self._write)
        self._order: list[int] = []
        self._ids = {name: Snowflakes(n) for n, name in enumerate(("post", "media", "link"), 11)}
        self._lock = threading.RLock()
        for line in self.ledger:
            self._read(line)

    # What others look up.

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
        user_id = str(more.pop("id", None) or 10**9 + number_from(f"user {username}", 10**9 * 8))
        now = self.clock()
        body: Json = {
            "id": user_id,
            "name": name,
            "username": username,
            "created_at": stamp(now - timedelta(days=200 + number_from(username, 3000))),
            "protected": False,
            "verified": False,
            "profile_image_url": f"/media/people/{short_hash(username)}.jpg",
            "public_metrics": {
                "followers_count": number_from(username + "f", 900),
                "following_count": number_from(username + "g", 600),
                "tweet_count": number_from(username + "t", 4000),
                "listed_count": number_from(username + "l", 9),
            },
            **more,
        }
        self._write("person.joined", user_id, {"user": body, "ours": True})
        self._write("picture.drawn", user_id, _picture(f"people/{short_hash(username)}.jpg", 400))
        return self.people[user_id]

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
        keys = [self._attach(kind, at, f"{post_id}-{n}", alt_text) for n in range(min(photos, 4))]
        body = self._body(post_id, person, text, at, lang, keys, refers or {}) | more
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
        body = self._body(new_id, person, text, at, old.body.get("lang", "en"), keys, refers)
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

    def _attach(self, kind: str, at: datetime, seed: str, alt_text: str | None) -> str:
        prefix = {"photo": 3, "video": 7, "animated_gif": 16}[kind]
        key = f"{prefix}_{self._ids['media'].next(at)}"
        width, height = SIZES[number_from(seed, len(SIZES))]
        name = f"{short_hash(key, 15)}.jpg"
        body: Json = {"media_key": key, "type": kind, "width": width, "height": height}
        body["url" if kind == "photo" else "preview_image_url"] = f"/media/{name}"
        if kind != "photo":
            body["duration_ms"] = 1000 + number_from(seed, 60_000)
        if alt_text:
            body["alt_text"] = alt_text
        self._write("picture.drawn", key, _picture(name, width, height))
        self._write("media.added", key, {"media": body})
        return key

    def _body(
        self,
        post_id: str,
        person: Person,
        text: str,
        at: datetime,
        lang: str,
        keys: list[str],
        refers: Mapping[str, str],
    ) -> Json:
        ids = {p.username.lower(): p.id for p in self.people.values()}
        entities = entities_of(text, ids)
        if keys:
            text, link = self._linked(text, post_id, person, keys, at)
            entities.setdefault("urls", []).extend(link)
        body: Json = {
            "id": post_id,
            "text": text,
            "author_id": person.id,
            "created_at": stamp(at.replace(microsecond=0)),
            "conversation_id": refers.get("replied_to", post_id),
            "edit_history_tweet_ids": [post_id],
            "lang": lang,
            "possibly_sensitive": False,
            "reply_settings": "everyone",
            "public_metrics": _metrics(post_id),
        }
        if entities:
            body["entities"] = entities
        if keys:
            body["attachments"] = {"media_keys": keys}
        if refers:
            body["referenced_tweets"] = [{"type": t, "id": i} for t, i in refers.items()]
        if (answered := self.posts.get(int(refers.get("replied_to", "0")))) is not None:
            body["in_reply_to_user_id"] = answered.author_id
        return body

    def _linked(
        self, text: str, post_id: str, person: Person, keys: list[str], at: datetime
    ) -> tuple[str, list[Json]]:
        """Add the short link which the network puts behind a text with pictures."""
        link = f"https://t.co/{short_hash(str(self._ids['link'].next(at)))}"
        start = len(text) + 1 if text else 0
        whole = f"{text} {link}" if text else link
        kind = "photo" if keys[0].startswith("3_") else "video"
        address = f"https://x.com/{person.username}/status/{post_id}/{kind}/1"
        shown = f"pic.x.com/{link.rsplit('/', 1)[1]}"
        return whole, [
            {
                "start": start,
                "end": len(whole),
                "url": link,
                "expanded_url": address,
                "display_url": shown,
                "media_key": key,
            }
            for key in keys
        ]

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
    }


def stamp(at: datetime) -> str:
    """Write a time as the network does: milliseconds, ``Z``."""
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


def _picture(name: str, width: int, height: int | None = None) -> Json:
    return {"name": name, "seed": name, "width": width, "height": height or width}


def _metrics(post_id: str) -> Json:
    names = ("retweet_count", "reply_count", "like_count", "quote_count", "impression_count")
    return {name: number_from(post_id + name, 40) for name in names} | {"bookmark_count": 0}
