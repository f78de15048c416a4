"""First start, log-in, log-out, sessions."""

from datetime import timedelta

import pytest

from tombola.app import create_app, install
from tombola.plans.service import ensure_first_plans
from tombola.settings import Settings
from tombola.teams.first_start import token_file
from tombola.testing.house import PASSWORD


@pytest.fixture
def empty(sqlite_database, clock, tmp_path):
    """An installation that nobody runs yet."""
    settings = Settings(
        data_dir=tmp_path / "data",
        database_url=sqlite_database.url.render_as_string(hide_password=False),
        password_memory=8,
    )
    with sqlite_database.write() as conn:
        ensure_first_plans(conn)
    return create_app(install(settings, plugins=[], db=sqlite_database, clock=clock))


def token_of(text):
    return text.split('name="csrf_token" value="')[1].split('"')[0]


def start(client, **form):
    token = token_of(client.get("/first-start").text)
    wanted = {"name": "Olu", "email": "olu@example.org", "password": PASSWORD}
    return client.post("/first-start", data={"csrf_token": token, **wanted, **form})


def test_first_start_needs_the_text_from_the_data_folder(empty):
    client = empty.test_client()
    assert client.get("/").headers["Location"] == "/first-start"
    refused = start(client, token="guess")
    assert refused.status_code == 422
    assert "not the text in that file" in refused.text


@pytest.mark.parametrize(
    ("headers", "address", "near"),
    [
        ({}, "127.0.0.1", True),
        ({}, "192.0.2.7", False),
        ({"X-Forwarded-For": "192.0.2.7"}, "127.0.0.1", False),
    ],
)
def test_first_start_names_the_place_on_the_disk_to_this_machine_alone(
    empty, headers, address, near
):
    secret = str(token_file(empty.extensions["tombola"].settings))
    client = empty.test_client()
    text = client.get("/first-start", headers=headers, environ_base={"REMOTE_ADDR": address}).text
    assert (secret in text) is near
    assert ("TOMBOLA_DATA_DIR/first-start-token" in text) is not near
    assert "tombola operator create" in text


def test_first_start_makes_the_operator_once(empty):
    client = empty.test_client()
    client.get("/first-start")
    secret = token_file(empty.extensions["tombola"].settings)
    assert secret.stat().st_mode & 0o777 == 0o600
    done = start(client, token=secret.read_text())
    assert done.headers["Location"] == "/operator/teams"
    assert client.get("/operator/teams").status_code == 200
    assert not secret.exists()
    assert empty.test_client().get("/first-start").status_code == 404


def test_first_start_says_what_is_wrong_beside_the_fields(empty):
    client = empty.test_client()
    client.get("/first-start")
    refused = start(client, token="x", password="short", email="nobody")
    assert refused.status_code == 422
    assert "Write at least 10 characters." in refused.text
    assert 'aria-describedby="f-password-error f-password-help"' in refused.text
    assert "short" not in refused.text


def test_log_in_gives_a_fresh_cookie_that_scripts_cannot_read(house):
    client = house.app.test_client()
    client.set_cookie("tombola-log-in", "fixed-by-a-stranger", domain="localhost")
    answer = house.post(client, "/log-in", email="owner@example.org", password=PASSWORD)
    cookies = [c for c in answer.headers.getlist("Set-Cookie") if c.startswith("tombola-log-in=")]
    assert len(cookies) == 1
    assert "HttpOnly" in cookies[0]
    assert "SameSite=Lax" in cookies[0]
    assert "fixed-by-a-stranger" not in cookies[0]


def test_wrong_password_and_unknown_address_get_the_same_answer(house):
    answers = [
        house.post(house.app.test_client(), "/log-in", email=email, password="not it at all")
        for email in ("owner@example.org", "nobody@example.org")
    ]
    texts = [answer.text.replace("nobody@", "owner@") for answer in answers]
    assert [answer.status_code for answer in answers] == [422, 422]
    assert "do not belong together" in texts[0]
    for text in texts:
        assert "not it at all" not in text


def test_too_many_wrong_tries_wait_even_with_the_right_password(house, clock):
    client = house.app.test_client()
    for _ in range(6):
        house.post(client, "/log-in", email="owner@example.org", password="wrong again")
    right = {"email": "owner@example.org", "password": PASSWORD}
    assert house.post(client, "/log-in", **right).status_code == 422
    clock.advance(timedelta(minutes=20))
    assert house.post(client, "/log-in", **right).status_code == 303


@pytest.mark.parametrize(
    "goal",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "evil",
        "//[",
        "/x\r\nSet-Cookie: a=b",
    ],
)
def test_log_in_never_leads_to_another_site(house, goal):
    client = house.app.test_client()
    answer = house.post(client, "/log-in", email="owner@example.org", password=PASSWORD, next=goal)
    assert answer.headers["Location"] == "/"


def test_log_in_leads_back_to_what_was_wanted(house):
    client = house.app.test_client()
    wanted = f"/team/{house.team.slug}/new-campaign"
    sent = client.get(wanted)
    assert sent.status_code == 303
    assert sent.headers["Location"] == f"/log-in?next={wanted}"
    answer = house.post(
        client, "/log-in", email="owner@example.org", password=PASSWORD, next=wanted
    )
    assert answer.headers["Location"] == wanted


def test_htmx_request_without_log_in_moves_the_whole_page(house):
    answer = house.app.test_client().get(f"/team/{house.team.slug}", headers={"HX-Request": "true"})
    assert answer.headers["HX-Redirect"] == "/log-in"


def test_log_out_ends_the_session_for_every_copy_of_the_cookie(house):
    client = house.client("owner")
    copied = client.get_cookie("tombola-log-in")
    house.post(client, "/log-out")
    thief = house.app.test_client()
    thief.set_cookie("tombola-log-in", copied.value)
    assert "/log-in" in thief.get(f"/team/{house.team.slug}").headers["Location"]


def test_member_closes_another_session_and_never_somebody_elses(house):
    here, there, other = house.client("owner"), house.client("owner"), house.client("editor")
    uids = [part.split("/end")[0] for part in here.get("/sessions").text.split("/sessions/")[1:]]
    assert len(uids) == 2
    assert house.post(other, f"/sessions/{uids[0]}/end").status_code == 404
    for uid in uids:
        house.post(here, f"/sessions/{uid}/end")
    for client in (here, there):
        assert client.get("/your-teams").status_code == 303


def test_session_ends_after_silence(house, clock):
    client = house.client("owner")
    clock.advance(timedelta(hours=13))
    assert client.get("/your-teams").status_code == 303
