"""The plugin's world for its tests: a page at the sandbox's Facebook, connected."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from tombola.api import Account, Lane, Page, Window
from tombola.testing.clock import Clock
from tombola.testing.ctx import FakeCtx
from tombola.testing.network import Network, in_process
from tombola_facebook_tagged.config import TaggedConfig
from tombola_facebook_tagged.cursor import TaggedCursor
from tombola_facebook_tagged.importer import TaggedImporter
from tombola_meta.accounts import CONNECTOR, PAGE_KIND
from tombola_meta.permissions import CONNECTION
from tombola_meta.settings import OperatorSettings
from tombola_sandbox.app import sandbox_app
from tombola_sandbox.meta.access import DEMO_META_APP
from tombola_sandbox.meta.models import Page as FacebookPage
from tombola_sandbox.meta.models import Person
from tombola_sandbox.meta.realm import Meta
from tombola_sandbox.world import World

HOUR = timedelta(hours=1)


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime(2026, 11, 21, 12, tzinfo=UTC))


@pytest.fixture
def world(clock) -> World:
    return World(clock=clock)


@pytest.fixture
def meta(world) -> Meta:
    made: Meta = world.meta
    return made


@pytest.fixture
def ann(meta) -> Person:
    made: Person = meta.facebook.add_person("Ann Admin")
    return made


@pytest.fixture
def tea(meta, ann) -> FacebookPage:
    made: FacebookPage = meta.facebook.add_page("Tea Room", admin=ann)
    return made


@pytest.fixture
def account(meta, tea, ann) -> Account:
    """Tea Room as a team has connected it."""
    token = meta.access.give_page_token(meta.access.demo, ann, tea, CONNECTION)
    return Account(tea.id, "Tea Room", PAGE_KIND, secrets={"token": token.id})


@pytest.fixture
def network(world) -> Network:
    return sandbox_app(world=world)


@pytest.fixture
def ctx(network, clock, account) -> FakeCtx:
    settings = OperatorSettings(
        app_id=DEMO_META_APP.id,
        app_secret=SecretStr(DEMO_META_APP.secret),
        graph_url="http://meta.example/graph.facebook.com",
    )
    return FakeCtx(
        mounts={"meta.example:80": in_process(network)},
        settings=[settings],
        accounts={CONNECTOR: [account]},
        clock=clock,
    )


@pytest.fixture
def config(tea) -> TaggedConfig:
    return TaggedConfig(account=tea.id)


@pytest.fixture
def tag(meta, tea) -> Callable[..., str]:
    """Somebody tags the page, an hour ago unless said otherwise; gives the post's id."""
    kim = meta.facebook.add_person("Kim")

    def tag(message: str = "Lunch here", ago: timedelta = HOUR, **more: Any) -> str:
        given = {"photos": 1, "tags": [tea], "at": meta.things.clock() - ago} | more
        return str(meta.facebook.post(kim, message, **given).id)

    return tag


class Run:
    """Drives a source as the core does: from a cursor to the end of its pages."""

    def __init__(self, ctx: FakeCtx, config: TaggedConfig) -> None:
        self.ctx = ctx
        self.config = config
        self.importer = TaggedImporter()

    def open(self, lane: Lane = Lane.HISTORY, back: timedelta = 24 * HOUR) -> TaggedCursor:
        return self.importer.open(self.ctx, self.config, lane, Window(self.ctx.now - back))

    def page(self, cursor: TaggedCursor) -> Page[TaggedCursor]:
        """Fetch one page; the cursor goes through JSON as it does in the database."""
        stored = TaggedCursor.model_validate_json(cursor.model_dump_json())
        assert stored == cursor
        return self.importer.fetch(self.ctx, self.config, stored)

    def to_end(self, cursor: TaggedCursor, pages: int = 99) -> tuple[list[str], TaggedCursor]:
        """Give the ids in the order of their coming, and the place of the next run."""
        found: list[str] = []
        for _ in range(pages):
            page = self.page(cursor)
            found += [item.external_id for item in page.items]
            if page.next is None:
                return found, page.checkpoint
            cursor = page.next
        return found, page.checkpoint


@pytest.fixture
def run(ctx, config) -> Run:
    return Run(ctx, config)
