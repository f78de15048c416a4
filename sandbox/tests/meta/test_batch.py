import json

import pytest

from tombola.testing.network import FaultKind


@pytest.fixture
def batch(http, town):
    def send(*calls, token=None, **more):
        form = {"access_token": token or town.token(), "batch": json.dumps(list(calls)), **more}
        return http.post("/graph.facebook.com/v26.0/", data=form)

    return send


def _get(url: str) -> dict[str, str]:
    return {"method": "GET", "relative_url": url}


def test_a_batch_answers_in_order_with_bodies_as_texts(batch, town):
    comment = town.meta.facebook.comment(town.kim, town.post, "Mäh/h")
    answer = batch(_get(f"v26.0/{comment.id}?fields=message"), _get("424242"), _get("v20.0/me"))
    assert answer.status_code == 200
    first, second, third = answer.json()
    assert (first["code"], json.loads(first["body"])["message"]) == (200, "Mäh/h")
    assert {"name", "value"} == first["headers"][0].keys()
    assert (second["code"], json.loads(second["body"])["error"]["code"]) == (400, 100)
    assert json.loads(third["body"])["error"]["code"] == 2635


def test_headers_can_be_left_out(batch, town):
    [said] = batch(_get("me"), include_headers="false").json()
    assert said.keys() == {"code", "body"}


def test_a_call_may_bring_its_own_token_and_method(batch, town):
    [said] = batch(_get(f"me?access_token={town.user()}")).json()
    assert json.loads(said["body"])["name"] == "Robin Demo"
    call = {
        "method": "POST",
        "relative_url": f"{town.page.id}/subscribed_apps",
        "body": "subscribed_fields=feed",
    }
    [said] = batch(call).json()
    assert json.loads(said["body"]) == {"success": True}


def test_what_takes_too_long_is_null_and_a_fault_hits_its_call_alone(batch, town, network):
    network.faults.break_("/graph.facebook.com/v26.0/slow*", FaultKind.HANG)
    network.faults.break_("/graph.facebook.com/v26.0/full*", FaultKind.TOO_MANY)
    slow, full, good = batch(_get("v26.0/slow"), _get("v26.0/full"), _get("v26.0/me")).json()
    assert slow is None
    assert json.loads(full["body"])["error"]["code"] == 4
    assert good["code"] == 200


def test_every_call_of_a_batch_counts(batch, town):
    town.change_app(users=1)
    user = town.user()
    for _ in range(4):
        batch(*[_get("me")] * 49, token=user)
    codes = [one["code"] for one in batch(*[_get("me")] * 6, token=user).json()]
    assert codes == [200] * 4 + [400] * 2


@pytest.mark.parametrize("text", ["", "{}", "nonsense", '["x"]', json.dumps([{}] * 51)])
def test_a_wrong_batch_is_refused_whole(http, town, text):
    form = {"access_token": town.token(), "batch": text}
    answer = http.post("/graph.facebook.com/", data=form)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, 100)


def test_a_batch_wants_a_token(http, town):
    answer = http.post("/graph.facebook.com/", data={"batch": "[]"})
    assert answer.json()["error"]["code"] == 104


def test_a_call_in_a_batch_is_signed_as_the_batch_is(batch, town):
    town.change_app(proof_required=True)
    [said] = batch(_get("me")).json()
    assert json.loads(said["body"])["error"]["code"] == 100
