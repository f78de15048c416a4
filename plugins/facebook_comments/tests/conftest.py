"""The plugin's world for its tests: a page at the sandbox's Facebook, connected, with a post."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from tombola.api import Account, Lane, Page, Window
from tombola.testing.clock import Clock
from tombola.testing.ctx import FakeCtx
from tombola.testing.network import Network, in_process
from tombola_facebook_comments.config import CommentsConfig
from tombola_facebook_comments.cursor import CommentsCursor
from tombola_facebook_comments.importer import CommentsImporter
from tombola_meta.accounts import CONNECTOR, PAGE_KIND
from tombola_meta.permissions import CONNECTION
from tombola_meta.settings import OperatorSettings
from tombola_sandbox.app import sandbox_app
from tombola_sandbox.meta.access import DEMO_META_APP, PAGE_FEATURE
from tombola_sandbox.meta.models import Callback, Comment, Person, Post
from tombola_sandbox.meta.models import Page as FacebookPage
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
def kim(meta) -> Person:
    made: Person = meta.facebook.add_person("Kim Likes")
    return made


@pytest.fixture
def tea(meta, ann) -> FacebookPage:
    made: FacebookPage = meta.facebook.add_page("Tea Room", admin=ann)
    return made


@pytest.fixture
def post(meta, tea, clock) -> Post:
    """What Tea Room asks people to comment on."""
    made: Post = meta.facebook.post(tea, "Show us your cup", at=clock() - 48 * HOUR)
    return made


@pytest.fixture
def cake(meta, clock) -> Post:
    """A public post of a page that nobody here has connected."""
    bob = meta.facebook.add_person("Bob")
    page = meta.facebook.add_page("Cake Shop", admin=bob)
    made: Post = meta.facebook.post(page, "Our cakes", at=clock() - 48 * HOUR)
    return made


@pytest.fixture
def public_content(meta) -> None:
    """Meta has granted the app the feature for other pages' posts."""
    features = (*meta.access.demo.features, PAGE_FEATURE)
    meta.things.put(meta.access.demo.model_copy(update={"features": features}))


@pytest.fixture
def subscribed(meta, tea) -> None:
    """The app hears of what happens on Tea Room."""
    hook = Callback(url="http://localhost/", verify_token="x", fields=("feed",), verified=True)
    app = meta.things.put(meta.access.demo.model_copy(update={"callbacks": {"page": hook}}))
    meta.things.change(tea, subscriptions={app.id: ("feed",)})


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
def config(tea, post) -> CommentsConfig:
    return CommentsConfig(account=tea.id, post=post.id)


@pytest.fixture
def comment(meta, post, kim) -> Callable[..., Comment]:
    """Kim comments with a photo, an hour ago, unless said otherwise."""

    def comment(message: str = "My cup", ago: timedelta = HOUR, **more: Any) -> Comment:
        given = {"photo": True, "at": meta.things.clock() - ago, "on": post, "by": kim} | more
        by, on = given.pop("by"), given.pop("on")
        made: Comment = meta.facebook.comment(by, on, message, **given)
        return made

    return comment


class Run:
    """Drives a source as the core does: from a cursor to the end of its pages."""

    def __init__(self, ctx: FakeCtx, config: CommentsConfig) -> None:
        self.ctx = ctx
        self.config = config
        self.importer = CommentsImporter()

    def open(self, lane: Lane = Lane.LIVE, back: timedelta = 24 * HOUR) -> CommentsCursor:
        window = Window(self.ctx.now - back, self.ctx.now if lane is Lane.HISTORY else None)
        return self.importer.open(self.ctx, self.config, lane, window)

    def page(self, cursor: CommentsCursor | None = None) -> Page[CommentsCursor]:
        """Fetch one page; the cursor goes through JSON as it does in the database."""
        cursor = cursor or self.open()
        stored = CommentsCursor.model_validate_json(cursor.model_dump_json())
        assert stored == cursor
        return self.importer.fetch(self.ctx, self.config, stored)

    def to_end(self, cursor: CommentsCursor, pages: int = 999) -> tuple[list[str], CommentsCursor]:
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


@pytest.fixture
def run_on(ctx, tea) -> Callable[..., Run]:
    """Drive a source on another post, or with other choices."""
    return lambda post, **more: Run(ctx, CommentsConfig(account=tea.id, post=post, **more))
