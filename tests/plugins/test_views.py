"""Pages of plugins: mounted for an audience, contained, and never the end of the application."""

import sys
import types
from typing import Any

import pytest
from flask import Blueprint, abort, g, request

from tombola.api import Audience, Views
from tombola.plugins.states import State
from tombola.testing import house as houses
from tombola.testing.plugins import make_plugin


@pytest.fixture
def module(monkeypatch):
    """A module of the plugin's with blueprints in it."""
    made: Any = types.ModuleType("demo_pages")
    made.public = Blueprint("teams", __name__)  # a name that the core has taken
    made.team = Blueprint("mine", __name__)
    made.odd = 7
    monkeypatch.setitem(sys.modules, "demo_pages", made)

    @made.public.get("/hello/<name>")
    def hello(name):
        return f"hello {name}, team {g.tombola.team_id}"

    @made.public.get("/raise")
    def fail():
        raise RuntimeError("canary")

    @made.public.get("/leave")
    def leave():
        raise SystemExit(1)

    @made.public.get("/absent")
    def absent():
        abort(410)

    @made.team.get("/look")
    def look():
        g.tombola.kv.put("seen", 1)
        return f"team {g.tombola.team_id}"

    return made


@pytest.fixture
def build(module, sqlite_database, clock, tmp_path):
    def make(*views):
        plugin = make_plugin("demo", register_views=lambda: views)
        return plugin, houses.build(sqlite_database, clock, tmp_path / "data", [plugin])

    return make


PUBLIC = Views("demo_pages:public", Audience.PUBLIC)


def test_a_public_page_is_anybodys_and_has_its_ctx(build):
    _, house = build(PUBLIC)
    answer = house.client(None).get("/p/demo/hello/Ada")
    assert (answer.status_code, answer.text) == (200, "hello Ada, team None")


def test_a_teams_page_is_its_members_only(build):
    _, house = build(Views("demo_pages:team", Audience.TEAM))
    path = f"/team/{house.team.slug}/p/demo/look"
    assert house.client("viewer").get(path).text == f"team {house.team.uid}"
    assert house.client("stranger").get(path).status_code == 404
    assert house.client(None).get(path).status_code in {302, 303}


def test_an_editors_page_is_no_viewers_and_takes_a_file(build, module):
    @module.team.post("/take")
    def take():
        with request.files["file"].stream as sent:
            return str(len(sent.read()))

    _, house = build(Views("demo_pages:team", Audience.EDITORS))
    path = f"/team/{house.team.slug}/p/demo"
    assert house.client("viewer").get(f"{path}/look").status_code == 403
    editor = house.client("editor")
    assert editor.get(f"{path}/look").text == f"team {house.team.uid}"
    size = 4 * 1024 * 1024  # more than other requests may bring
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
    sent = {
        "data": head + b"x" * size + b"\r\n--b--\r\n",
        "content_type": "multipart/form-data; boundary=b",
        "headers": {"X-CSRFToken": house.token(editor)},
    }
    assert editor.post(f"{path}/take", **sent).text == str(size)


def test_an_operators_page_is_the_operators(build):
    _, house = build(Views("demo_pages:public", Audience.OPERATOR))
    assert house.client("operator").get("/p/demo/hello/Ada").status_code == 200
    assert house.client("owner").get("/p/demo/hello/Ada").status_code in {403, 404}


@pytest.mark.parametrize("path", ["raise", "leave"])
def test_what_a_page_raises_is_a_recorded_fault_without_a_trace(build, path):
    _, house = build(PUBLIC)
    answer = house.client(None).get(f"/p/demo/{path}")
    assert answer.status_code == 500
    assert "canary" not in answer.text
    assert "demo" in house.client("operator").get("/operator/plugins").text
    health = house.client("operator").get("/operator/plugins").text
    assert f"page {'fail' if path == 'raise' else 'leave'}" in health


def test_an_answer_of_its_own_passes(build):
    _, house = build(PUBLIC)
    assert house.client(None).get("/p/demo/absent").status_code == 410


@pytest.mark.parametrize(
    ("views", "said"),
    [
        (Views("demo_pages:odd", Audience.PUBLIC), "is not a Flask blueprint"),
        (Views("demo_pages:missing", Audience.PUBLIC), "AttributeError"),
        (Views("nowhere_at_all:pages", Audience.PUBLIC), "ModuleNotFoundError"),
        (Views("demo_pages:public", Audience.ENTRANT), "no pages of plugins for the audience"),
    ],
)
def test_pages_that_cannot_be_mounted_break_their_plugin_and_nothing_else(build, views, said):
    plugin, house = build(views)
    assert plugin.state is State.BROKEN
    assert said in plugin.reason
    assert house.client(None).get("/healthz").json["plugins"]["demo"]["state"] == "broken"
    assert house.client(None).get("/log-in").status_code == 200
