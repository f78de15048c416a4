"""The one function that pages, workers and plugins ask, and the operator's table."""

import pytest
from sqlalchemy import select

from tombola.api import Allowed, Denied, Forbidden, Invalid, NotAllowed, NotFound
from tombola.plans import service
from tombola.plans.models import plan
from tombola.plans.service import PlanLine
from tombola.plugins import switches
from tombola.plugins.switches import Scope
from tombola.teams.models import audit
from tombola.testing.plugins import make_plugin


def test_the_first_plans_are_made_once(inst):
    with inst.db.write() as conn:
        service.ensure_first_plans(conn)
        service.ensure_first_plans(conn)
        assert conn.execute(select(plan.c.title).order_by(plan.c.position)).scalars().all() == [
            "Free",
            "Pro",
            "Business",
            "Premium",
        ]


def test_plans_that_the_operator_has_changed_are_left_alone(inst):
    with inst.db.write() as conn:
        conn.execute(plan.delete().where(plan.c.key == "premium"))
        service.ensure_first_plans(conn)
    assert [each.key for each in service.plans(inst)] == ["free", "pro", "business"]


@pytest.mark.parametrize(
    ("plan_key", "feature", "allowed"),
    [
        ("free", "demo.visit", False),
        ("pro", "demo.visit", False),
        ("business", "demo.visit", True),
        ("premium", "demo.visit", True),
        ("business", "demo.look", True),
        ("free", "demo.look", False),
        ("free", "demo.free", True),
        ("free", "demo.sources", False),
        ("pro", "demo.sources", True),
    ],
)
def test_every_action_type_is_a_feature_and_begins_with_business(
    site, team_on, plan_key, feature, allowed
):
    answer = service.allows(site(), team_on(plan_key).team_id, feature)
    assert isinstance(answer, Allowed) is allowed


def test_the_operators_table_switches_each_feature_per_plan(site, team_on, operator):
    inst, free, business = site(), team_on("free"), team_on("business")
    service.set_feature(inst, operator, "free", "demo.visit", PlanLine(enabled=True))
    service.set_feature(inst, operator, "business", "demo.visit", PlanLine(enabled=False))
    assert isinstance(service.allows(inst, free.team_id, "demo.visit"), Allowed)
    assert isinstance(service.allows(inst, business.team_id, "demo.visit"), Denied)
    service.set_feature(inst, operator, "free", "demo.visit", PlanLine(enabled=None))
    assert isinstance(service.allows(inst, free.team_id, "demo.visit"), Denied)


def test_a_decision_under_a_former_key_is_the_present_ones(site, team_on, operator):
    inst, free = site(), team_on("free")
    service.set_feature(inst, operator, "free", "demo.look", PlanLine(enabled=True))
    assert isinstance(service.allows(inst, free.team_id, "demo.visit"), Allowed)


def test_quotas_count_what_the_caller_uses(site, team_on, operator):
    inst, pro = site(), team_on("pro")
    assert service.allows(inst, pro.team_id, "demo.sources", 2, used=1) == Allowed(0)
    assert isinstance(service.allows(inst, pro.team_id, "demo.sources", 1, used=3), Denied)
    service.set_feature(inst, operator, "pro", "demo.sources", PlanLine(enabled=True, quota=9))
    assert service.allows(inst, pro.team_id, "demo.sources", 1, used=3) == Allowed(5)


def test_the_table_shows_defaults_and_decisions(site, operator):
    inst = site()
    service.set_feature(inst, operator, "free", "demo.sources", PlanLine(enabled=True, quota=1))
    table = service.table(inst, operator)
    assert [each.key for each in table.plans] == ["free", "pro", "business", "premium"]
    rows = {row.key: row for row in table.rows}
    assert sorted(rows) == ["demo.free", "demo.sources", "demo.visit"]
    assert rows["demo.sources"].cells["free"].model_dump() == {
        "enabled": True,
        "quota": 1,
        "chosen": True,
    }
    assert rows["demo.sources"].cells["pro"].quota == 3
    assert [rows["demo.visit"].cells[key].enabled for key in ("pro", "business")] == [False, True]


def test_deciding_is_the_operators_and_leaves_a_record(site, operator, team_on, inst):
    with pytest.raises(Forbidden):
        service.set_feature(site(), team_on("free"), "free", "demo.visit", PlanLine(enabled=True))
    with pytest.raises(Forbidden):
        service.table(site(), team_on("free"))
    service.set_feature(site(), operator, "free", "demo.visit", PlanLine(enabled=True))
    with inst.db.read() as conn:
        found = conn.execute(select(audit).where(audit.c.act == "plan.feature_set")).one()
    assert (found.subject, found.detail["feature"]) == ("free", "demo.visit")


@pytest.mark.parametrize(
    ("plan_key", "feature", "line", "error"),
    [
        ("gone", "demo.visit", PlanLine(enabled=True), NotFound),
        ("free", "demo.gone", PlanLine(enabled=True), NotFound),
        ("free", "demo.visit", PlanLine(enabled=True, quota=1), Invalid),
        ("free", "demo.sources", PlanLine(enabled=True, quota=-1), Invalid),
    ],
)
def test_decisions_about_nothing_are_refused(site, operator, plan_key, feature, line, error):
    with pytest.raises(error):
        service.set_feature(site(), operator, plan_key, feature, line)


def test_a_switch_denies_before_the_plan_is_asked(site, team_on, inst):
    actor = team_on("premium")
    with inst.db.write() as conn:
        switches.turn(conn, Scope.TEAM, str(actor.team_id), "demo", on=False)
    answer = service.allows(site(), actor.team_id, "demo.visit")
    assert isinstance(answer, Denied)
    assert answer.by == "switch"


def test_features_of_nobody_are_denied(site, team_on):
    actor = team_on("premium")
    for feature in ("gone.visit", "demo.gone", "demo"):
        assert isinstance(service.allows(site(), actor.team_id, feature), Denied)


def test_an_unknown_team_is_an_error(site):
    with pytest.raises(NotFound):
        service.allows(site(), 999, "demo.visit")


def test_a_plugins_denial_is_shown_with_its_reason(site, team_on):
    asked = []

    def gate(feature, plan, team_id, amount):
        asked.append((feature, plan, amount))
        return Denied("The invoice is overdue.") if plan == "business" else None

    inst = site(make_plugin("billing", gate_feature=gate))
    answer = service.allows(inst, team_on("business").team_id, "demo.look", 2)
    assert answer == Denied("The invoice is overdue.", "billing")
    assert asked == [("demo.visit", "business", 2)]
    assert isinstance(service.allows(inst, team_on("premium").team_id, "demo.visit"), Allowed)
    with pytest.raises(NotAllowed, match="overdue"):
        service.need(inst, team_on("business").team_id, "demo.visit")


def test_gates_are_not_asked_about_what_the_plan_denies(site, team_on):
    asked = []

    def gate(feature):
        asked.append(feature)

    inst = site(make_plugin("billing", gate_feature=gate))
    service.allows(inst, team_on("free").team_id, "demo.visit")
    assert asked == []


def test_a_broken_gate_denies_what_is_new_and_allows_what_runs(site, team_on):
    def gate(feature):
        raise RuntimeError("billing is down")

    inst, actor = site(make_plugin("billing", gate_feature=gate)), team_on("business")
    assert isinstance(service.allows(inst, actor.team_id, "demo.visit"), Denied)
    assert isinstance(service.allows(inst, actor.team_id, "demo.visit", running=True), Allowed)


def test_a_plugin_asks_the_same_function_through_its_ctx(site, team_on):
    inst, free = site(), team_on("free")
    answer = inst.plugins.call("demo", free, "test", lambda ctx: ctx.allows("demo.visit"))
    assert isinstance(answer, Denied)
