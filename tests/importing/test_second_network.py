"""A network that is unlike the others: oldest first, by offsets behind opaque words, ids that are
numbers, seconds for times, and times that are missing. Its importer has to pass the same kit.
"""

import base64
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import pytest

from tombola.api import (
    CredentialExpired,
    Cursor,
    Estimate,
    Feature,
    HttpFailed,
    HttpRefused,
    Identity,
    Importer,
    Item,
    Lane,
    Limit,
    Page,
    PermissionLost,
    Retry,
    Scope,
    SourceConfig,
    SourceGone,
    Throttled,
    Window,
)
from tombola.app import install
from tombola.plans.service import ensure_first_plans
from tombola.plugins.states import Parts, Plugin, State
from tombola.settings import Settings
from tombola.testing.importer_kit import ImporterKit, Ride, Stage
from tombola.testing.network import Network, in_process, json_response
from tombola.testing.road import Road, seed
from tombola.toolkit.fetch import Fetcher

HOST = "guestbook.example"
PAGE = 7
BUCKET = "reads"


class Guestbook:
    """People write below one another. What they wrote is told by ``GET /book``."""

    def __init__(self, clock: Any) -> None:
        self.clock = clock
        self.lines: list[dict[str, Any]] = []
        self.network = Network(clock=clock)
        self.network.get("/book")(self.book)

    def write(self, ago: timedelta) -> str:
        number = 70_001 + len(self.lines)
        seconds = int((self.clock() - ago).timestamp())
        # Every third line is of nobody, and every fourth of no time.
        self.lines.append(
            {
                "number": number,
                "by": None
                if number % 3 == 0
                else {"no": number % 5, "nick": f"guest {number % 5}"},
                "wrote": f"I was here, {number}",
                "epoch": None if number % 4 == 0 else seconds,
            }
        )
        return str(number)

    def book(self, request: Any) -> Any:
        token = request.args.get("from", "")
        start = int(base64.b32decode(token).decode().removeprefix("skip ")) if token else 0
        found = self.lines[start : start + PAGE]
        here = start + len(found)
        word = base64.b32encode(f"skip {here}".encode()).decode()
        return json_response({"lines": found, "go_on": word, "end": here >= len(self.lines)})


class BookConfig(SourceConfig):
    photos_only: bool = False


class Place(Cursor):
    word: str = ""


class BookImporter(Importer[BookConfig, Place]):
    """Goes on from the last word each time; there is no way to ask for what is older."""

    key = "guestbook.lines"
    title = "Guestbook"
    config_model: ClassVar[type[SourceConfig]] = BookConfig
    cursor_model: ClassVar[type[Cursor]] = Place
    identity = "guestbook.guest"
    lanes = frozenset({Lane.LIVE})
    limits: ClassVar[Sequence[Limit]] = (Limit(BUCKET, 1_000, timedelta(hours=1), Scope.APP),)

    def features(self, config: BookConfig) -> Sequence[str]:
        return ("guestbook.lines",)

    def cost(self, config: BookConfig, cursor: Place) -> Mapping[str, int]:
        return {BUCKET: 1}

    def estimate(self, ctx: Any, config: BookConfig, window: Window) -> Estimate:
        page = self.fetch(ctx, config, Place())
        return Estimate(len(page.items), exact=page.next is None, samples=page.items)

    def open(self, ctx: Any, config: BookConfig, lane: Lane, window: Window) -> Place:
        return Place()

    def fetch(self, ctx: Any, config: BookConfig, cursor: Place) -> Page[Place]:
        body = self._asked(ctx, {"from": cursor.word} if cursor.word else {})
        try:
            lines, place = body["lines"], Place(word=body["go_on"])
            items = [_item(line) for line in lines]
            over = body["end"]
        except (KeyError, TypeError, ValueError) as odd:
            raise Retry(timedelta(seconds=30), "an answer of another shape") from odd
        return Page(items, None if over else place, place)

    def _asked(self, ctx: Any, params: Mapping[str, str]) -> Any:
        try:
            answer = ctx.http.get(f"http://{HOST}/book", params=params)
        except (HttpFailed, HttpRefused) as error:
            raise Retry(timedelta(seconds=5), str(error)) from error
        match answer.status:
            case 401:
                raise CredentialExpired("the book asks who we are")
            case 403:
                raise PermissionLost("the book is closed to us")
            case 404:
                raise SourceGone("the book is away")
            case 429:
                raise Throttled(BUCKET, ctx.now + timedelta(minutes=1))
            case status if status >= 400:
                raise Retry(timedelta(seconds=30), f"the book said {status}")
        try:
            return answer.json()
        except ValueError as odd:
            raise Retry(timedelta(seconds=30), "no JSON") from odd


def _item(line: Mapping[str, Any]) -> Item:
    by, epoch = line["by"], line["epoch"]
    return Item(
        external_id=str(line["number"]),
        occurred_at=None if epoch is None else datetime.fromtimestamp(epoch, UTC),
        kind="line",
        author=None if by is None else Identity("guestbook.guest", str(by["no"]), by["nick"]),
        text=line["wrote"],
    )


def make_plugin() -> Plugin:
    features = [Feature("guestbook.lines", "Guestbook", plan="free")]
    parts = Parts(importers=[BookImporter()], features=features)
    return Plugin(
        "guestbook", "guestbook", "tombola-guestbook", "1", state=State.READY, parts=parts
    )


class TestGuestbook(ImporterKit):
    @pytest.fixture
    def book(self, their_clock):
        return Guestbook(their_clock)

    @pytest.fixture
    def stage(self, book):
        return Stage(
            importer="guestbook.lines",
            config={"photos_only": False},
            network=book.network,
            post=book.write,
            reads="/book",
            rows="lines",
        )

    @pytest.fixture
    def ride(self, stage, database, clock, tmp_path):
        settings = Settings(
            data_dir=tmp_path, base_url="http://localhost", password_memory=8,
            database_url=database.url.render_as_string(hide_password=False),
        )  # fmt: skip
        with database.write() as conn:
            ensure_first_plans(conn)
        inst = install(
            settings,
            plugins=[make_plugin()],
            db=database,
            clock=clock,
            fetcher=Fetcher(mounts={f"{HOST}:80": in_process(stage.network)}),
        )
        return Ride(stage, Road(inst, seed(stage.importer, stage.config, {})), clock)

    def test_lost_place_in_a_long_book_is_found_again(self, ride):
        """Pages of what is known come first here, more than a look at the newest would read."""
        ride.fill(9 * PAGE)
        ride.go_on(3)
        ride.forget_places()
        ride.fill(3, newest_ago=timedelta(minutes=2))
        ride.go_on(6)
        ride.check()
