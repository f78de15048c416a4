import json
from datetime import timedelta

import pytest

from tombola.testing.clock import Clock
from tombola_meta.limits import ACCOUNT, APP, LIMITS, LONGEST, free_at, limits_from

NOW = Clock()()


def business(**uses):
    return {"x-business-use-case-usage": json.dumps({"17841400000000001": [uses]})}


def test_shares_become_what_is_left():
    headers = {"x-app-usage": '{"call_count":28,"total_cputime":25,"total_time":30}'}
    (seen,) = limits_from(headers, NOW)
    assert (seen.bucket, seen.remaining) == (APP, 70_000)
    assert seen.resets_at == NOW + timedelta(hours=1)


def test_account_that_has_to_wait_has_nothing_left():
    headers = business(call_count=100, total_cputime=1, estimated_time_to_regain_access=19)
    (seen,) = limits_from(headers, NOW)
    assert (seen.bucket, seen.remaining) == (ACCOUNT, 0)
    assert seen.resets_at == NOW + timedelta(minutes=19)


def test_busiest_of_several_accounts_counts():
    said = {"1": [{"type": "pages", "call_count": 10}], "2": [{"type": "pages", "call_count": 60}]}
    (seen,) = limits_from({"x-business-use-case-usage": json.dumps(said)}, NOW)
    assert seen.remaining == 4_800 * 40 // 100


def test_no_header_says_nothing():
    assert limits_from({}, NOW) == ()


@pytest.mark.parametrize(
    "header",
    ["", "null", "[]", "{", '"x"', "[" * 9_000, '{"1":[null,3,"x"]}', '{"call_count":"many"}'],
)
def test_header_that_is_none_says_nothing_definite(header):
    for name in ("x-app-usage", "x-business-use-case-usage", "x-page-usage"):
        for seen in limits_from({name: header}, NOW):
            assert seen.remaining > 0
        assert free_at(ACCOUNT, {name: header}, NOW) > NOW


@pytest.mark.parametrize("minutes", [-5, 1e300, 10**9])
def test_absurd_waits_are_bounded(minutes):
    headers = business(call_count=5, estimated_time_to_regain_access=minutes)
    assert NOW < free_at(ACCOUNT, headers, NOW) <= NOW + LONGEST
    (seen,) = limits_from(headers, NOW)
    assert NOW < seen.resets_at <= NOW + LONGEST


def test_limits_have_names_of_their_own():
    assert len({limit.bucket for limit in LIMITS}) == len(LIMITS)
