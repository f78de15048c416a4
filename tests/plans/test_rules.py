import pytest
from hypothesis import given
from hypothesis import strategies as st

from tombola.api import Allowed, Denied, Feature
from tombola.plans.rules import FIRST_PLANS, Line, decide, included

ORDER = {key: n for n, (key, _) in enumerate(FIRST_PLANS)}


@pytest.mark.parametrize("first", ORDER)
@pytest.mark.parametrize("plan", ORDER)
def test_a_feature_is_in_its_plan_and_all_above(first, plan):
    line = included(Feature("a.b", "B", plan=first), plan, None, ORDER)
    assert line.enabled is (ORDER[plan] >= ORDER[first])


@pytest.mark.parametrize("enabled", [True, False])
@pytest.mark.parametrize("plan", ORDER)
def test_the_operators_decision_wins(plan, enabled):
    feature = Feature("a.b", "B", plan="premium")
    assert included(feature, plan, Line(enabled), ORDER).enabled is enabled


def test_a_feature_of_a_plan_that_is_gone_is_in_none():
    assert not included(Feature("a.b", "B", plan="pro"), "free", None, {"free": 0}).enabled
    assert not included(Feature("a.b", "B", plan="free"), "gone", None, ORDER).enabled


def test_quotas_come_from_the_operator_or_the_feature():
    feature = Feature("a.b", "B", plan="free", quota=True, default=3)
    assert included(feature, "free", None, ORDER).quota == 3
    assert included(feature, "free", Line(enabled=True), ORDER).quota == 3
    assert included(feature, "free", Line(enabled=True, quota=0), ORDER).quota == 0
    plain = Feature("a.b", "B", plan="free")
    assert included(plain, "free", Line(enabled=True, quota=7), ORDER).quota is None


@given(st.integers(0, 20), st.integers(1, 20), st.integers(0, 20))
def test_a_quota_is_never_overshot(quota, amount, used):
    answer = decide(
        Feature("a.b", "B", quota=True), "Free", Line(enabled=True, quota=quota), amount, used
    )
    if used + amount <= quota:
        assert answer == Allowed(quota - used - amount)
    else:
        assert isinstance(answer, Denied)


def test_what_is_not_included_is_denied_in_words():
    answer = decide(Feature("a.b", "Bees"), "Pro", Line(enabled=False), 1, 0)
    assert isinstance(answer, Denied)
    assert (str(answer.reason), answer.by) == ("“Bees” is not part of the plan Pro.", "plan")
