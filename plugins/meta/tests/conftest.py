"""A plugin's world for its tests: settings of the sandbox's app, and a wall that says anything."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import SecretStr
from werkzeug.wrappers import Request, Response

from tombola.testing.clock import Clock
from tombola.testing.ctx import FakeCtx
from tombola.testing.network import Network, in_process
from tombola_meta.settings import OperatorSettings

HOST = "http://graph.example"
SECRET = "5a9d0b1c2e3f4a5b6c7d8e9f0a1b2c3d"
INSTAGRAM_SECRET = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
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
        "app_id": "1280000000000026",
        "app_secret": SecretStr(SECRET),
        "verify_token": SecretStr("a word of ours"),
        "instagram_app_id": "1970000000000026",
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
    return make_wall_ctx()
