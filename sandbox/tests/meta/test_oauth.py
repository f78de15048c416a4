import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from tombola_sandbox.meta.access import DEMO_META_APP

BACK = "https://tombola.example/back/meta.facebook"
DIALOG = "/www.facebook.com/v26.0/dialog/oauth"
AUTHORIZE = "/www.instagram.com/oauth/authorize"
WISH = {
    "client_id": DEMO_META_APP.id,
    "redirect_uri": BACK,
    "state": "s1",
    "response_type": "code",
    "scope": "public_profile",
}
PAGES = {**WISH, "scope": "pages_show_list,pages_read_engagement"}
IG_WISH = {**WISH, "client_id": DEMO_META_APP.instagram_id, "scope": "instagram_business_basic"}
HOUR = timedelta(hours=1)


def _back(answer) -> dict[str, str]:
    assert answer.status_code == 302, answer.text
    parts = urlsplit(answer.headers["Location"])
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == BACK
    assert parts.fragment in {"_=_", "_"}
    return {name: values[0] for name, values in parse_qs(parts.query).items()}


def _allow(http, person, wish=WISH, path=DIALOG, **more):
    form = {**wish, "person": person, "decision": "allow", **more}
    return _back(http.post(path, data=form))


def _exchange(graph, code, **more):
    given = {
        "client_id": DEMO_META_APP.id,
        "client_secret": DEMO_META_APP.secret,
        "redirect_uri": BACK,
        "code": code,
    } | more
    return graph.raw("/oauth/access_token", **given)


def test_a_person_logs_in_and_the_code_becomes_a_short_token(http, graph, town):
    page = http.get(DIALOG, params=WISH)
    assert page.status_code == 200
    assert "Kim Larsen" in page.text
    back = _allow(http, town.kim.id)
    assert back["state"] == "s1"
    body = _exchange(graph, back["code"]).json()
    assert body.keys() == {"access_token", "token_type", "expires_in"}
    assert (body["token_type"], body["expires_in"]) == ("bearer", 3600)
    me = graph("/me", body["access_token"], fields="id,name,email")
    asid = town.meta.things.asid(town.app.id, town.kim.id)
    assert me == {"id": asid, "name": "Kim Larsen"}


def test_somebody_with_a_page_is_proposed_where_pages_are_asked_for(http, town):
    for wish, person in ((WISH, town.kim), (PAGES, town.robin)):
        page = http.get(DIALOG, params=wish).text
        assert f'value="{person.id}" checked' in page


def test_an_address_comes_only_with_its_permission(http, graph, town):
    back = _allow(http, town.kim.id, {**WISH, "scope": "public_profile,email"})
    token = _exchange(graph, back["code"]).json()["access_token"]
    assert graph("/me", token, fields="email")["email"] == "kim.larsen@people.example"


def test_somebody_cancels(http, town):
    form = {**WISH, "person": town.kim.id, "decision": "cancel"}
    assert _back(http.post(DIALOG, data=form)) == {
        "error": "access_denied",
        "error_code": "200",
        "error_description": "Permissions error",
        "error_reason": "user_denied",
        "state": "s1",
    }


def test_pages_and_permissions_are_chosen_in_a_second_step(http, graph, town):
    second = town.meta.facebook.add_page("Second", admin=town.robin)
    form = {**PAGES, "person": town.robin.id, "decision": "next"}
    page = http.post(DIALOG, data=form)
    assert page.status_code == 200
    assert {"Second", "Kettle &amp; Leaf"} <= set(re.findall(r">([^<(]+?)(?: \(|<)", page.text))
    assert "@Kettle.Leaf" in page.text
    back = _allow(http, town.robin.id, PAGES, page=second.id, allowed=["pages_show_list"])
    token = _exchange(graph, back["code"]).json()["access_token"]
    assert [p["name"] for p in graph("/me/accounts", token)["data"]] == ["Second"]
    granted = {p["permission"] for p in graph("/me/permissions", token)["data"]}
    assert granted == {"public_profile", "pages_show_list"}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"client_id": "1"}, "Invalid App ID"),
        ({"redirect_uri": BACK + "/"}, "URL blocked"),
        ({"response_type": "token"}, "response_type=code"),
        ({"scope": "page_utility_messaging"}, "Invalid Scopes: page_utility_messaging"),
        ({"config_id": "7"}, "config_id"),
    ],
)
def test_what_is_wrong_is_said_to_the_person(http, town, changed, said):
    for answer in (
        http.get(DIALOG, params={**WISH, **changed}),
        http.post(DIALOG, data={**WISH, **changed, "person": town.kim.id, "decision": "allow"}),
    ):
        assert answer.status_code == 400
        assert said in answer.text


def test_a_configuration_names_the_permissions(http, graph, town):
    town.change_app(configs={"77": ("pages_show_list",)})
    wish = {name: value for name, value in WISH.items() if name != "scope"} | {"config_id": "77"}
    back = _allow(http, town.robin.id, wish, page=town.page.id)
    token = _exchange(graph, back["code"]).json()["access_token"]
    assert len(graph("/me/accounts", token)["data"]) == 1


def test_what_is_not_approved_is_given_by_people_of_the_app_alone(http, graph, town):
    town.change_app(advanced=(), roles=(town.robin.id,))
    for person, given in ((town.robin, True), (town.kim, False)):
        back = _allow(http, person.id, PAGES)
        token = _exchange(graph, back["code"]).json()["access_token"]
        granted = {p["permission"] for p in graph("/me/permissions", token)["data"]}
        assert ("pages_show_list" in granted) is given


def test_a_code_works_once_for_ten_minutes_with_its_own_address(http, graph, town, now):
    code = _allow(http, town.kim.id)["code"]
    other = _exchange(graph, code, redirect_uri=BACK + "?x=1").json()["error"]
    assert (other["code"], other["error_subcode"]) == (100, 36008)
    assert _exchange(graph, code).status_code == 200
    again = _exchange(graph, code).json()["error"]
    assert (again["code"], again["error_subcode"]) == (100, 36009)
    late = _allow(http, town.kim.id)["code"]
    now.advance(timedelta(minutes=10))
    assert _exchange(graph, late).json()["error"]["error_subcode"] == 36007


@pytest.mark.parametrize(
    ("changed", "code"),
    [({"client_id": "1"}, 101), ({"client_secret": "x"}, 1), ({"client_id": ""}, 100)],
)
def test_an_exchange_wants_the_app(http, graph, town, changed, code):
    assert _exchange(graph, "x", **changed).json()["error"]["code"] == code


def test_a_short_token_becomes_one_of_sixty_days(http, graph, town, now):
    short = _exchange(graph, _allow(http, town.kim.id)["code"]).json()["access_token"]
    given = {"grant_type": "fb_exchange_token", "fb_exchange_token": short}
    body = _exchange(graph, "", **given).json()
    assert body["expires_in"] == 5_183_944
    now.advance(timedelta(days=59))
    assert graph.code("/me", short) == (190, 463)
    assert graph("/me", body["access_token"])["name"] == "Kim Larsen"


def test_the_app_gets_its_own_token(graph, town):
    body = _exchange(graph, "", grant_type="client_credentials").json()
    assert body["access_token"] == town.app_token


def test_a_token_is_looked_at(graph, town):
    token = town.token()
    data = graph("/debug_token", town.app_token, input_token=token)["data"]
    assert (data["type"], data["is_valid"], data["expires_at"]) == ("PAGE", True, 0)
    assert data["profile_id"] == town.page.id
    assert data["user_id"] == town.meta.things.asid(town.app.id, town.robin.id)
    chosen = town.user(pages=[town.page])
    data = graph("/debug_token", town.app_token, input_token=chosen)["data"]
    granular = {one["scope"]: one.get("target_ids") for one in data["granular_scopes"]}
    assert granular["pages_show_list"] == [town.page.id]
    assert granular["instagram_basic"] == [town.shop.id]
    assert granular["public_profile"] is None
    town.meta.access.kill_all(460, person=town.robin.id)
    data = graph("/debug_token", town.app_token, input_token=token)["data"]
    assert (data["is_valid"], data["error"]["subcode"]) == (False, 460)


def test_a_professional_logs_in_with_instagram(http, ig, town, now):
    page = http.get(AUTHORIZE, params=IG_WISH)
    assert "@ann.pro" in page.text
    code = _allow(http, town.ann.id, IG_WISH, AUTHORIZE)["code"]
    form = {
        "client_id": DEMO_META_APP.instagram_id,
        "client_secret": DEMO_META_APP.instagram_secret,
        "grant_type": "authorization_code",
        "redirect_uri": BACK,
        "code": code,
    }
    body = http.post("/api.instagram.com/oauth/access_token", data=form).json()
    assert body.keys() == {"access_token", "user_id", "permissions"}
    assert str(body["user_id"]) == ig("/me", body["access_token"])["id"]
    again = http.post("/api.instagram.com/oauth/access_token", data=form)
    assert again.status_code == 400
    assert again.json()["error_type"] == "OAuthException"
    longer = {
        "grant_type": "ig_exchange_token",
        "client_secret": DEMO_META_APP.instagram_secret,
        "access_token": body["access_token"],
    }
    url = "/graph.instagram.com/access_token"
    made = http.get(url, params=longer).json()
    assert made["expires_in"] == 5_183_944
    refresh = {"grant_type": "ig_refresh_token", "access_token": made["access_token"]}
    url = "/graph.instagram.com/refresh_access_token"
    assert http.get(url, params=refresh).json()["error"]["code"] == 100
    now.advance(timedelta(days=30))
    assert http.get(url, params=refresh).json()["expires_in"] == 5_183_944


def test_a_personal_account_cannot_log_in(http, town):
    form = {**IG_WISH, "person": town.jane.id, "decision": "allow"}
    page = http.post(AUTHORIZE, data=form)
    assert "Only professional accounts" in page.text


def test_instagrams_dialog_knows_instagrams_app_and_permissions(http, town):
    for changed in ({"client_id": DEMO_META_APP.id}, {"scope": "instagram_basic"}):
        assert http.get(AUTHORIZE, params={**IG_WISH, **changed}).status_code == 400
