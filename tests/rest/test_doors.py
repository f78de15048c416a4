"""Who is let in to the API, how often, and how a refusal is told."""

import json
import re

import pytest

from tombola.rest import limits
from tombola.rest.described import operations
from tombola.rest.problems import KINDS
from tombola.teams import tokens
from tombola.teams.rules import Scope
from tombola.widget.buckets import Rate

KEY = {"title": "Win", "starts_at": "2026-06-01T00:00:00Z", "ends_at": "2026-07-01T00:00:00Z"}
NOBODY = "019e830e-1a00-7000-8000-000000000000"


def address(one):
    """The operation's address with names that nothing has."""
    made = {"campaign": "ABCDE", "type_key": "a.b", "language": "de"}
    return re.sub(r"{(\w+)}", lambda m: made.get(m[1], NOBODY), one.path.removeprefix("/api/v1"))


def test_every_operation_wants_a_token_with_its_scope(program, limited, house):
    apart = {scope: limited(*(set(Scope) - {scope})) for scope in Scope}
    for one in operations():
        without = house.app.test_client().open(one.path, method=one.method)
        assert without.status_code == 401, one
        status, kind, _errors = apart[one.scope].refused(one.method, address(one))
        assert (status, kind) == (403, "forbidden"), one


def test_revoked_token_is_refused(program):
    program.get("/campaigns")
    (mine,) = tokens.listed(program.house.inst, program.actor)
    tokens.revoke(program.house.inst, program.actor, mine.uid)
    assert program.refused("GET", "/campaigns")[:2] == (401, "unknown-token")


def test_token_is_written_into_the_audit_log(program):
    made = program.post("/campaigns", KEY)
    log = program.get("/audit")["items"][0]
    assert (log["act"], log["subject"]) == ("campaign.created", made["id"])
    assert (log["member"], log["program"]) == ("", "Program")
    assert program.get("/audit?act=api_token.made")["items"][0]["program"] == ""


def test_too_many_requests_are_asked_to_wait(program, house):
    limits.install(house.app, Rate(burst=2, a_second=0.1))
    assert [program.ask("GET", "/campaigns").status_code for _ in range(2)] == [200, 200]
    answer = program.ask("GET", "/campaigns")
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["Retry-After"]) <= 11
    assert answer.json["type"] == "/api-docs#problem-too-many"


def test_same_request_under_one_key_is_done_once(program):
    first = program.ask("POST", "/campaigns", KEY, Idempotency_Key="k-1")
    again = program.ask("POST", "/campaigns", KEY, Idempotency_Key="k-1")
    assert (again.status_code, again.json) == (201, first.json)
    assert again.headers["ETag"] == first.headers["ETag"]
    assert again.headers["Location"] == first.headers["Location"]
    assert (first.headers.get("Idempotency-Replayed"), again.headers["Idempotency-Replayed"]) == (
        None, "true",
    )  # fmt: skip
    assert len(program.get("/campaigns")["items"]) == 1


def test_key_of_another_request_is_refused(program):
    program.post("/campaigns", KEY, Idempotency_Key="k-1")
    other = {**KEY, "title": "Other"}
    _status, kind, errors = program.refused("POST", "/campaigns", other, Idempotency_Key="k-1")
    assert (kind, set(errors)) == ("invalid", {"Idempotency-Key"})


def test_refused_request_leaves_its_key_free(program):
    wrong = {**KEY, "zone": "Mars/Olympus"}
    program.refused("POST", "/campaigns", wrong, Idempotency_Key="k-1")
    clash = {**KEY, "ends_at": KEY["starts_at"]}
    program.refused("POST", "/campaigns", clash, Idempotency_Key="k-1")
    assert program.post("/campaigns", KEY, Idempotency_Key="k-1")["title"] == "Win"


def test_keys_of_two_tokens_do_not_meet(program, limited):
    other = limited(*Scope)
    program.post("/campaigns", KEY, Idempotency_Key="k-1")
    other.post("/campaigns", {**KEY, "title": "Other"}, Idempotency_Key="k-1")
    assert len(program.get("/campaigns")["items"]) == 2


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"{", "no JSON"),
        (b"\xff", "no UTF-8"),
        (b'{"title": "a", "title": "b"}', "twice"),
        (b'{"worth": NaN}', "NaN"),
        (b'{"worth": 1e999}', "64 bits"),
        (b'{"worth": 9223372036854775808}', "64 bits"),
        (b'{"title": "\\u0000"}', "NUL"),
        (b'{"title": "\\ud800"}', "surrogate"),
        (b"[" * 50 + b"]" * 50, "nested"),
        (b"[" * 100_000, "no JSON"),
    ],
)
def test_what_two_readers_would_read_differently_is_refused(program, body, says):
    answer = program.client.post(
        "/api/v1/campaigns", data=body, content_type="application/json",
        headers={"Authorization": f"Bearer {program.text}"},
    )  # fmt: skip
    assert answer.status_code == 422
    assert says in answer.json["errors"][""]


def test_other_bodies_are_refused(program):
    head = {"Authorization": f"Bearer {program.text}"}
    form = program.client.post("/api/v1/campaigns", data={"title": "x"}, headers=head)
    assert (form.status_code, form.json["type"]) == (415, "/api-docs#problem-not-json")
    large = json.dumps({**KEY, "description": "x" * 300_000})
    answer = program.client.post(
        "/api/v1/campaigns", data=large, content_type="application/json", headers=head
    )
    assert (answer.status_code, answer.json["type"]) == (413, "/api-docs#problem-too-large")


def test_methods_and_addresses_that_are_not_there_are_told(program):
    assert program.refused("PUT", "/campaigns")[:2] == (405, "no-such-method")
    assert program.refused("GET", "/nothing")[:2] == (404, "not-found")
    assert program.refused("GET", "/campaigns/a%00b")[:2] == (400, "unreadable")


def test_every_kind_of_problem_is_explained_to_people(house):
    page = house.app.test_client().get("/api-docs").text
    for kind in KINDS:
        assert f'id="problem-{kind.name}"' in page
    for one in operations():
        assert f'id="{one.name}"' in page
        assert one.summary
