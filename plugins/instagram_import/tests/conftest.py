"""The plugin's world for its tests: a shop at the sandbox's Instagram, connected."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from tombola.api import Account, Item, Lane, Page, Window
from tombola.testing.clock import Clock
from tombola.testing.ctx import FakeCtx
from tombola.testing.network import Network, in_process
from tombola_instagram_import.config import CommentsConfig, HashtagConfig, MentionsConfig
from tombola_meta.accounts import CONNECTOR, INSTAGRAM_KIND
from tombola_meta.permissions import CONNECTION
from tombola_meta.settings import OperatorSettings
from tombola_sandbox.app import sandbox_app
from tombola_sandbox.meta.access import DEMO_META_APP
from tombola_sandbox.meta.models import Account as At
from tombola_sandbox.meta.models import Media, Remark
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


@dataclass
class Town:
    """A shop with a professional account, and people who post an hour ago."""

    meta: Meta
    shop: At = field(init=False)
    jane: At = field(init=False)
    ann: At = field(init=False)
    account: Account = field(init=False)

    def __post_init__(self) -> None:
        facebook, instagram = self.meta.facebook, self.meta.instagram
        robin = facebook.add_person("Robin")
        page = facebook.add_page("Kettle & Leaf", admin=robin)
        self.shop = instagram.add_account("Kettle.Leaf", kind="BUSINESS", owner=robin, page=page)
        self.jane = instagram.add_account("Jane")
        self.ann = instagram.add_account("ann.pro", kind="MEDIA_CREATOR", biography="Tea.")
        token = self.meta.access.give_user_token(
            self.meta.access.demo, robin, CONNECTION, long_lived=True
        )
        self.account = Account(
            self.shop.id,
            "@Kettle.Leaf",
            INSTAGRAM_KIND,
            handle="Kettle.Leaf",
            secrets={"token": token.id},
        )

    def post(
        self, caption: str = "Mine #tea", ago: timedelta = HOUR, who: At | None = None, **more: Any
    ) -> Media:
        """Somebody posts; Jane if nobody is named."""
        at = self.meta.things.clock() - ago
        return self.meta.instagram.post(who or self.jane, caption, at=at, **more)

    def fill(self, count: int, caption: str = "Mine #tea") -> list[str]:
        """Jane posts every minute; gives the ids."""
        minute = timedelta(minutes=1)
        return [self.post(caption, HOUR + minute * n).id for n in range(count)]

    def comment(
        self,
        media: Media,
        text: str = "in! #tea",
        ago: timedelta = HOUR,
        who: At | None = None,
        **more: Any,
    ) -> Remark:
        """Somebody comments; Jane if nobody is named."""
        at = self.meta.things.clock() - ago
        return self.meta.instagram.comment(who or self.jane, media, text, at=at, **more)


@pytest.fixture
def town(meta) -> Town:
    return Town(meta)


@pytest.fixture
def network(world) -> Network:
    return sandbox_app(world=world)


@pytest.fixture
def settings() -> OperatorSettings:
    return OperatorSettings(
        app_id=DEMO_META_APP.id,
        app_secret=SecretStr(DEMO_META_APP.secret),
        graph_url="http://meta.example/graph.facebook.com",
    )


@pytest.fixture
def ctx(network, clock, town, settings) -> FakeCtx:
    return FakeCtx(
        mounts={"meta.example:80": in_process(network)},
        settings=[settings],
        accounts={CONNECTOR: [town.account]},
        clock=clock,
    )


@pytest.fixture
def hashtag(town) -> Callable[..., HashtagConfig]:
    def make(*tags: str, **more: Any) -> HashtagConfig:
        return HashtagConfig(account=town.shop.id, hashtags=tags or ("tea",), **more)

    return make


@pytest.fixture
def comments(town) -> Callable[..., CommentsConfig]:
    def make(*tags: str, **more: Any) -> CommentsConfig:
        return CommentsConfig(account=town.shop.id, hashtags=tags or ("tea",), **more)

    return make


@pytest.fixture
def mentions(town) -> Callable[..., MentionsConfig]:
    return lambda **more: MentionsConfig(account=town.shop.id, **more)


class Run:
    """Drives a source as the core does: from a cursor to the end of its pages."""

    def __init__(self, ctx: FakeCtx, importer: Any, config: Any) -> None:
        self.ctx = ctx
        self.importer = importer
        self.config = config

    def open(self, lane: Lane = Lane.LIVE) -> Any:
        return self.importer.open(self.ctx, self.config, lane, Window(self.ctx.now - 24 * HOUR))

    def page(self, cursor: Any) -> Page[Any]:
        """Fetch one page; the cursor goes through JSON as it does in the database."""
        stored = type(cursor).model_validate_json(cursor.model_dump_json())
        assert stored == cursor
        made: Page[Any] = self.importer.fetch(self.ctx, self.config, stored)
        return made

    def items(self, cursor: Any = None, pages: int = 99) -> tuple[list[Item], Any]:
        """Give the items in the order of their coming, and the place of the next run."""
        cursor = cursor or self.open()
        found: list[Item] = []
        for _ in range(pages):
            page = self.page(cursor)
            found += page.items
            if page.next is None:
                return found, page.checkpoint
            cursor = page.next
        raise AssertionError("it has no end")

    def ids(self, cursor: Any = None) -> list[str]:
        return [item.external_id for item in self.items(cursor)[0]]


@pytest.fixture
def make_run(ctx) -> Callable[[Any, Any], Run]:
    return lambda importer, config: Run(ctx, importer, config)
