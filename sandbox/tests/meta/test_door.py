import hashlib
import hmac
from datetime import timedelta

import pytest

from tombola.testing.network import FaultKind
from tombola_sandbox.meta.models import Token


def _proof(secret: str, token: str) -> str:
    return hmac.new(secret.encode(), token.encode(), hashlib.sha256).hexdigest()


def test_an_error_is_an_envelope_with_a_trace(graph, town):
    answer = graph.raw("/me", "nonsense")
    assert answer.status_code == 400
    [error] = answer.json().values()
    assert error.keys() == {"message", "type", "code", "fbtrace_id"}
    assert (error["type"], error["code"]) == ("OAuthException", 190)
    assert error["fbtrace_id"].startswith("A")
    assert "invalid_token" in answer.headers["WWW-Authenticate"]


def test_a_call_needs_a_token_by_parameter_or_by_header(graph, http, town):
    assert graph.code(f"/{town.page.id}")[0] == 104
    assert graph.code("/me")[0] == 2500
    token = town.token()
    for scheme in ("Bearer", "OAuth"):
        head = {"Authorization": f"{scheme} {token}"}
        assert http.get(f"{graph.base}/me", headers=head).json()["id"] == town.page.id


@pytest.mark.parametrize("subcode", [458, 459, 460, 464, 467])
def test_a_dead_token_says_why(graph, town, subcode):
    token = town.user()
    town.meta.access.kill_all(subcode, person=town.robin.id)
    assert graph.code("/me", token) == (190, subcode)


def test_a_token_expires_by_the_clock(graph, town, now):
    token = town.user()
    short = town.meta.access.give_user_token(town.app, town.robin, ["public_profile"]).id
    now.advance(timedelta(hours=1))
    assert graph.code("/me", short) == (190, 463)
    assert graph("/me", token)["name"] == "Robin Demo"
    now.advance(timedelta(days=60))
    assert graph.code("/me", token) == (190, 463)


def test_a_pages_token_dies_with_the_role_and_with_the_password(graph, town):
    token = town.token()
    town.meta.facebook.set_role(town.page.id, town.robin.id, ())
    assert graph.code("/me", token) == (190, 492)
    town.meta.facebook.set_role(town.page.id, town.robin.id, ("MODERATE",))
    assert graph("/me", token)["id"] == town.page.id
    town.meta.access.kill_all(460, person=town.robin.id)
    assert graph.code("/me", token) == (190, 460)


def test_a_pages_token_from_a_long_one_never_expires_and_from_a_short_one_does(graph, town, now):
    scopes = ["pages_show_list", "pages_read_engagement"]
    short = town.meta.access.give_user_token(town.app, town.robin, scopes).id
    from_short = graph("/me/accounts", short)["data"][0]["access_token"]
    from_long = graph("/me/accounts", town.user())["data"][0]["access_token"]
    now.advance(timedelta(days=400))
    assert graph.code("/me", from_short) == (190, 463)
    assert graph("/me", from_long)["id"] == town.page.id


def test_a_wrong_signature_is_refused_and_a_missing_one_where_the_app_wants_it(graph, town):
    token = town.token()
    assert graph("/me", token, appsecret_proof=_proof(town.app.secret, token))
    assert graph.code("/me", token, appsecret_proof="0" * 64)[0] == 100
    town.change_app(proof_required=True)
    error = graph.error("/me", token)
    assert (error["code"], error["type"]) == (100, "GraphMethodException")
    assert "appsecret_proof" in error["message"]
    assert graph("/me", token, appsecret_proof=_proof(town.app.secret, token))


@pytest.mark.parametrize(
    ("version", "code"), [("v26.0", None), ("v21.0", None), ("v20.0", 2635), ("v27.0", 2500)]
)
def test_versions_answer_for_two_years(http, town, version, code):
    url = f"/graph.facebook.com/{version}/me"
    answer = http.get(url, params={"access_token": town.token()})
    if code is None:
        assert answer.status_code == 200
        assert answer.headers["facebook-api-version"] == version
    else:
        assert answer.json()["error"]["code"] == code


def test_without_a_version_the_oldest_answers(http, town):
    answer = http.get("/graph.facebook.com/me", params={"access_token": town.token()})
    assert answer.headers["facebook-api-version"] == "v21.0"


def test_unknown_paths_and_objects(graph, town):
    token = town.token()
    assert graph.code(f"/{town.page.id}/nowhere", token)[0] == 2500
    assert graph.code("/1/2/3", token)[0] == 2500
    assert graph.code("/424242", token) == (100, 33)
    assert graph.error("/424242", token)["type"] == "GraphMethodException"


def test_a_missing_permission_is_403_by_status_and_200_or_10_by_code(graph, town):
    answer = graph.raw("/me/accounts", town.user("pages_show_list"))
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, 200)
    answer = graph.raw(f"/{town.post.id}/comments", town.token("pages_read_user_content"))
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, 10)


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (FaultKind.TOO_MANY, 4),
        (FaultKind.SERVER_ERROR, 2),
        (FaultKind.UNAUTHORIZED, 190),
        (FaultKind.FORBIDDEN, 200),
        (FaultKind.NOT_FOUND, 100),
    ],
)
def test_faults_speak_graphs_words_here_and_xs_words_there(
    graph, client, network, town, kind, code
):
    network.faults.break_("*", kind)
    assert graph.code("/me", town.token())[0] == code
    assert "fbtrace_id" not in client.get("/2/tweets/search/recent").text


def test_several_nodes_at_once_and_one_that_lacks_fails_all(graph, town):
    first, second = (town.meta.facebook.comment(town.kim, town.post, t) for t in ("one", "two"))
    token = town.token()
    both = graph("/", token, ids=f"{first.id},{second.id}", fields="message")
    assert both == {
        first.id: {"message": "one", "id": first.id},
        second.id: {"message": "two", "id": second.id},
    }
    town.meta.facebook.delete_comment(second.id)
    assert graph.code("/", token, ids=f"{first.id},{second.id}")[0] == 803
    assert graph.code("/", token, ids=",".join(["1"] * 51))[0] == 100


def test_a_token_of_instagram_opens_nothing_at_facebook_and_the_other_way_round(graph, ig, town):
    other = town.meta.access.give_instagram_token(town.app, town.ann, ["instagram_business_basic"])
    assert graph.code("/me", other.id)[0] == 190
    assert ig.code("/me", town.user())[0] == 190


def test_a_world_read_again_is_the_same(world, town, now):
    town.meta.facebook.comment(town.kim, town.post, "Mine", photo=True)
    town.meta.instagram.post(town.jane, "My cup #tea", album=2)
    again = type(world)(clock=now, ledger=world.ledger)
    assert again.meta.things.all(Token) == world.meta.things.all(Token)
    assert again.meta.things._things == world.meta.things._things
    assert again.meta.things._order == world.meta.things._order
    assert again.meta.things.new_id("post") not in {p.split("_")[-1] for p in _posts(world)}


def _posts(world):
    return world.meta.things._things["post"]
