"""Every route says who may open it."""

from enum import StrEnum

import pytest
from flask import Blueprint, Flask, abort

from tombola.api import Audience
from tombola.web import kit, routing
from tombola.web.routing import Access, Door, Forgery, Pages, UnclassifiedRule


def make_app(*rooms: Pages, doors: dict[Audience, Door] | None = None) -> Flask:
    app = kit.static_app("probe")
    app.secret_key = "x" * 32
    kit.install(app, https=False, doors=doors or {})
    for room in rooms:
        app.register_blueprint(room.blueprint)
    return app


def test_app_with_an_unclassified_rule_does_not_start():
    app = make_app()
    app.add_url_rule("/hidden", "hidden", lambda: "secret")
    with pytest.raises(UnclassifiedRule, match=r"/hidden \(hidden\): has no audience"):
        routing.check_rules(app)


def test_unclassified_rule_is_refused_even_without_the_check():
    app = make_app()
    app.add_url_rule("/hidden", "hidden", lambda: "secret")
    answer = app.test_client().get("/hidden")
    assert answer.status_code == 403
    assert b"secret" not in answer.data


def test_audience_without_a_door_does_not_start():
    room = Pages("room", __name__)
    room.get("/team/<team>", audience=Audience.TEAM, role=Probe.ANY)(lambda team: team)
    with pytest.raises(UnclassifiedRule, match="nobody guards the audience team"):
        routing.check_rules(make_app(room))


def test_first_segment_like_a_campaign_key_does_not_start():
    room = Pages("room", __name__)
    room.get("/teams/x", audience=Audience.PUBLIC)(lambda: "")
    with pytest.raises(UnclassifiedRule, match="begins like a campaign's key"):
        routing.check_rules(make_app(room))


def test_team_page_without_role_is_refused():
    room = Pages("room", __name__)
    with pytest.raises(UnclassifiedRule, match="needs role"):
        room.get("/team/<team>", audience=Audience.TEAM)


def test_door_decides_and_gets_the_access():
    seen: list[Access] = []

    def door(access: Access) -> None:
        seen.append(access)
        abort(403)

    room = Pages("room", __name__)

    @room.get("/operator/x", audience=Audience.OPERATOR)
    def page() -> str:
        return "inside"

    app = make_app(room, doors={Audience.OPERATOR: door})
    routing.check_rules(app)
    assert app.test_client().get("/operator/x").status_code == 403
    assert seen == [Access(Audience.OPERATOR)]


def test_mounted_blueprint_has_one_audience():
    theirs = Blueprint("theirs", __name__)
    theirs.add_url_rule("/a", "a", lambda: "a")
    theirs.add_url_rule("/b", "b", lambda: "b", methods=["POST"])
    app = make_app()
    routing.mount(app, theirs, "/p/sample", Access(Audience.PUBLIC, forgery=Forgery.OWN))
    routing.check_rules(app)
    assert app.test_client().get("/p/sample/a").data == b"a"
    assert app.test_client().post("/p/sample/b").data == b"b"


class Probe(StrEnum):
    ANY = "any"
