import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tombola.api import HttpResponse, OutOfCredit, Retry, Throttled
from tombola_twitter_import import errors

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
RESET = NOW + timedelta(minutes=7)
HEADERS = {"x-rate-limit-remaining": "0", "x-rate-limit-reset": str(int(RESET.timestamp()))}
BODIES = json.loads((Path(__file__).parent / "pages" / "errors.json").read_text("utf-8"))


def make_error(status, body, headers=None):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    problem = errors.problem_from(HttpResponse(status, headers or {}, raw))
    return errors.error_from(problem, headers or {}, bucket="search_recent", now=NOW)


@pytest.mark.parametrize("known", BODIES, ids=lambda known: known["what"])
def test_each_known_body_becomes_its_error_in_words(known):
    error = make_error(known["status"], known["body"], HEADERS)
    assert type(error).__name__ == known["error"]
    assert known["says"] in str(error)


def test_throttled_until_the_moment_that_the_network_names():
    error = make_error(429, {"type": "about:blank"}, HEADERS)
    assert isinstance(error, Throttled)
    assert (error.bucket, error.until) == ("search_recent", RESET)


@pytest.mark.parametrize("headers", [{}, {"x-rate-limit-reset": "soon"}])
def test_throttled_without_a_moment_waits_one_window(headers):
    error = make_error(429, {}, headers)
    assert isinstance(error, Throttled)
    assert error.until == NOW + timedelta(minutes=15)


def test_throttled_until_a_moment_that_has_passed_still_waits():
    error = make_error(429, {}, {"x-rate-limit-reset": "1"})
    assert isinstance(error, Throttled)
    assert error.until > NOW


@pytest.mark.parametrize("status", [500, 502, 503, 504, 408])
@pytest.mark.parametrize("body", [b"", b"<html>Over capacity</html>", b'{"title":', b"[1]"])
def test_outage_of_any_shape_is_retried(status, body):
    error = make_error(status, body)
    assert isinstance(error, Retry)
    assert error.after >= timedelta(seconds=30)


def test_outage_that_says_how_long_is_heeded_within_reason():
    assert make_error(503, b"", {"retry-after": "120"}).after == timedelta(seconds=120)
    assert make_error(503, b"", {"retry-after": "99999999"}).after == errors.PAUSE
    assert make_error(503, b"", {"retry-after": "Sat, 21 Nov 2026"}).after == errors.PAUSE


def test_no_credit_waits_for_a_person_and_a_cap_for_time():
    bodies = {known["what"]: known for known in BODIES}
    empty = make_error(402, bodies["new words for no credit"]["body"])
    capped = make_error(429, bodies["cap used up"]["body"], HEADERS)
    assert isinstance(empty, OutOfCredit)
    assert empty.until is None
    assert isinstance(capped, OutOfCredit)
    assert capped.until is not None
    assert capped.until > NOW


@pytest.mark.parametrize("host", ["api.twitter.com", "api.x.com", "elsewhere.example/v9"])
def test_problem_is_known_by_the_last_part_of_its_type(host):
    body = {"type": f"https://{host}/2/problems/client-forbidden"}
    assert errors.problem_from(HttpResponse(403, {}, json.dumps(body).encode())).kind == (
        "client-forbidden"
    )


def test_long_words_of_the_network_are_cut():
    assert len(str(make_error(400, {"detail": "x" * 5000}))) < 400


@pytest.mark.parametrize(
    "body", [{"errors": "no"}, {"errors": [1, {}]}, {"errors": [{"parameters": []}]}, {"type": 7}]
)
def test_strange_body_is_still_a_problem(body):
    assert str(make_error(400, body))


def test_limits_are_read_from_every_answer():
    seen = errors.limits_from({**HEADERS, "x-rate-limit-remaining": "449"}, bucket="search_recent")
    assert [(s.bucket, s.remaining, s.resets_at) for s in seen] == [("search_recent", 449, RESET)]
    assert errors.limits_from({}, bucket="search_recent") == ()
    assert errors.limits_from({"x-rate-limit-remaining": "x"}, bucket="search_recent") == ()
