import base64
import hashlib
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from tombola.testing.network import TestClock
from tombola_sandbox.access import DEMO_APP
from tombola_sandbox.models import Standing
from tombola_sandbox.world import World

BACK = "https://tombola.example/back/x"
VERIFIER = "a-verifier-that-is-long-enough-to-be-taken-by-everybody"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest())
WISH = {
    "response_type": "code",
    "client_id": DEMO_APP.client_id,
    "redirect_uri": BACK,
    "scope": "tweet.read users.read offline.access",
    "state": "s-123",
    "code_challenge": CHALLENGE.rstrip(b"=").decode(),
    "code_challenge_method": "S256",
}
BASIC = (DEMO_APP.client_id, DEMO_APP.client_secret)


def allow(http: httpx2.Client, world: World, **wish: str) -> dict[str, str]:
    person = world.person("jane")
    assert person is not None
    form = {**WISH, "person": person.id, "decision": "allow", **wish}
    answer = http.post("/i/oauth2/authorize", data=form)
    assert answer.status_code == 302, answer.text
    assert answer.headers["location"].startswith(BACK + "?")
    query = parse_qs(urlsplit(answer.headers["location"]).query)
    return {name: values[0] for name, values in query.items()}


def redeem(http: httpx2.Client, code: str, *, auth=BASIC, **more: str) -> httpx2.Response:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": BACK,
        "code_verifier": VERIFIER,
        **more,
    }
    return http.post("/2/oauth2/token", data=form, auth=auth)


def test_the_dialog_shows_who_asks_what_and_whom(anonymous):
    page = anonymous.get("/i/oauth2/authorize", params=WISH)
    assert page.status_code == 200
    assert "Kettle &amp; Leaf competitions" in page.text
    assert "@jane" in page.text
    assert "@otto" in page.text
    assert "Stay connected" in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]


def test_a_person_is_known_after_the_whole_dance(anonymous, world: World):
    back = allow(anonymous, world)
    assert back["state"] == "s-123"
    answer = redeem(anonymous, back["code"])
    assert answer.status_code == 200
    token = answer.json()
    assert token["token_type"] == "bearer"
    assert token["expires_in"] == 7200
    assert token["scope"] == WISH["scope"]
    headers = {"Authorization": f"Bearer {token['access_token']}"}
    me = anonymous.get("/2/users/me", headers=headers).json()
    assert me["data"]["username"] == "jane"


@pytest.mark.parametrize(
    "wrong",
    [
        {"code": "nonsense"},
        {"code_verifier": "another"},
        {"redirect_uri": BACK + "/"},
    ],
)
def test_a_code_is_exchanged_only_with_everything_right(anonymous, world: World, wrong):
    code = allow(anonymous, world)["code"]
    answer = redeem(anonymous, **{"code": code, **wrong})
    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_request"


def test_a_code_works_once_and_for_thirty_seconds(anonymous, world: World, now: TestClock):
    code = allow(anonymous, world)["code"]
    assert redeem(anonymous, code).status_code == 200
    assert redeem(anonymous, code).status_code == 400
    code = allow(anonymous, world)["code"]
    now.advance(timedelta(seconds=30))
    assert redeem(anonymous, code).status_code == 400


@pytest.mark.parametrize("auth", [None, (DEMO_APP.client_id, "wrong"), ("who", "ever")])
def test_an_app_must_prove_itself(anonymous, world: World, auth):
    answer = redeem(anonymous, allow(anonymous, world)["code"], auth=auth)
    assert answer.status_code == 401
    assert answer.json()["error"] == "unauthorized_client"


def test_a_refresh_token_comes_with_its_scope_and_works_once(anonymous, world: World):
    plain = redeem(anonymous, allow(anonymous, world, scope="tweet.read users.read")["code"])
    assert "refresh_token" not in plain.json()
    first = redeem(anonymous, allow(anonymous, world)["code"]).json()
    form = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    second = anonymous.post("/2/oauth2/token", data=form, auth=BASIC).json()
    assert second["access_token"] != first["access_token"]
    assert anonymous.post("/2/oauth2/token", data=form, auth=BASIC).status_code == 400
    old = {"Authorization": f"Bearer {first['access_token']}"}
    assert anonymous.get("/2/users/me", headers=old).status_code == 401


def test_a_revoked_token_is_dead(anonymous, world: World):
    token = redeem(anonymous, allow(anonymous, world)["code"]).json()["access_token"]
    form = {"token": token}
    assert anonymous.post("/2/oauth2/revoke", data=form, auth=BASIC).json() == {"revoked": True}
    headers = {"Authorization": f"Bearer {token}"}
    assert anonymous.get("/2/users/me", headers=headers).status_code == 401


def test_cancel_returns_with_access_denied(anonymous, world: World):
    back = allow(anonymous, world, decision="cancel")
    assert back == {"error": "access_denied", "state": "s-123"}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"client_id": "who"}, "no application"),
        ({"redirect_uri": BACK + "?x=1"}, "not registered"),
        ({"response_type": "token"}, "response_type=code"),
        ({"scope": ""}, "no scope"),
        ({"scope": "tweet.read everything"}, "Unknown scope: everything"),
        ({"state": ""}, "state"),
        ({"state": "x" * 501}, "state"),
        ({"code_challenge": ""}, "PKCE"),
        ({"code_challenge_method": "md5"}, "S256"),
    ],
)
def test_a_wrong_wish_stays_with_the_person(anonymous, wrong, said: str):
    page = anonymous.get("/i/oauth2/authorize", params={**WISH, **wrong})
    assert page.status_code == 400
    assert said in page.text


def test_a_suspended_person_cannot_log_in(anonymous, world: World):
    person = world.person("jane")
    assert person is not None
    world.set_standing(person.id, Standing.SUSPENDED)
    assert "@jane" not in anonymous.get("/i/oauth2/authorize", params=WISH).text
    form = {**WISH, "person": person.id, "decision": "allow"}
    assert anonymous.post("/i/oauth2/authorize", data=form).status_code == 400


def test_an_app_gets_its_bearer_for_key_and_secret(anonymous):
    form = {"grant_type": "client_credentials"}
    right = (DEMO_APP.api_key, DEMO_APP.api_secret)
    answer = anonymous.post("/oauth2/token", data=form, auth=right)
    assert answer.json() == {"token_type": "bearer", "access_token": DEMO_APP.bearer}
    wrong = anonymous.post("/oauth2/token", data=form, auth=(DEMO_APP.api_key, "wrong"))
    assert wrong.status_code == 403
    assert anonymous.post("/oauth2/token", auth=right).status_code == 403


@pytest.mark.parametrize("path", ["/i/oauth2/authorize", "/intent/post"])
def test_people_without_a_picture_can_be_chosen(anonymous, world: World, path: str):
    bare = {"user": {"id": "22", "name": "Bare", "username": "bare"}}
    world.load("person.joined", "22", bare)
    page = anonymous.get(path, params=WISH)
    assert page.status_code == 200
    assert "@bare" in page.text
    form = {"author": "22", "text": "My cup", "photos": "0"}
    assert anonymous.post("/intent/post", data=form).status_code == 200


@pytest.mark.parametrize("challenge", ["a" * 42, "a" * 129, "ä" * 43])
def test_a_challenge_has_its_length_and_letters(anonymous, challenge: str):
    page = anonymous.get("/i/oauth2/authorize", params={**WISH, "code_challenge": challenge})
    assert page.status_code == 400
    assert "43 to 128 characters" in page.text
