"""What operators and teams do to plugins."""

from datetime import timedelta

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from tombola.api import Config, Forbidden, Invalid, NotFound, PluginFailed, Settings
from tombola.plans import plugin_acts
from tombola.plugins import quarantine
from tombola.plugins.models import setting
from tombola.plugins.switches import Scope
from tombola.queue import tasks
from tombola.teams.models import audit
from tombola.teams.rules import Actor, Role
from tombola.testing.plugins import make_plugin


class Operator(Config):
    token: SecretStr | None = None
    address: str = "https://api.example"


class Team(Config):
    token: SecretStr | None = None


@pytest.fixture
def setup_inst(site):
    plugin = make_plugin("net", register_settings=lambda: Settings(Operator, Team))
    return site(plugin)


def acts(inst):
    with inst.db.read() as conn:
        return [row.act for row in conn.execute(select(audit).order_by(audit.c.seq))]


def test_the_operator_sees_every_plugin_with_what_became_of_it(setup_inst, operator, team_on):
    with pytest.raises(PluginFailed):
        setup_inst.plugins.call("net", None, "view", lambda _: 1 / 0)
    found = {view.slug: view for view in plugin_acts.installed(setup_inst, operator)}
    assert sorted(found) == ["demo", "net"]
    assert found["demo"].offers == ["demo.visit"]
    assert found["net"].has_settings
    assert "ZeroDivisionError" in found["net"].faults[0].error
    with pytest.raises(Forbidden):
        plugin_acts.installed(setup_inst, team_on("free"))


def test_switches_belong_to_operator_or_team(setup_inst, operator, team_on):
    owner, other = team_on("free"), team_on("pro")
    mine = str(owner.team_id)
    viewer = Actor(owner.team_id, owner.team_uid, None, "V", Role.VIEWER)
    plugin_acts.switch(setup_inst, operator, "demo", Scope.PLAN, "free", on=False)
    assert setup_inst.plugins.why_not("demo", owner)
    plugin_acts.switch(setup_inst, operator, "demo", Scope.PLAN, "free", on=None)
    assert setup_inst.plugins.why_not("demo", owner) is None
    plugin_acts.switch(setup_inst, owner, "demo", Scope.TEAM, mine, on=False)
    assert setup_inst.plugins.why_not("demo", owner)
    for actor, scope, scope_id in [
        (owner, Scope.INSTALLATION, ""),
        (owner, Scope.PLAN, "free"),
        (other, Scope.TEAM, mine),
        (viewer, Scope.TEAM, mine),
    ]:
        with pytest.raises(Forbidden):
            plugin_acts.switch(setup_inst, actor, "demo", scope, scope_id, on=True)
    with pytest.raises(NotFound):
        plugin_acts.switch(setup_inst, operator, "gone", Scope.INSTALLATION, "", on=True)
    assert acts(setup_inst).count("plugin.switched") == 3


def save(inst, actor, scope, scope_id="", **values):
    return plugin_acts.save_settings(inst, actor, "net", scope, scope_id, values)


def test_settings_are_sealed_audited_without_values_and_kept_when_empty(setup_inst, operator):
    save(setup_inst, operator, Scope.INSTALLATION, token="canary-1", address="https://a.example")
    save(setup_inst, operator, Scope.INSTALLATION, token="", address="https://b.example")
    found = plugin_acts.settings_of(setup_inst, operator, "net", Scope.INSTALLATION)
    assert isinstance(found, Operator)
    assert found.token is not None
    assert (found.token.get_secret_value(), found.address) == ("canary-1", "https://b.example")
    with setup_inst.db.read() as conn:
        stored = str(conn.execute(select(setting)).all()) + str(conn.execute(select(audit)).all())
    assert "canary" not in stored
    assert "canary" not in repr(found)


def test_a_teams_settings_are_its_owners(setup_inst, operator, team_on):
    owner, other = team_on("free"), team_on("pro")
    mine = str(owner.team_id)
    save(setup_inst, owner, Scope.TEAM, mine, token="own")
    editor = Actor(owner.team_id, owner.team_uid, None, "E", Role.EDITOR)
    for actor, scope, scope_id in [
        (editor, Scope.TEAM, mine),
        (other, Scope.TEAM, mine),
        (owner, Scope.INSTALLATION, ""),
    ]:
        with pytest.raises(Forbidden):
            save(setup_inst, actor, scope, scope_id, token="x")
    resolved = setup_inst.plugins.call("net", owner, "t", lambda ctx: ctx.settings(Operator))
    assert resolved.token.get_secret_value() == "own"


def test_settings_that_do_not_fit_are_refused_by_field(setup_inst, operator):
    with pytest.raises(Invalid) as raised:
        save(setup_inst, operator, Scope.INSTALLATION, address=[], extra="x")
    assert sorted(raised.value.errors) == ["address", "extra"]
    with pytest.raises(NotFound):
        plugin_acts.save_settings(setup_inst, operator, "demo", Scope.INSTALLATION, "", {})


def test_the_operator_ends_a_quarantine(setup_inst, operator, team_on):
    for _ in range(quarantine.LIMIT):
        with pytest.raises(PluginFailed):
            setup_inst.plugins.call("net", None, "view", lambda _: 1 / 0)
    assert setup_inst.plugins.why_not("net", None)
    with pytest.raises(Forbidden):
        plugin_acts.wake(setup_inst, team_on("free"), "net", 0)
    plugin_acts.wake(setup_inst, operator, "net", 0)
    plugin_acts.wake(setup_inst, operator, "net", 0)
    assert setup_inst.plugins.why_not("net", None) is None
    assert acts(setup_inst).count("plugin.released") == 1


def test_after_the_operators_act_the_next_fault_is_the_first_again(setup_inst, operator, team_on):
    for team in (None, team_on("pro")):
        for _ in range(quarantine.LIMIT):
            with pytest.raises(PluginFailed):
                setup_inst.plugins.call("net", team, "view", lambda _: 1 / 0)
    with setup_inst.db.write() as conn:
        tasks.put(conn, "webhook", "1", setup_inst.clock())
    (held,) = tasks.claim(
        setup_inst.db, "webhook", limit=1, lease=timedelta(1), now=setup_inst.clock(), owner="me"
    )
    with setup_inst.db.write() as conn:
        tasks.park(conn, held, "net rests", now=setup_inst.clock())
    plugin_acts.wake(setup_inst, operator, "net", 0)
    with setup_inst.db.read() as conn:
        assert tasks.due_kinds(conn, setup_inst.clock()) == {"webhook": 1}
    for _ in range(quarantine.LIMIT - 1):
        with pytest.raises(PluginFailed):
            setup_inst.plugins.call("net", None, "view", lambda _: 1 / 0)
    assert setup_inst.plugins.why_not("net", None) is None
    assert setup_inst.plugins.why_not("net", team) is not None
