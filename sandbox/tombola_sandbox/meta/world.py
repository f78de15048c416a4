"""What Meta's networks hold: things by kind, kept as lines of the world's ledger.

Acts of people are in ``facebook_acts.py`` and ``instagram_acts.py``, apps and tokens in
``access.py``, who is told in ``hooks.py``.
"""

import re
import threading
from bisect import insort
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Protocol, TypeVar

from tombola.testing.network import Clock
from tombola_sandbox.meta.ids import ScopedIds, scoped
from tombola_sandbox.meta.messenger_models import Message, OnceToken, Profile, Template, Thread
from tombola_sandbox.meta.messenger_trouble import Trouble
from tombola_sandbox.meta.models import (
    Account,
    App,
    Callback,
    Comment,
    Event,
    Media,
    Page,
    Person,
    Photo,
    Post,
    Remark,
    Search,
    Thing,
    Token,
)
from tombola_sandbox.meta.walks import Walks

Write = Callable[[str, str, Mapping[str, Any]], None]
Order = list[tuple[datetime, int, str]]
"""By time, then in the order of coming."""
T = TypeVar("T", bound=Thing)

KINDS: Final[Mapping[str, type[Thing]]] = {
    "person": Person,
    "page": Page,
    "photo": Photo,
    "post": Post,
    "comment": Comment,
    "account": Account,
    "media": Media,
    "remark": Remark,
    "search": Search,
    "app": App,
    "token": Token,
    "event": Event,
    "thread": Thread,
    "message": Message,
    "once_token": OnceToken,
    "template": Template,
    "messenger_profile": Profile,
}
HASHTAG: Final = re.compile(r"(?<![\w&])[#＃](\w*[^\W\d_]\w*)")  # noqa: RUF001 - the wide sign counts too

PICTURE_LIVES: Final = timedelta(days=4)
"""Recorded addresses end days or weeks after they were given; the shortest seen."""

REVIEW_LASTS: Final = timedelta(seconds=5)
"""Templates of Messenger are approved within seconds, as a rule. Source: Meta, "Utility Messages",
read 2026-11."""


def hashtags_of(text: str) -> frozenset[str]:
    """Give the hashtags in a text, case folded."""
    return frozenset(hit.casefold() for hit in HASHTAG.findall(text))


class Verifier(Protocol):
    """Asks an app's address whether it is the app's."""

    def verify(self, callback: Callback) -> bool:
        """Say whether the address gives back the challenge."""
        ...


class MetaWorld:
    """Things by kind and by where they belong. Safe to use from many threads.

    Attributes:
        clock: the world's time.
        uploads: pictures that people sent, base64 by name.
        hashtag_names: hashtags that somebody uses, by id.
        scoped: finds whose id it is.
        picture_lives: how long the address of a picture works.
        walks: where readers of hashtags are.
        courier: who asks an app's address before events go there.
        address: the sandbox's own, for what is sent without being asked for.
        trouble: what happens to every message that a page sends.
        review_lasts: how long the review of a template takes.
        sending: held while a message is judged and sent: what works once works once.
    """

    def __init__(self, clock: Clock, write: Write) -> None:
        self.clock = clock
        self._write = write
        self._things: dict[str, dict[str, Any]] = {kind: {} for kind in KINDS}
        self._counts: dict[str, int] = {}
        self._given: set[str] = set()
        self._filed: set[tuple[str, str, str]] = set()
        self._order: dict[tuple[str, str], Order] = defaultdict(list)
        self._tagged: dict[str, set[str]] = defaultdict(set)
        self._tags_of: dict[str, frozenset[str]] = {}
        self._waiting: dict[str, Event] = {}
        self._acted: dict[tuple[str, str], datetime] = {}
        self.uploads: dict[str, str] = {}
        self.hashtag_names: dict[str, str] = {}
        self.scoped = ScopedIds()
        self.picture_lives = PICTURE_LIVES
        self.address = "http://meta.example"
        self.walks = Walks()
        self.courier: Verifier | None = None
        self.trouble = Trouble()
        self.review_lasts = REVIEW_LASTS
        self.lock = threading.RLock()
        self.sending = threading.Lock()

    # Reading.

    def all(self, kind: type[T]) -> Mapping[str, T]:
        """Give everything of one kind by id, in the order of coming."""
        return self._things[_NAMES[kind]]

    def get(self, kind: type[T], thing_id: str | None) -> T | None:
        """Find one thing."""
        return None if thing_id is None else self._things[_NAMES[kind]].get(thing_id)

    def one(self, kind: type[T], thing_id: str) -> T:
        """Find one thing that must be there.

        Raises:
            KeyError: it is not.
        """
        found: T = self._things[_NAMES[kind]][thing_id]
        return found

    def under(self, relation: str, owner: str) -> Sequence[str]:
        """Give ids of what belongs to ``owner``, oldest first, deleted ones among them.

        Relations: ``comments`` of a post, ``posts`` of a page, ``tagged`` of a page, ``media`` and
        ``tagged_media`` of an account, ``remarks`` of a media, ``searches`` of an account,
        ``messages`` of a thread, ``threads`` and ``templates`` of a page.
        """
        with self.lock:
            return [thing_id for _, _, thing_id in self._order.get((relation, owner), ())]

    def waiting(self) -> Sequence[Event]:
        """Give the events that are on their way, oldest first."""
        with self.lock:
            return sorted(self._waiting.values(), key=lambda event: event.at)

    def acted_at(self, page: str, author: str) -> datetime | None:
        """Say when somebody last commented or posted on a page's wall."""
        return self._acted.get((page, author))

    def with_hashtag(self, tag: str) -> Iterator[Media]:
        """Go through what carries a hashtag in its caption or in its owner's first comment."""
        with self.lock:
            found = list(self._tagged.get(tag.casefold(), ()))
        media = self.all(Media)
        return (media[media_id] for media_id in found)

    def name(self, author: str) -> str:
        """Give the name of a page or a person."""
        found = self.get(Page, author) or self.get(Person, author)
        return found.name if found else ""

    def asid(self, app: str, person: str) -> str:
        """Give the id of a person for one app."""
        return scoped("asid", app, person)

    def psid(self, page: str, author: str) -> str:
        """Give the id of a person, or of another page, for one page; a page's is its own."""
        return author if self.get(Page, author) else scoped("psid", page, author)

    def igsid(self, account: str, other: str) -> str:
        """Give the id of an Instagram account for another."""
        return scoped("igsid", account, other)

    # Writing.

    def put(self, thing: T) -> T:
        """Add a thing, or change the one with its id. Idempotent."""
        body = thing.model_dump(mode="json", exclude_defaults=True)
        self._write(f"meta.{_NAMES[type(thing)]}", thing.id, body)
        return thing

    def change(self, thing: T, **values: Any) -> T:
        """Give a thing other values; the new thing."""
        return self.put(thing.model_copy(update=values))

    def upload(self, name: str, data: str) -> None:
        """Keep a picture that somebody sent; ``data`` in base64. Idempotent."""
        self._write("meta.upload", name, {"data": data})

    def new_id(self, kind: str) -> str:
        """Give an id that nothing has had."""
        with self.lock:
            while True:
                number = self._counts.get(kind, 0)
                self._counts[kind] = number + 1
                if (found := scoped(kind, "new", str(number))) not in self._given:
                    return found

    def read(self, what: str, subject: str, body: Mapping[str, Any]) -> None:
        """Let one line of the ledger happen; what a newer version wrote is passed over."""
        if what == "upload":
            self.uploads[subject] = str(body["data"])
        elif (kind := KINDS.get(what)) is not None:
            with self.lock:
                known = self._things[what]
                is_new = subject not in known
                thing = kind.model_validate(body)
                known[subject] = thing
                self._file(thing, is_new=is_new)

    def _file(self, thing: Thing, *, is_new: bool) -> None:
        """Put a thing where it is looked for."""
        self._given.add(thing.id.rsplit("_", 1)[-1])
        match thing:
            case Comment() if is_new:
                self._refile("comments", thing.post, thing.created_at, thing.id)
                self._note_act(self.one(Post, thing.post).page, thing.author, thing.created_at)
            case Event():
                if thing.state == "waiting":
                    self._waiting[thing.id] = thing
                else:
                    self._waiting.pop(thing.id, None)
            case Post():
                self._file_post(thing, is_new=is_new)
            case Media():
                self._file_media(thing, is_new=is_new)
            case Remark():
                self._file_remark(thing, is_new=is_new)
            case Search():
                self._refile("searches", thing.account, thing.at, thing.id)
            case _ if is_new:
                self._file_messenger(thing)

    def _file_messenger(self, thing: Thing) -> None:
        match thing:
            case Thread():
                self._refile("threads", thing.page, self.clock(), thing.id)
            case Message():
                self._refile("messages", thing.thread, thing.at, thing.id)
            case Template():
                self._refile("templates", thing.page, thing.made_at, thing.id)

    def _file_post(self, post: Post, *, is_new: bool) -> None:
        if is_new and post.page is not None:
            self._refile("posts", post.page, post.created_at, post.id)
            self._note_act(post.page, post.author, post.created_at)
        for page, at in post.tags.items():
            self._refile("tagged", page, at, post.id)

    def _note_act(self, page: str | None, author: str, at: datetime) -> None:
        if page is not None and at >= self._acted.get((page, author), at):
            self._acted[page, author] = at

    def _file_media(self, media: Media, *, is_new: bool) -> None:
        if media.parent is not None:
            return
        if is_new:
            self._refile("media", media.account, media.at, media.id)
        for account in media.tags:
            self._refile("tagged_media", account, media.at, media.id)
        self._tag(media)

    def _file_remark(self, remark: Remark, *, is_new: bool) -> None:
        if is_new:
            self._refile("remarks", remark.media, remark.at, remark.id)
        media = self.get(Media, remark.media)
        if media is not None and media.account == remark.author:
            self._tag(media)

    def _tag(self, media: Media) -> None:
        """Note the hashtags of a caption and of what its owner wrote below, old ones taken off."""
        own = (
            remark.text
            for i in self.under("remarks", media.id)
            if (remark := self.one(Remark, i)).author == media.account and not remark.deleted
        )
        tags = hashtags_of(" ".join((media.caption, *own)))
        for tag in tags:
            self.hashtag_names.setdefault(scoped("hashtag", "", tag), tag)
            self._tagged[tag].add(media.id)
        for tag in self._tags_of.get(media.id, frozenset()) - tags:
            self._tagged[tag].discard(media.id)
        self._tags_of[media.id] = tags

    def _refile(self, relation: str, owner: str, at: datetime, thing_id: str) -> None:
        if (key := (relation, owner, thing_id)) not in self._filed:
            self._filed.add(key)
            insort(self._order[relation, owner], (at, len(self._filed), thing_id))


_NAMES: Final[Mapping[type[Thing], str]] = {kind: name for name, kind in KINDS.items()}
