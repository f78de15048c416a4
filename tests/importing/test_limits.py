from datetime import timedelta

import pytest

from tombola.api import Limit, LimitSeen, Scope
from tombola.importing import limits
from tombola.importing.limits import Holders, UnknownBucket

QUARTER = timedelta(minutes=15)
ME = Holders("x", "x:team:1", "x:connection:1", "x:source:1")
OTHER_TEAM = Holders("x", "x:team:2", "x:connection:2", "x:source:2")


def reserve(database, declared, cost, clock, holders=ME):
    with database.write() as conn:
        return limits.reserve(conn, declared, cost, holders, clock())


def test_units_are_free_until_they_are_used_up_and_again_after_the_period(database, clock):
    declared = [Limit("search", 2, QUARTER)]
    first = clock()

    assert reserve(database, declared, {"search": 1}, clock) is None
    clock.advance(timedelta(minutes=10))
    assert reserve(database, declared, {"search": 1}, clock) is None
    assert reserve(database, declared, {"search": 1}, clock) == first + QUARTER
    clock.set(first + QUARTER)
    assert reserve(database, declared, {"search": 2}, clock) is None


def test_bucket_that_is_full_lets_none_be_taken(database, clock):
    declared = [Limit("a", 1, QUARTER), Limit("b", 5, timedelta(hours=1))]
    reserve(database, declared, {"a": 1}, clock)

    assert reserve(database, declared, {"a": 1, "b": 5}, clock) == clock() + QUARTER
    assert reserve(database, declared, {"b": 5}, clock) is None
    until = reserve(database, declared, {"a": 1, "b": 1}, clock)
    assert until == clock() + timedelta(hours=1), "the first moment at which every bucket fits"


@pytest.mark.parametrize(
    ("scope", "shared"), [(Scope.APP, True), (Scope.TEAM, False), (Scope.CREDENTIAL, False)]
)
def test_limit_counts_by_its_scope(database, clock, scope, shared):
    declared = [Limit("search", 1, QUARTER, scope)]
    reserve(database, declared, {"search": 1}, clock)

    assert (reserve(database, declared, {"search": 1}, clock, OTHER_TEAM) is not None) is shared


def test_what_the_network_says_counts_more_than_what_we_counted(database, clock):
    declared = [Limit("search", 100, QUARTER)]
    reserve(database, declared, {"search": 1}, clock)
    until = clock() + timedelta(minutes=3)
    with database.write() as conn:
        limits.observe(conn, [LimitSeen("search", 1, until)], declared, ME)

    assert reserve(database, declared, {"search": 1}, clock) is None
    assert reserve(database, declared, {"search": 1}, clock) == until


def test_page_that_costs_more_than_a_period_holds_goes_at_its_beginning(database, clock):
    declared = [Limit("search", 3, QUARTER)]

    assert reserve(database, declared, {"search": 10}, clock) is None
    assert reserve(database, declared, {"search": 1}, clock) is not None


def test_unknown_bucket_is_refused_and_nothing_is_reserved(database, clock):
    declared = [Limit("search", 1, QUARTER)]
    with pytest.raises(UnknownBucket, match="serach"):
        reserve(database, declared, {"search": 1, "serach": 1}, clock)

    assert reserve(database, declared, {"search": 1}, clock) is None


def test_limit_of_different_keys_is_not_counted_in_calls(database, clock):
    declared = [Limit("hashtags", 1, timedelta(days=7), distinct=True)]

    assert [reserve(database, declared, {"hashtags": 1}, clock) for _ in range(5)] == [None] * 5
