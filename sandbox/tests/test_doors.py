"""Tokens, limits, money, look-up and the person behind a token."""

from datetime import timedelta

import httpx2
import pytest

from tombola.testing.network import FaultKind, Network, TestClock
from tombola_sandbox.access import DEMO_APP
from tombola_sandbox.models import Standing
from tombola_sandbox.world import World

RECENT = "/2/tweets/search/recent"
ALL = "/2/tweets/search/all"
QUERY = {"query": "#acme"}
SCOPES = ("tweet.read", "users.read", "offline.access")


@pytest.fixture
def as_jane(world: World):
    def headers(*scopes: str) -> dict[str, str]:
        person = world.person("jane")
        assert person is not None
        token = world.access.give_token(DEMO_APP.client_id, person.id, scopes or SCOPES)
        return {"Authorization": f"Bearer {token.access_token}"}

    return headers


@pytest.mark.parametrize("given", [None, "Bearer wrong", "Basic abc", "Bearer"])
def test_without_a_valid_token_nothing_is_answered(anonymous, given: str | None):
    headers = {"Authorization": given} if given else {}
    answer = anonymous.get(RECENT, params=QUERY, headers=headers)
    assert answer.status_code == 401
    assert answer.json() == {
        "title": "Unauthorized",
        "type": "about:blank",
        "status": 401,
        "detail": "Unauthorized",
    }


def test_an_app_that_is_not_enrolled_is_forbidden(client, world: World):
    world.access.register(DEMO_APP.model_copy(update={"enrolled": False}))
    answer = client.get(RECENT, params=QUERY)
    assert answer.status_code == 403
    assert answer.json()["reason"] == "client-not-enrolled"
    assert answer.json()["type"].endswith("/client-forbidden")


def test_the_archive_takes_the_app_alone_and_me_a_person_alone(client, anonymous, as_jane):
    assert anonymous.get(ALL, params=QUERY, headers=as_jane()).status_code == 403
    refused = client.get("/2/users/me")
    assert refused.status_code == 403
    assert refused.json()["type"].endswith("/unsupported-authentication")
    assert anonymous.get(RECENT, params=QUERY, headers=as_jane()).status_code == 200


def test_a_token_without_the_scope_is_forbidden(anonymous, as_jane):
    answer = anonymous.get(RECENT, params=QUERY, headers=as_jane("users.read"))
    assert answer.status_code == 403


def test_a_token_expires(anonymous, as_jane, now: TestClock):
    headers = as_jane()
    now.advance(timedelta(seconds=7200))
    assert anonymous.get("/2/users/me", headers=headers).status_code == 401


@pytest.mark.parametrize(("path", "app", "person"), [(RECENT, 450, 300), ("/2/users/me", 0, 75)])
def test_limits_are_told_with_every_answer(anonymous, client, as_jane, now, path, app, person):
    params = QUERY if path == RECENT else {}
    answer = anonymous.get(path, params=params, headers=as_jane())
    assert answer.headers["x-rate-limit-limit"] == str(person)
    assert answer.headers["x-rate-limit-remaining"] == str(person - 1)
    reset = int((now() + timedelta(minutes=15)).timestamp())
    assert answer.headers["x-rate-limit-reset"] == str(reset)
    if app:
        assert client.get(path, params=params).headers["x-rate-limit-limit"] == str(app)
        wrong = client.get(path, params={"query": "has:images"})
        assert wrong.headers["x-rate-limit-remaining"] == str(app - 2)


def test_an_exhausted_window_answers_429_until_its_reset(client, now: TestClock):
    for _ in range(450):
        assert client.get(RECENT, params=QUERY).status_code == 200
    answer = client.get(RECENT, params=QUERY)
    assert answer.status_code == 429
    assert answer.json() == {
        "title": "Too Many Requests",
        "detail": "Too Many Requests",
        "type": "about:blank",
        "status": 429,
    }
    assert answer.headers["x-rate-limit-remaining"] == "0"
    assert "retry-after" not in answer.headers
    now.set(now() + timedelta(minutes=15))
    assert client.get(RECENT, params=QUERY).status_code == 200


def test_the_archive_answers_once_a_second(client, now: TestClock):
    assert client.get(ALL, params=QUERY).status_code == 200
    assert client.get(ALL, params=QUERY).status_code == 429
    now.advance(timedelta(seconds=1))
    assert client.get(ALL, params=QUERY).status_code == 200


def test_an_empty_wallet_answers_402_in_both_vocabularies(client, world: World):
    world.wallet.set(0)
    old = client.get(RECENT, params=QUERY)
    assert old.status_code == 402
    assert old.json() == {
        "account_id": DEMO_APP.account_id,
        "title": "CreditsDepleted",
        "detail": f"Your enrolled account [{DEMO_APP.account_id}] does not have any credits to "
        "fulfill this request.",
        "type": "https://api.twitter.com/2/problems/credits",
    }
    new = client.get(RECENT, params={**QUERY, "post.fields": "id"})
    assert new.status_code == 402
    assert new.json() == {
        "title": "Payment Required",
        "status": 402,
        "detail": "credits depleted",
        "type": "https://api.x.com/2/problems/credits-depleted",
    }


def test_posts_and_included_users_cost_once_a_day(client, world: World, now: TestClock):
    for _ in range(3):
        world.post("jane", "#acme", at=world.clock() - timedelta(hours=1))
    begin = world.wallet.left_micro
    params = {**QUERY, "expansions": "author_id"}
    client.get(RECENT, params=params)
    assert begin - world.wallet.left_micro == 3 * 5_000 + 10_000
    client.get(RECENT, params=params)
    assert begin - world.wallet.left_micro == 25_000
    now.advance(timedelta(days=1))
    client.get(RECENT, params=params)
    assert begin - world.wallet.left_micro == 50_000


def test_me_says_who_the_token_belongs_to(anonymous, as_jane, world: World):
    person = world.person("jane")
    assert person is not None
    answer = anonymous.get("/2/users/me", headers=as_jane())
    assert answer.json() == {"data": {"id": person.id, "name": "Jane Doe", "username": "jane"}}
    asked = {"user.fields": "profile_image_url,confirmed_email"}
    more = anonymous.get("/2/users/me", params=asked, headers=as_jane()).json()["data"]
    assert more["profile_image_url"].startswith("https://api.x.test/media/people/")
    assert "confirmed_email" not in more
    mail = anonymous.get("/2/users/me", params=asked, headers=as_jane(*SCOPES, "users.email"))
    assert mail.json()["data"]["confirmed_email"] == "jane@people.example"


def test_look_up_says_what_is_gone_beside_what_is_there(client, world: World):
    there = world.post("jane", "here #acme")
    gone = world.post("jane", "gone")
    hidden = world.post("otto", "hidden")
    world.delete(gone.id)
    world.set_standing(hidden.author_id or "", Standing.PROTECTED)
    ids = f"{there.id},{gone.id},{hidden.id},77"
    body = client.get("/2/tweets", params={"ids": ids, "post.fields": "created_at"}).json()
    assert [post["id"] for post in body["data"]] == [str(there.id)]
    errors = {error["resource_id"]: error for error in body["errors"]}
    assert errors[str(gone.id)]["title"] == errors["77"]["title"] == "Not Found Error"
    assert errors[str(hidden.id)]["title"] == "Authorization Error"
    world.set_standing(hidden.author_id or "", Standing.SUSPENDED)
    body = client.get("/2/tweets", params={"ids": str(hidden.id)}).json()
    assert "data" not in body
    assert body["errors"][0]["detail"].startswith("User has been suspended")


def test_one_post_is_looked_up_by_its_path(client, world: World):
    post = world.post("jane", "here")
    assert client.get(f"/2/tweets/{post.id}").json()["data"]["text"] == "here"
    assert "errors" in client.get("/2/tweets/77").json()
    assert client.get("/2/tweets/abc").status_code == 400


@pytest.mark.parametrize("ids", ["", "x", ",".join(["1"] * 101)])
def test_look_up_refuses_wrong_ids(client, ids: str):
    assert client.get("/2/tweets", params={"ids": ids}).status_code == 400


def test_unknown_paths_are_not_found(client):
    assert client.get("/2/nothing").status_code == 404
    assert client.get("/media/nothing.jpg").status_code == 404


@pytest.mark.parametrize("kind", [FaultKind.TOO_MANY, FaultKind.OUT_OF_CREDIT])
def test_a_fault_speaks_as_the_network_would(client, network: Network, kind: FaultKind):
    network.faults.break_("/2/tweets/search/*", kind, times=1)
    answer = client.get(RECENT, params=QUERY)
    assert answer.status_code == int(kind.value)
    assert "title" in answer.json()
    if kind is FaultKind.TOO_MANY:
        assert answer.headers["x-rate-limit-remaining"] == "0"
        assert int(answer.headers["x-rate-limit-reset"]) > 0
    assert client.get(RECENT, params=QUERY).status_code == 200


def test_calls_are_written_down_with_their_caller(client, network: Network):
    client.get(RECENT, params={**QUERY, "next_token": "b26"})
    [call] = network.calls
    assert (call.method, call.path, call.status) == ("GET", RECENT, 400)
    assert call.caller == f"app {DEMO_APP.client_id}"
    assert call.params["query"] == "#acme"


def test_a_slow_network_is_a_time_out_in_process(client, network: Network):
    network.faults.break_("/2/*", FaultKind.SLOW, lasts=timedelta(seconds=60))
    with pytest.raises(httpx2.ReadTimeout):
        client.get(RECENT, params=QUERY, timeout=5)


def limits_of(answer: httpx2.Response) -> tuple[int, int]:
    names = ("x-rate-limit-limit", "x-rate-limit-remaining", "x-rate-limit-reset")
    limit, remaining, reset = (int(answer.headers[name]) for name in names)
    assert reset > remaining
    return limit, remaining


@pytest.mark.parametrize("kind", [FaultKind.SERVER_ERROR, FaultKind.OUT_OF_CREDIT])
def test_what_is_broken_still_tells_the_limits(client, anonymous, network: Network, kind):
    client.get(RECENT, params=QUERY)
    network.faults.break_("/2/*", kind)
    assert limits_of(client.get(RECENT, params=QUERY)) == (450, 449)
    assert limits_of(anonymous.get(RECENT, params=QUERY)) == (450, 450)


def test_every_refusal_tells_the_limits(client, anonymous, world: World, as_jane):
    assert limits_of(anonymous.get(RECENT, params=QUERY)) == (450, 450)
    assert limits_of(client.get("/2/users/me")) == (0, 0)
    assert limits_of(anonymous.get(RECENT, params=QUERY, headers=as_jane("users.read"))) == (
        300,
        300,
    )
    assert limits_of(client.get("/2/tweets/x")) == (3500, 3499)
    world.wallet.set(0)
    assert limits_of(client.get(RECENT, params=QUERY)) == (450, 449)
    world.access.register(DEMO_APP.model_copy(update={"enrolled": False}))
    assert limits_of(client.get(RECENT, params=QUERY)) == (450, 449)
