"""The plugin's world for its tests: a page at the sandbox's Messenger, connected, and a person."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import SecretStr

from tombola.api import Accepted, Account, CampaignView, Identity, Who
from tombola.testing.clock import Clock
from tombola.testing.ctx import FakeCtx
from tombola.testing.network import Network, in_process
from tombola_messenger import ready
from tombola_messenger.channel import PageMessages
from tombola_messenger.config import SubscribeConfig
from tombola_messenger.tables import metadata
from tombola_meta import reading
from tombola_meta.accounts import CONNECTOR, PAGE_KIND
from tombola_meta.events import events_from
from tombola_meta.permissions import CONNECTION
from tombola_meta.settings import OperatorSettings
from tombola_sandbox.app import sandbox_app
from tombola_sandbox.meta.access import DEMO_META_APP
from tombola_sandbox.meta.messenger_hooks import FIELDS
from tombola_sandbox.meta.models import Callback, Event, Page, Person
from tombola_sandbox.meta.realm import Meta
from tombola_sandbox.world import World

ACTION = "01890000-0000-7000-8000-0000000000aa"
TEAM = "01890000-0000-7000-8000-000000000001"
CAMPAIGN = CampaignView(
    "01890000-0000-7000-8000-0000000000cc", TEAM, "Tea26", "competition", "Win a lamp", "UTC"
)


@pytest.fixture
def now() -> datetime:
    """The day on which a test begins; parametrize it for another."""
    return datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def clock(now) -> Clock:
    return Clock(now)


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
def tea(meta, ann) -> Page:
    made: Page = meta.facebook.add_page("Tea Room", admin=ann)
    return made


@pytest.fixture
def psid(meta, tea, kim) -> str:
    """Kim, as Tea Room knows her."""
    found: str = meta.things.psid(tea.id, kim.id)
    return found


@pytest.fixture
def network(world) -> Network:
    return sandbox_app(world=world)


@pytest.fixture
def account(meta, tea, ann) -> Account:
    """Tea Room as a team has connected it."""
    scopes = (*CONNECTION, "pages_utility_messaging")
    token = meta.access.give_page_token(meta.access.demo, ann, tea, scopes)
    return Account(
        tea.id, "Tea Room", PAGE_KIND, secrets={"token": token.id}, facts={"tasks": ["MANAGE"]}
    )


@pytest.fixture
def make_ctx(network, clock, account) -> Callable[..., FakeCtx]:
    """Make a world of the plugin's; settings may be added."""

    def make(*settings: Any, **more: Any) -> FakeCtx:
        app = OperatorSettings(
            app_id=DEMO_META_APP.id,
            app_secret=SecretStr(DEMO_META_APP.secret),
            graph_url="http://meta.example/graph.facebook.com",
        )
        given: dict[str, Any] = {
            "mounts": {"meta.example:80": in_process(network)},
            "settings": [app, *settings],
            "accounts": {CONNECTOR: [account]},
            "metadata": metadata,
            "clock": clock,
            "team_id": TEAM,
            "action_id": ACTION,
            "campaign": CAMPAIGN,
        }
        return FakeCtx(**given | more)

    return make


@pytest.fixture
def ctx(make_ctx) -> FakeCtx:
    made: FakeCtx = make_ctx()
    return made


@pytest.fixture
def config(tea) -> SubscribeConfig:
    return SubscribeConfig(
        account=tea.id,
        confirmation="Thank you, {first_name|friend}! You are in “{campaign}”.",
        keyword="tea-2026",
    )


@pytest.fixture
def ready_page(ctx, meta, tea) -> None:
    """Tea Room tells the app of messages, and has its first button."""
    hook = Callback(
        url="http://localhost/",
        verify_token="x",
        fields=("feed", *FIELDS),
        verified=True,
    )
    meta.things.put(meta.access.demo.model_copy(update={"callbacks": {"page": hook}}))
    assert ready.prepare(ctx, tea.id) is None


@pytest.fixture
def channel() -> PageMessages:
    return PageMessages()


@pytest.fixture
def who(meta, kim) -> Who:
    """Kim, who has logged in with Facebook."""
    asid = meta.things.asid(meta.access.demo.id, kim.id)
    return Who("01890000-0000-7000-8000-0000000000ee", (Identity("meta.facebook", asid),))


@pytest.fixture
def told(meta) -> Callable[[], list[Accepted]]:
    """Give what Meta has told since the last time, as ``tombola_meta`` reads it."""
    seen: set[str] = set()

    def told() -> list[Accepted]:
        new = [each for key, each in meta.things.all(Event).items() if key not in seen]
        seen.update(each.id for each in new)
        bodies = [
            {"object": "page", "entry": [{"id": each.entry, "time": 1, **_news(each)}]}
            for each in new
        ]
        return [one for body in bodies for one in events_from(reading.clean(body))]

    return told


def _news(event: Event) -> dict[str, Any]:
    """What stands in an entry: a message as it is, anything else as a change."""
    if event.field == "feed":
        return {"changes": [{"field": event.field, "value": event.value}]}
    return dict(event.value)
