"""A network of the tests' own, and an importer that reads it.

The network is a list of posts, newest first, that never forgets what it has shown (its ledger).
Each test breaks it in its own way.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar

from tombola.api import (
    Cursor,
    Estimate,
    Identity,
    Importer,
    Item,
    Lane,
    Limit,
    Media,
    MediaKind,
    Page,
    SourceConfig,
    Window,
)


class TagConfig(SourceConfig):
    tag: str


class Place(Cursor):
    lane: Lane
    since: datetime
    until: datetime | None = None
    page: int = 0
    newest: str | None = None


@dataclass
class Network:
    posts: list[Item] = field(default_factory=list)
    calls: list[tuple[Lane, int]] = field(default_factory=list)
    page_size: int = 10
    trouble: list[Exception | None] = field(default_factory=list)
    on_call: Any = None
    features: tuple[str, ...] = ("fake.tag",)

    def post(self, number: int, at: datetime | None, *, photo: bool = True, **more: Any) -> Item:
        """Add a post; its author has the same number modulo 7 unless said otherwise."""
        author = more.pop("author", Identity("fake.id", f"u{number % 7}", f"user{number % 7}"))
        picture = Media(MediaKind.PHOTO, f"https://pictures.example.org/{number}.png", str(number))
        values = {"kind": "post", "text": f"post {number}", "author": author, **more}
        item = Item(
            external_id=f"p{number}",
            occurred_at=at,
            media=(picture,) if photo else (),
            raw={"id": number},
            **values,
        )
        self.posts.insert(0, item)
        return item

    def read(self, place: Place) -> Page[Place]:
        self.calls.append((place.lane, place.page))
        trouble = self.trouble.pop(0) if self.trouble else None
        if trouble is not None:
            raise trouble
        visible = [post for post in self.posts if self._in_window(post, place)]
        start = place.page * self.page_size
        found = visible[start : start + self.page_size]
        more = start + self.page_size < len(visible)
        if self.on_call is not None:
            self.on_call(place)
        done = Place(lane=place.lane, since=self._newest(place), until=place.until)
        return Page(
            items=found,
            next=place.model_copy(update={"page": place.page + 1}) if more else None,
            checkpoint=place.model_copy(update={"page": 0}) if more else done,
        )

    def _newest(self, place: Place) -> datetime:
        times = [post.occurred_at for post in self.posts if post.occurred_at]
        return max([place.since, *times])

    def _in_window(self, post: Item, place: Place) -> bool:
        if post.occurred_at is None:
            return True
        return post.occurred_at >= place.since and (
            place.until is None or post.occurred_at < place.until
        )


class TagImporter(Importer[TagConfig, Place]):
    key = "fake.tag"
    title = "Tag on Fake"
    config_model: ClassVar[type[SourceConfig]] = TagConfig
    cursor_model: ClassVar[type[Cursor]] = Place
    identity = "fake.id"
    ordered = True
    limits: ClassVar[Sequence[Limit]] = ()
    raw_ttl = timedelta(hours=6)
    media_hosts = ("pictures.example.org",)

    def __init__(self, network: Network) -> None:
        self.network = network

    def features(self, config: TagConfig) -> Sequence[str]:
        return self.network.features

    def cost(self, config: TagConfig, cursor: Place) -> Mapping[str, int]:
        return {limit.bucket: 1 for limit in self.limits}

    def estimate(self, ctx: Any, config: TagConfig, window: Window) -> Estimate:
        page = self.network.read(Place(lane=Lane.HISTORY, since=window.since, until=window.until))
        count = len(page.items)
        return Estimate(count, exact=page.next is None, samples=page.items, cost={"calls": 1})

    def open(self, ctx: Any, config: TagConfig, lane: Lane, window: Window) -> Place:
        return Place(lane=lane, since=window.since, until=window.until)

    def fetch(self, ctx: Any, config: TagConfig, cursor: Place) -> Page[Place]:
        return self.network.read(cursor)
