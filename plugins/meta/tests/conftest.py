"""A plugin's world for its tests: the sandbox's Meta, and a wall that says anything."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from pydantic import SecretStr
from werkzeug.wrappers import Request, Response

from tombola.api import Flow
from tombola.testing.clock import Clock
from tombola.testing.ctx import FakeCtx
from tombola.testing.network import Network, in_process
from tombola_meta.settings import OperatorSettings
from tombola_sandbox.app import sandbox_app
from tombola_sandbox.meta.access import DEMO_META_APP
from tombola_sandbox.meta.realm import Meta
from tombola_sandbox.world import World

HOST = "http://graph.example"
SECRET = DEMO_META_APP.secret
INSTAGRAM_SECRET = DEMO_META_APP.instagram_secret
CALLBACK = "http://tombola.example/back"
#: Where the sandbox plays Meta's hosts, below one name.
SANDBOX = "http://meta.example"
TOKEN = "EAAtokenofapage0123456789abcdef"

MakeCtx = Callable[..., FakeCtx]


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime(2026, 11, 21, 12, tzinfo=UTC))


@pytest.fixture
def token() -> str:
    return TOKEN


@pytest.fixture
def app_secret() -> str:
    return SECRET


@pytest.fixture
def given() -> dict[str, Any]:
    """The operator's settings."""
    return {
        "app_id": DEMO_META_APP.id,
        "app_secret": SecretStr(SECRET),
        "verify_token": SecretStr("a word of ours"),
        "instagram_app_id": DEMO_META_APP.instagram_id,
        "instagram_app_secret": SecretStr(INSTAGRAM_SECRET),
        "graph_url": HOST,
        "instagram_graph_url": "http://ig.example",
        "dialog_url": "http://facebook.example",
        "instagram_dialog_url": "http://instagram.example",
        "instagram_token_url": "http://igtoken.example",
    }


class Wall:
    """Answers every call with what was put up last, in order, the last one for ever."""

    def __init__(self) -> None:
        self.asked: list[Request] = []
        self.forms: list[dict[str, str]] = []
        self.answers: list[tuple[int, Any, dict[str, str]]] = []
        self.network = Network()
        for method in (self.network.get, self.network.post):
            method("/<path:path>")(self._answer)
            method("/")(self._answer)

    def says(self, body: Any, status: int = 200, **headers: str) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers.append((status, body, named))

    def _answer(self, request: Request, path: str = "") -> Response:
        self.asked.append(request)
        self.forms.append(request.form.to_dict())  # read while the call lasts
        status, body, headers = self.answers[0] if len(self.answers) == 1 else self.answers.pop(0)
        written = body if isinstance(body, bytes) else json.dumps(body).encode()
        return Response(written, status, headers, content_type="application/json")


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def make_wall_ctx(wall, clock, given) -> MakeCtx:
    """Make a world in which Meta is the wall; keywords are the operator's settings."""

    def make(**settings: Any) -> FakeCtx:
        names = ("graph", "ig", "igtoken")
        mounts = {f"{name}.example:80": in_process(wall.network) for name in names}
        chosen = OperatorSettings(**given | settings)
        return FakeCtx(mounts=mounts, settings=[chosen], clock=clock)

    return make


@pytest.fixture
def wall_ctx(make_wall_ctx) -> FakeCtx:
    made: FakeCtx = make_wall_ctx()
    return made


# The sandbox.


@pytest.fixture
def flow() -> Flow:
    return Flow(state="state-1", verifier="v" * 43, callback=CALLBACK)


@pytest.fixture
def world(clock) -> World:
    """The networks, with an app at Meta that leads back to us."""
    return World(clock=clock)


@pytest.fixture
def meta(world) -> Meta:
    changed = DEMO_META_APP.model_copy(update={"redirect_uris": (CALLBACK,)})
    meta: Meta = world.meta
    meta.things.put(changed)
    return meta


@pytest.fixture
def network(world, meta) -> Network:
    return sandbox_app(world=world)


@pytest.fixture
def make_ctx(clock, network, given) -> MakeCtx:
    """Make a world in which Meta is the sandbox; keywords are the operator's settings."""

    def make(**settings: Any) -> FakeCtx:
        places = {
            "graph_url": f"{SANDBOX}/graph.facebook.com",
            "instagram_graph_url": f"{SANDBOX}/graph.instagram.com",
            "dialog_url": f"{SANDBOX}/www.facebook.com",
            "instagram_dialog_url": f"{SANDBOX}/www.instagram.com",
            "instagram_token_url": f"{SANDBOX}/api.instagram.com",
        }
        chosen = OperatorSettings(**given | places | settings)
        return FakeCtx(
            mounts={"meta.example:80": in_process(network)}, settings=[chosen], clock=clock
        )

    return make


@pytest.fixture
def ctx(make_ctx) -> FakeCtx:
    made: FakeCtx = make_ctx()
    return made


@pytest.fixture
def press(network) -> Callable[..., dict[str, str]]:
    """Press a button in a dialog; give what the browser brings back."""

    def press(url: str, who: str, decision: str = "allow", **more: Any) -> dict[str, str]:
        with httpx2.Client(transport=in_process(network)) as browser:
            assert browser.get(url).status_code == 200
            asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
            form = {**asked, "person": who, "decision": decision, **more}
            answer = browser.post(url.partition("?")[0], data=form)
        assert answer.status_code == 302, answer.text
        back = urlsplit(answer.headers["location"])
        return {name: values[0] for name, values in parse_qs(back.query).items()}

    return press
