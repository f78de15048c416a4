from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tombola.api import (
    CredentialExpired,
    FetchError,
    PermissionLost,
    Retry,
    SourceGone,
    Throttled,
)
from tombola.testing.clock import Clock
from tombola_meta import limits
from tombola_meta.errors import Blocked, NoHashtag, NoUser, error_from, is_error, problem_from

NOW = Clock()()
BUSINESS = (
    '{"17841400000000001":[{"type":"instagram","call_count":100,"total_cputime":25,'
    '"total_time":25,"estimated_time_to_regain_access":19}]}'
)


def judged(code, subcode=None, status=400, headers=None, **more):
    error = {"message": "Said for developers", "code": code, "fbtrace_id": "A1", **more}
    if subcode is not None:
        error["error_subcode"] = subcode
    return error_from(problem_from(status, {"error": error}), headers or {}, NOW)


@pytest.mark.parametrize(
    ("code", "subcode", "kind"),
    [
        (1, None, Retry),
        (2, None, Retry),
        (4, None, Throttled),
        (17, None, Throttled),
        (18, None, Throttled),
        (32, None, Throttled),
        (613, None, Throttled),
        (80001, None, Throttled),
        (80002, None, Throttled),
        (80006, None, Throttled),
        (10, None, PermissionLost),
        (24, 2207024, NoHashtag),
        (24, None, SourceGone),
        (100, None, SourceGone),
        (110, 2207013, NoUser),
        (100, 33, SourceGone),
        (102, None, CredentialExpired),
        (104, None, CredentialExpired),
        *[(190, sub, CredentialExpired) for sub in (None, 458, 459, 460, 463, 464, 467, 492)],
        (200, None, PermissionLost),
        (299, None, PermissionLost),
        (368, None, Blocked),
        (2500, None, SourceGone),
        (2635, None, SourceGone),
        (15, None, SourceGone),
        (77777, None, Retry),
    ],
)
@pytest.mark.parametrize("status", [200, 400, 403, 500])
def test_each_code_has_its_meaning_whatever_the_status(code, subcode, kind, status):
    assert type(judged(code, subcode, status)) is kind


@pytest.mark.parametrize(
    ("code", "bucket"),
    [
        (4, limits.APP),
        (17, limits.ACCOUNT),
        (32, limits.ACCOUNT),
        (80002, limits.ACCOUNT),
        (613, limits.EDGE),
        (18, limits.HASHTAGS),
    ],
)
def test_limit_that_is_used_up_is_named(code, bucket):
    error = judged(code)
    assert error.bucket == bucket
    assert error.until == NOW + limits.PAUSES[bucket]


def test_wait_is_as_long_as_meta_says():
    error = judged(80002, headers={"x-business-use-case-usage": BUSINESS})
    assert error.until == NOW + timedelta(minutes=19)


def test_limit_that_calls_itself_transient_is_still_a_limit():
    assert isinstance(judged(4, is_transient=True), Throttled)


def test_transient_trouble_of_any_code_is_tried_again():
    assert isinstance(judged(100, is_transient=True), Retry)


@pytest.mark.parametrize(
    ("subcode", "words"),
    [(460, "password has changed"), (463, "expired"), (458, "removed"), (None, "no longer valid")],
)
def test_dead_key_says_why_and_what_to_do(subcode, words):
    said = str(judged(190, subcode))
    assert words in said
    assert "Connect it again" in said


def test_blocked_account_says_so_and_rests():
    error = judged(368)
    assert error.bucket == limits.ACCOUNT
    assert "blocks" in str(error)
    assert error.until > NOW


def test_texts_for_the_tokens_owner_are_not_repeated():
    error = judged(24, 2207024, error_user_title="Kein Hashtag", error_user_msg="Nicht gefunden")
    assert "Hashtag" not in str(error)
    assert "gefunden" not in str(error)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, CredentialExpired),
        (403, PermissionLost),
        (404, SourceGone),
        (429, Throttled),
        (502, Retry),
        (418, Retry),
    ],
)
def test_answer_without_a_code_is_judged_by_its_status(status, kind):
    assert type(error_from(problem_from(status, None), {}, NOW)) is kind


def test_secrets_are_taken_out_of_metas_words():
    said = "Error validating secret-1 for EAAabcdefghijklmnopqrstuvw at ?access_token=x1&y=2"
    problem = problem_from(400, {"error": {"code": 190, "message": said}}, "secret-1")
    assert problem.said == "Error validating … for … at ?access_token=…&y=2"


def test_long_words_are_cut():
    problem = problem_from(400, {"error": {"code": 100, "message": "x" * 9_000}})
    assert len(problem.said) == 300


@pytest.mark.parametrize(
    "body",
    [
        {"error_type": "OAuthException", "code": 400, "error_message": "Invalid code"},
        {"error": {"message": "No", "code": 190}},
    ],
)
def test_both_envelopes_are_errors(body):
    assert is_error(body)
    assert problem_from(400, body).said in {"Invalid code", "No"}


def test_code_of_the_flat_envelope_is_only_a_status():
    body = {"error_type": "OAuthException", "code": 100, "error_message": "Invalid code"}
    assert problem_from(400, body).code is None


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inside: (
        st.lists(inside, max_size=3)
        | st.dictionaries(
            st.sampled_from(["error", "code", "message", "error_subcode", "is_transient", "x"]),
            inside,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@given(body=anything, status=st.integers(100, 599), header=st.text(max_size=60) | st.just(BUSINESS))
def test_whatever_comes_is_an_error_of_the_contract(body, status, header):
    headers = {"x-business-use-case-usage": header, "x-app-usage": header}
    error = error_from(problem_from(status, body), headers, NOW)
    assert isinstance(error, FetchError)
    limits.limits_from(headers, NOW)
