"""Headers on every answer; no act without the form's token."""

import re
from datetime import timedelta

import pytest
from flask import Flask, session
from flask_wtf.csrf import generate_csrf  # type: ignore[import-untyped] # it ships no types

from tombola.api import Audience, Busy, Conflict, Forbidden, Invalid, NotFound
from tombola.web import kit, security
from tombola.web.routing import Forgery, Pages


@pytest.fixture
def app() -> Flask:
    room = Pages("room", __name__)

    @room.get("/page", audience=Audience.PUBLIC)
    def page() -> str:
        return "page"

    @room.get("/frame", audience=Audience.PUBLIC, framed=True)
    def frame() -> str:
        return security.nonce()

    @room.get("/token", audience=Audience.PUBLIC)
    def token() -> str:
        return str(generate_csrf())

    @room.get("/board", audience=Audience.OPERATOR)
    def board() -> str:
        security.allow("form-action", "https://x.com")
        return "board"

    @room.post("/act", audience=Audience.PUBLIC)
    def act() -> str:
        return "done"

    @room.post("/push", audience=Audience.PUBLIC, forgery=Forgery.OWN)
    def push() -> str:
        return "taken"

    @room.get("/fail/<kind>", audience=Audience.PUBLIC)
    def fail(kind: str) -> str:
        raise {
            "notfound": NotFound("No such <b>thing</b>."),
            "forbidden": Forbidden("No."),
            "invalid": Invalid({"": "No."}),
            "conflict": Conflict("No."),
            "busy": Busy(timedelta(seconds=7)),
            "bug": ZeroDivisionError("the secret of the house"),
        }[kind]

    made = kit.static_app("probe")
    made.secret_key = "x" * 32
    kit.install(made, https=False, doors={Audience.OPERATOR: lambda _access: None})
    made.register_blueprint(room.blueprint)
    return made


@pytest.mark.parametrize(
    "path", ["/page", "/board", "/nowhere", "/fail/bug", "/static/tombola.css"]
)
def test_answer_has_strict_headers(app, path):
    with app.test_client() as client, client.get(path) as answer:
        headers = answer.headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert re.fullmatch("[0-9a-f]{16}", headers["X-Request-Id"])


def test_framed_page_may_stand_anywhere_and_its_nonce_is_new_each_time(app):
    client = app.test_client()
    first, second = client.get("/frame"), client.get("/frame")
    assert f"'nonce-{first.text}'" in first.headers["Content-Security-Policy"]
    assert "frame-ancestors" not in first.headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in first.headers
    assert first.text != second.text


def test_allowed_source_is_added_for_one_answer(app):
    client = app.test_client()
    assert (
        "form-action 'self' https://x.com"
        in client.get("/board").headers["Content-Security-Policy"]
    )
    assert "x.com" not in client.get("/page").headers["Content-Security-Policy"]


def test_pages_of_people_are_in_no_cache(app):
    client = app.test_client()
    assert client.get("/board").headers["Cache-Control"] == "no-store"
    assert client.get("/token").headers["Cache-Control"] == "no-store"
    assert "no-store" not in client.get("/page").headers.get("Cache-Control", "")


def test_act_without_token_is_refused(app):
    answer = app.test_client().post("/act")
    assert answer.status_code == 400
    assert b"done" not in answer.data


def test_act_with_token_is_done(app):
    client = app.test_client()
    token = client.get("/token").text
    assert client.post("/act", data={"csrf_token": token}).text == "done"
    assert client.post("/act", headers={"X-CSRFToken": token}).text == "done"


def test_act_with_anothers_token_is_refused(app):
    token = app.test_client().get("/token").text
    client = app.test_client()
    client.get("/token")
    assert client.post("/act", data={"csrf_token": token}).status_code == 400


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_act_from_another_site_is_refused_with_the_right_token(app, site):
    client = app.test_client()
    token = client.get("/token").text
    answer = client.post("/act", data={"csrf_token": token}, headers={"Sec-Fetch-Site": site})
    assert answer.status_code == 403


def test_route_with_its_own_proof_needs_no_token(app):
    assert app.test_client().post("/push").text == "taken"


def test_https_installation_says_so():
    made = kit.static_app("probe")
    made.secret_key = "x" * 32
    kit.install(made, https=True, doors={})
    room = Pages("room", __name__)

    @room.get("/page", audience=Audience.PUBLIC)
    def page() -> str:
        session["a"] = 1
        return ""

    made.register_blueprint(room.blueprint)
    answer = made.test_client().get("/page")
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-tombola-page=")
    assert {"Secure", "HttpOnly", "SameSite=Lax"} <= set(cookie.split("; "))


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("notfound", 404),
        ("forbidden", 403),
        ("invalid", 422),
        ("conflict", 409),
        ("busy", 503),
        ("bug", 500),
    ],
)
def test_error_becomes_a_page_in_words_without_a_trace(app, kind, status):
    answer = app.test_client().get(f"/fail/{kind}")
    assert answer.status_code == status
    assert "secret of the house" not in answer.text
    assert "Traceback" not in answer.text
    assert "<b>thing" not in answer.text
    if status >= 500:
        assert answer.headers["X-Request-Id"] in answer.text


def test_error_for_a_program_is_problem_json(app):
    answer = app.test_client().get("/fail/bug", headers={"Accept": "application/json"})
    assert answer.mimetype == "application/problem+json"
    assert answer.json["status"] == 500
    assert answer.json["request_id"] == answer.headers["X-Request-Id"]
    assert "house" not in answer.text


def test_busy_says_when_to_come_back(app):
    assert app.test_client().get("/fail/busy").headers["Retry-After"] == "7"


def test_wrong_method_names_the_right_ones(app):
    answer = app.test_client().get("/act")
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]


def test_htmx_gets_a_notice_instead_of_a_page(app):
    answer = app.test_client().get("/fail/conflict", headers={"HX-Request": "true"})
    assert answer.headers["HX-Retarget"] == "#notices"
    assert "<html" not in answer.text
