"""A plugin's world for its tests: the sandbox's X, mounted in-process."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from tombola.api import Lane, Page, Window
from tombola.testing.clock import Clock
from tombola.testing.ctx import FakeCtx
from tombola.testing.network import Network, in_process
from tombola_sandbox.access import DEMO_APP
from tombola_sandbox.app import sandbox_app
from tombola_sandbox.models import App
from tombola_sandbox.world import World
from tombola_twitter_import.config import HashtagConfig, OperatorSettings
from tombola_twitter_import.cursor import HashtagCursor
from tombola_twitter_import.importer import HashtagImporter

HOST = "http://x.example"

MakeCtx = Callable[..., FakeCtx]
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime(2026, 11, 21, 12, tzinfo=UTC))


@pytest.fixture
def callback() -> str:
    """Where our app at X sends people back to."""
    return "http://tombola.example/back/twitter_import.x"


@pytest.fixture
def world(clock: Clock, callback: str) -> World:
    """X with three people and an app whose log-in leads back to us."""
    world = World(clock=clock)
    world.access.register(App(**{**DEMO_APP.model_dump(), "redirect_uris": (callback,)}))
    for name in ("jane", "ole", "mia"):
        world.add_person(name, name.title())
    return world


@pytest.fixture
def network(world: World) -> Network:
    return sandbox_app(world=world)


@pytest.fixture
def make_ctx(clock: Clock, network: Network) -> MakeCtx:
    """Make a world of the plugin's; keywords are the operator's settings."""

    def make(*more: Any, **settings: Any) -> FakeCtx:
        given = {
            "api_url": HOST,
            "site_url": HOST,
            "bearer_token": SecretStr(DEMO_APP.bearer),
            "client_id": DEMO_APP.client_id,
            "client_secret": SecretStr(DEMO_APP.client_secret),
        } | settings
        mounts = {"x.example:80": in_process(network)}
        return FakeCtx(mounts=mounts, settings=[OperatorSettings(**given), *more], clock=clock)

    return make


@pytest.fixture
def ctx(make_ctx: MakeCtx) -> FakeCtx:
    return make_ctx()


@pytest.fixture
def config() -> HashtagConfig:
    return HashtagConfig(hashtags=("kettleleaf",))


class Feed:
    """What people post, an hour ago by Jane unless said otherwise."""

    def __init__(self, world: World) -> None:
        self.world = world

    def post(
        self,
        text: str = "Mine #kettleleaf",
        author: str = "jane",
        ago: timedelta = HOUR,
        photos: int = 1,
        **more: Any,
    ) -> str:
        """Post, and give the id."""
        at = self.world.clock() - ago
        return str(self.world.post(author, text, photos=photos, at=at, **more).id)

    def fill(
        self, count: int, *, newest_ago: timedelta = HOUR, step: timedelta = MINUTE
    ) -> list[str]:
        """Post ``count`` pictures; give their ids, newest first."""
        return [self.post(ago=newest_ago + step * n) for n in range(count)]


@pytest.fixture
def feed(world: World) -> Feed:
    return Feed(world)


class Run:
    """Drives a source as the core does: from a cursor to the end of its pages."""

    def __init__(self, ctx: FakeCtx, config: HashtagConfig) -> None:
        self.ctx = ctx
        self.config = config
        self.importer = HashtagImporter()

    def open(self, lane: Lane, since: datetime, until: datetime | None = None) -> HashtagCursor:
        return self.importer.open(self.ctx, self.config, lane, Window(since, until))

    def page(self, cursor: HashtagCursor) -> Page[HashtagCursor]:
        """Fetch one page; the cursor goes through JSON as it does in the database."""
        stored = HashtagCursor.model_validate_json(cursor.model_dump_json())
        assert stored == cursor
        return self.importer.fetch(self.ctx, self.config, stored)

    def to_end(self, cursor: HashtagCursor) -> tuple[list[str], HashtagCursor]:
        """Give the ids in the order of their coming, and the place of the next run."""
        found: list[str] = []
        while True:
            page = self.page(cursor)
            found += [item.external_id for item in page.items]
            if page.next is None:
                return found, page.checkpoint
            cursor = page.next


@pytest.fixture
def run(ctx: FakeCtx, config: HashtagConfig) -> Run:
    return Run(ctx, config)


@pytest.fixture
def make_run(config: HashtagConfig) -> Callable[[FakeCtx], Run]:
    return lambda ctx: Run(ctx, config)


@pytest.fixture
def asked(network: Network) -> Callable[[], list[Mapping[str, str]]]:
    """Give the parameters of every search so far."""
    return lambda: [call.params for call in network.calls.to("/2/tweets/search/recent")]
