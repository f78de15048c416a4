"""Hostile plugins at run time (F40 to F43, F47): each call alone, on time, behind a boundary."""

import threading
import time
from datetime import timedelta

import pytest
from pydantic import BaseModel
from sqlalchemy import func, select, text

from tombola.api import (
    Denied,
    HttpRefused,
    Invalid,
    Job,
    PluginFailed,
    PluginUnavailable,
    Throttled,
)
from tombola.plugins import quarantine, switches
from tombola.plugins.ctx import CallOver, RuleBroken
from tombola.plugins.models import plugin_fault, plugin_kv
from tombola.plugins.switches import Scope
from tombola.testing.plugins import make_plugin

SOON = timedelta(seconds=0.2)


class Odd(BaseException):
    def __str__(self):
        raise RuntimeError("not even printable")


def raising(error):
    def work(_ctx):
        raise error

    return work


@pytest.mark.parametrize(
    "error", [ValueError("x"), SystemExit(1), KeyboardInterrupt(), Odd(), GeneratorExit()]
)
def test_whatever_a_plugin_raises_is_recorded_and_becomes_one_error(build, inst, team, error):
    plugins = build(make_plugin("demo"))
    with pytest.raises(PluginFailed) as raised:
        plugins.call("demo", team, "view", raising(error))
    with inst.db.read() as conn:
        (fault,) = quarantine.faults(conn, "demo")
    assert fault.correlation == raised.value.correlation
    assert (fault.team_id, fault.place, fault.version) == (team.team_id, "view", "0")
    assert type(error).__name__ in fault.error


def test_errors_of_the_contract_pass_as_they_are(build, inst, team):
    plugins = build(make_plugin("demo"))
    error = Throttled("search", inst.clock())
    with pytest.raises(Throttled):
        plugins.call("demo", team, "fetch", raising(error), passes=(Throttled,))
    with pytest.raises(PluginFailed):
        plugins.call("demo", team, "fetch", raising(error), passes=(Invalid,))


def test_a_call_by_any_of_its_keys_is_the_plugins(build, team):
    plugins = build(make_plugin("demo"))
    assert plugins.call("demo.anything", team, "view", lambda ctx: ctx.team_id) == team.team_uid
    with pytest.raises(PluginUnavailable, match="not installed"):
        plugins.call("other.thing", team, "view", lambda _: None)


def test_a_hanging_plugin_is_given_up_at_its_deadline(build, team):
    plugins = build(make_plugin("demo"))
    released = threading.Event()
    started = time.monotonic()
    with pytest.raises(PluginFailed, match="no answer within"):
        plugins.call("demo", team, "view", lambda _: released.wait(30), deadline=SOON)
    assert time.monotonic() - started < 5
    released.set()


def test_an_abandoned_call_can_write_nothing_and_holds_no_lock(build, inst, team):
    plugins = build(make_plugin("demo"))
    in_transaction, released, ended = threading.Event(), threading.Event(), threading.Event()
    raised = []

    def work(ctx):
        try:
            with ctx.db() as db:
                ctx.kv.put("inside", 1)
                in_transaction.set()
                released.wait(30)
                db.execute(text("SELECT 1"))
        except BaseException as error:  # noqa: BLE001 - judged below
            raised.append(error)
        ended.set()

    with pytest.raises(PluginFailed):
        plugins.call("demo", team, "view", work, deadline=SOON)
    assert in_transaction.is_set()
    with inst.db.write() as conn:  # would wait for the abandoned transaction's lock
        assert conn.execute(select(func.count()).select_from(plugin_kv)).scalar_one() == 0
    released.set()
    assert ended.wait(10)
    assert isinstance(raised[0], CallOver)
    with inst.db.read() as conn:
        assert conn.execute(select(func.count()).select_from(plugin_kv)).scalar_one() == 0


def test_a_ctx_is_dead_after_its_call(build, team):
    plugins = build(make_plugin("demo"))
    kept = plugins.call("demo", team, "view", lambda ctx: ctx)
    for use in (
        lambda: kept.kv.get("a"),
        lambda: kept.http.get("http://example.com"),
        lambda: kept.secret("a"),
        lambda: kept.db().__enter__(),
        lambda: kept.enqueue("demo.job"),
    ):
        with pytest.raises(CallOver):
            use()


def test_too_many_faults_put_it_to_rest_for_that_team_alone(build, team, clock):
    plugins = build(make_plugin("demo"))
    for _ in range(quarantine.LIMIT):
        with pytest.raises(PluginFailed):
            plugins.call("demo", team, "view", raising(ValueError("x")))
    with pytest.raises(PluginUnavailable, match="failed too often"):
        plugins.call("demo", team, "view", lambda _: 1)
    assert plugins.call("demo", None, "view", lambda _: 1) == 1


def test_faults_far_apart_put_nothing_to_rest(build, team, clock):
    plugins = build(make_plugin("demo"))
    for _ in range(3 * quarantine.LIMIT):
        clock.advance(quarantine.WINDOW / 2)
        with pytest.raises(PluginFailed):
            plugins.call("demo", team, "view", raising(ValueError("x")))
    assert plugins.call("demo", team, "view", lambda _: 1) == 1


def exhaust(plugins, team):
    for _ in range(quarantine.LIMIT):
        with pytest.raises(PluginFailed):
            plugins.call("demo", team, "view", raising(ValueError("x")))


def test_after_a_rest_one_call_tries_and_brings_it_back(build, inst, team, clock):
    plugins = build(make_plugin("demo"))
    exhaust(plugins, team)
    clock.advance(quarantine.FIRST_REST)
    inside = []

    def trial(_ctx):
        with pytest.raises(PluginUnavailable):  # anybody else still waits
            plugins.call("demo", team, "view", lambda _: 1)
        inside.append(1)
        return 2

    assert plugins.call("demo", team, "view", trial) == 2
    assert inside
    assert plugins.call("demo", team, "view", lambda _: 3) == 3


def test_a_trial_that_fails_makes_the_rest_longer(build, inst, team, clock):
    plugins = build(make_plugin("demo"))
    exhaust(plugins, team)
    rests = []
    for _ in range(12):
        with inst.db.read() as conn:
            rest = quarantine.rests(conn)[0]
        rests.append(rest.retry_at - clock())
        clock.set(rest.retry_at)
        with pytest.raises(PluginFailed):
            plugins.call("demo", team, "view", raising(ValueError("x")))
    assert rests == sorted(rests)
    assert rests[0] == quarantine.FIRST_REST
    assert rests[-1] == quarantine.LONGEST_REST


def test_one_plugins_failure_does_not_stop_the_others(build, team):
    heard = []

    def bad(entries):
        raise SystemExit(3)

    def good(entries):
        heard.append(entries)

    plugins = build(
        make_plugin("bad", on_entries_recorded=bad), make_plugin("good", on_entries_recorded=good)
    )
    assert plugins.listeners("on_entries_recorded") == ["bad", "good"]
    with pytest.raises(PluginFailed):
        plugins.tell("bad", "on_entries_recorded", team, entries=["e"], campaign=None)
    plugins.tell("good", "on_entries_recorded", team, entries=["e"], campaign=None)
    assert heard == [["e"]]


def test_a_hook_takes_any_of_its_arguments_and_its_defaults(build, team):
    heard = []

    def gate(feature, ctx, amount=9):
        heard.append((feature, ctx.team_id, amount))

    plugins = build(make_plugin("demo", gate_feature=gate))
    assert plugins.ask_feature(team, "pro", "demo.visit", 3) is None
    assert heard == [("demo.visit", team.team_uid, 3)]


def test_the_first_denial_wins_and_is_signed_by_the_core(build, team):
    plugins = build(
        make_plugin("a", gate_feature=lambda feature: None),
        make_plugin("b", gate_feature=lambda feature: Denied("overdue", by="forged")),
        make_plugin("c", gate_feature=lambda feature: Denied("later")),
    )
    assert plugins.ask_feature(team, "pro", "demo.visit") == Denied("overdue", "b")


def failing_gate(feature):
    raise RuntimeError("billing is down")


@pytest.mark.parametrize(
    ("running", "fails_open", "denied"),
    [(False, True, True), (True, True, False), (True, False, True), (False, False, True)],
)
def test_a_gate_that_fails_denies_what_is_new_and_allows_what_runs(
    build, inst, team, running, fails_open, denied
):
    plugins = build(make_plugin("bill", gate_feature=failing_gate), gates_fail_open=fails_open)
    answer = plugins.ask_feature(team, "pro", "demo.visit", running=running)
    assert isinstance(answer, Denied) is denied
    with inst.db.read() as conn:
        assert len(quarantine.faults(conn, "bill")) == 1  # the alert


@pytest.mark.parametrize(
    ("running", "fails_open", "denied"),
    [(False, True, True), (True, True, False), (True, False, True), (False, False, True)],
)
def test_a_gate_that_rests_denies_what_is_new_until_it_is_switched_off(
    build, inst, team, running, fails_open, denied
):
    plugins = build(make_plugin("bill", gate_feature=failing_gate), gates_fail_open=fails_open)
    for _ in range(quarantine.LIMIT):
        plugins.ask_feature(team, "pro", "demo.visit")
    answer = plugins.ask_feature(team, "pro", "demo.visit", running=running)
    assert isinstance(answer, Denied) is denied
    if denied:
        assert str(answer.reason) == "A check of bill is resting; try again later."
        assert answer.by == "bill"
    with inst.db.write() as conn:
        switches.turn(conn, Scope.INSTALLATION, "", "bill", on=False)
    assert plugins.ask_feature(team, "pro", "demo.visit", running=running) is None


def test_gates_of_entries_answer_for_each_draft(build, team):
    plugins = build(
        make_plugin("a", gate_entries=lambda drafts: [None, Denied("one"), None]),
        make_plugin("b", gate_entries=lambda drafts: [None, Denied("two"), Denied("three")]),
        make_plugin("abstains", gate_entries=lambda drafts: None),
    )
    answers = plugins.ask_entries(team, [1, 2, 3], None)
    assert answers == [None, Denied("one", "a"), Denied("three", "b")]


@pytest.mark.parametrize("answer", [[], [None], "xx", 7, [Denied("x")] * 3])
def test_a_gate_that_answers_for_others_is_a_fault_and_allows(build, inst, team, answer):
    plugins = build(make_plugin("odd", gate_entries=lambda drafts: answer))
    expected = 0 if answer == "xx" else 1
    assert plugins.ask_entries(team, [1, 2], None) == [None, None]
    with inst.db.read() as conn:
        assert len(quarantine.faults(conn, "odd")) == expected


@pytest.mark.parametrize("scope", list(Scope))
def test_a_plugin_switched_off_is_not_called(build, inst, team, scope):
    plugins = build(make_plugin("demo", gate_feature=lambda feature: Denied("no")))
    places = {"installation": "", "plan": "business", "team": str(team.team_id), "campaign": "5"}
    with inst.db.write() as conn:
        switches.turn(conn, scope, places[scope], "demo", on=False)
    if scope is Scope.CAMPAIGN:
        assert plugins.why_not("demo", team) is None
        assert plugins.why_not("demo", team, 5)
        return
    with pytest.raises(PluginUnavailable):
        plugins.call("demo", team, "view", lambda _: 1)
    assert plugins.ask_feature(team, "business", "x.y") is None
    with inst.db.write() as conn:
        switches.turn(conn, scope, places[scope], "demo", on=None)
    assert plugins.call("demo", team, "view", lambda _: 1) == 1


def test_a_switch_of_another_team_or_plan_changes_nothing(build, inst, team):
    plugins = build(make_plugin("demo"))
    with inst.db.write() as conn:
        switches.turn(conn, Scope.TEAM, str(team.team_id + 1), "demo", on=False)
        switches.turn(conn, Scope.PLAN, "free", "demo", on=False)
        switches.turn(conn, Scope.INSTALLATION, "", "other", on=False)
    assert plugins.call("demo", team, "view", lambda _: 1) == 1


def test_the_network_is_refused_inside_a_transaction(build, team):
    plugins = build(make_plugin("demo"))

    def work(ctx):
        http = ctx.http
        with ctx.db(), pytest.raises(HttpRefused, match="fetch first"):
            http.get("http://example.com/")
        return "done"

    assert plugins.call("demo", team, "view", work) == "done"


@pytest.mark.parametrize("statement", ["COMMIT", " rollback", "BEGIN", "Savepoint x", "release x"])
def test_a_plugin_cannot_end_the_cores_transaction(build, team, statement):
    plugins = build(make_plugin("demo"))

    def work(ctx):
        with ctx.db() as db, pytest.raises(RuleBroken, match="only executes"):
            db.execute(text(statement))
        with ctx.db() as db:
            assert not hasattr(db, "commit")
            assert not hasattr(db, "rollback")
        return True

    assert plugins.call("demo", team, "view", work)


def test_what_a_failing_transaction_wrote_is_undone_with_its_jobs(build, inst, team):
    job = Job("demo.job", BaseModel, lambda ctx, payload: None)
    plugins = build(make_plugin("demo", register_jobs=lambda: [job]))

    def work(ctx):
        with ctx.db():
            ctx.kv.put("a", 1)
            ctx.enqueue("demo.job")
            raise ValueError("late")

    with pytest.raises(PluginFailed, match="ValueError: late"):
        plugins.call("demo", team, "view", work)
    with inst.db.read() as conn:
        assert conn.execute(select(func.count()).select_from(plugin_kv)).scalar_one() == 0
        assert conn.execute(text("SELECT count(*) FROM task")).scalar_one() == 0


def test_old_faults_are_forgotten(build, inst, team, clock):
    plugins = build(make_plugin("demo"))
    with pytest.raises(PluginFailed):
        plugins.call("demo", team, "view", raising(ValueError("old")))
    clock.advance(quarantine.KEPT + timedelta(seconds=1))
    with pytest.raises(PluginFailed):
        plugins.call("demo", team, "view", raising(ValueError("new")))
    with inst.db.read() as conn:
        assert conn.execute(select(plugin_fault.c.error)).scalars().all() == ["ValueError: new"]
