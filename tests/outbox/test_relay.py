"""The outbox: what happened is told to each listener, alone, again and again until it is heard."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from tombola.api import EntryDraft, Identity
from tombola.campaigns.models import action
from tombola.campaigns.rules import CampaignForm
from tombola.campaigns.service import create
from tombola.db import new_uid
from tombola.db.rows import insert_one
from tombola.entrants.service import resolve
from tombola.entries import editing
from tombola.entries.events import READERS
from tombola.entries.linking import recognise
from tombola.entries.models import entry
from tombola.entries.record import load_rules, record
from tombola.entries.service import revoke
from tombola.outbox.jobs import ERASURE, SWEEP, Told, kinds
from tombola.outbox.models import outbox
from tombola.outbox.service import announce
from tombola.plugins.registry import Plugins
from tombola.plugins.states import Plugin, State
from tombola.queue import runner
from tombola.queue.kinds import House, Kinds
from tombola.queue.models import task
from tombola.queue.reconciler import settle_in, tick
from tombola.teams import service as teams
from tombola.teams.rules import Actor, Role
from tombola.testing.plugins import make_plugin


class Listener:
    """Keeps what it is told; ``failing`` times it fails first."""

    def __init__(self, failing=0):
        self.heard = []
        self.failing = failing

    def plugin(self, slug, **more):
        def on_entries_recorded(entries, campaign):
            self._hear("recorded", entries, campaign.title)

        def on_entries_revoked(entries, reason):
            self._hear("revoked", entries, reason)

        def on_identity_linked(entrant_id, identity):
            self._hear("linked", entrant_id, identity)

        def on_campaign_changed(campaign, changes):
            self._hear("changed", campaign.key, [change.field for change in changes])

        return make_plugin(
            slug,
            on_entries_recorded=on_entries_recorded,
            on_entries_revoked=on_entries_revoked,
            on_identity_linked=on_identity_linked,
            on_campaign_changed=on_campaign_changed,
            **more,
        )

    def _hear(self, *what):
        if self.failing:
            self.failing -= 1
            raise RuntimeError("not now")
        self.heard.append(what)


def _erasure(_conn, row):
    return Told({"entrant_id": row["payload"]["entrant"], "team_id": "team"})


def eraser(erased):
    def on_entrant_erased(entrant_id):
        erased.append(entrant_id)

    return on_entrant_erased


def out_of_order(slug, state):
    """A plugin of which no hook is known."""
    ill = Plugin(slug, slug, f"tombola-{slug}", "1")
    ill.state = state
    return ill


class Site:
    def __init__(self, inst, clock, *listeners):
        plugins = [listener.plugin(f"ear{n}") for n, listener in enumerate(listeners)]
        self.inst = inst
        self.clock = clock
        self.use(*plugins)
        operator = Actor(0, "", None, "Op", Role.OWNER, operator=True)
        made = teams.create_team(inst, operator, teams.NewTeam(name="Team One"))
        self.actor = Actor(made.id, made.uid, None, "Ada", Role.OWNER)
        self.campaign = create(self.inst, self.actor, self.form())
        with inst.db.write() as conn:
            self.action_id = insert_one(
                conn, action, uid=new_uid(clock()), team_id=made.id,
                campaign_id=self.campaign.id, type_key="a.b", title="A", description="",
                config={}, config_version=1, interval="unlimited", worth=2, position=1,
                mandatory=False, created_at=clock(),
            )  # fmt: skip

    def use(self, *plugins):
        """Go on with other plugins, as after a new start."""
        self.inst = replace(self.inst, plugins=Plugins(plugins, self.inst.plugins.world))
        self.house = House(self.inst, Kinds(kinds(READERS | {ERASURE: _erasure})))

    def form(self, days=1):
        now = self.clock()
        ends = now + timedelta(days=days)
        return CampaignForm(title="Summer", starts_at=now - timedelta(days=1), ends_at=ends)

    def enter(self, *keys, fails=False):
        now = self.clock()
        with self.inst.db.write() as conn:
            who = resolve(conn, self.actor.team_id, [Identity("net.x", "1", "ada")], now)
            known = who["net.x", "1"]
            drafts = [
                EntryDraft(self.action_id, known.id, known.entrant_id, key, "test") for key in keys
            ]
            record(conn, drafts, load_rules(conn, self.campaign.id), now)
            if fails:
                raise ZeroDivisionError

    def work(self):
        """Reconciler and worker, until nothing is due any more."""
        while due := tick(self.house):
            for kind in due:
                runner.run(self.house, self.house.kinds[kind])


def test_each_listener_hears_of_a_set_once(inst, clock):
    one, two = Listener(), Listener()
    site = Site(inst, clock, one, two)
    site.enter("a", "b")
    site.work()
    site.work()
    for listener in (one, two):
        [(what, entries, title)] = listener.heard
        assert (what, title) == ("recorded", "Summer")
        assert [(each.worth, each.identity.handle) for each in entries] == [(2, "ada")] * 2


def test_a_failing_listener_is_told_again_and_delays_nobody(inst, clock):
    deaf, quick = Listener(failing=2), Listener()
    site = Site(inst, clock, deaf, quick)
    site.enter("a")
    site.work()
    assert (len(quick.heard), len(deaf.heard)) == (1, 0)
    for _ in range(5):
        clock.advance(timedelta(minutes=30))
        site.work()
    assert (len(quick.heard), len(deaf.heard)) == (1, 1)


def test_what_is_rolled_back_is_never_told(inst, clock):
    listener = Listener()
    site = Site(inst, clock, listener)
    with pytest.raises(ZeroDivisionError):
        site.enter("a", fails=True)
    site.work()
    assert listener.heard == []


def test_revokes_links_and_changes_are_told(inst, clock):
    listener = Listener()
    site = Site(inst, clock, listener)
    site.enter("a")
    with inst.db.read() as conn:
        uid = conn.execute(select(entry.c.uid)).scalar_one()
    revoke(site.inst, site.actor, site.campaign.uid, [uid], "a bot")
    with inst.db.write() as conn:
        other = resolve(conn, site.actor.team_id, [Identity("net.y", "7")], clock())["net.y", "7"]
        seen = Identity("net.x", "1", "ada")
        recognise(conn, site.actor.team_id, other.entrant_id, seen, clock(), consented=True)
    editing.update_campaign(site.inst, site.actor, site.campaign.uid, site.form(days=3))
    site.work()
    told = {heard[0]: heard[1:] for heard in listener.heard}
    assert set(told) == {"recorded", "revoked", "linked", "changed"}
    assert told["revoked"][1] == "a bot"
    assert told["changed"][1] == ["ends_at"]


def test_without_listeners_the_outbox_empties_itself(inst, clock):
    site = Site(inst, clock)
    site.enter("a")
    site.work()
    with inst.db.read() as conn:
        kinds_left = set(conn.execute(select(task.c.kind)).scalars())
    assert kinds_left == {"relay"}


def test_old_events_are_forgotten_and_waiting_ones_are_not(inst, clock):
    site = Site(inst, clock, Listener())
    settle_in(site.house)
    site.enter("a")
    site.work()
    clock.advance(timedelta(days=31))
    site.enter("b")
    runner.run(site.house, site.house.kinds[SWEEP])
    with inst.db.read() as conn:
        left = conn.execute(select(outbox.c.relayed_at)).scalars().all()
    assert left == [None]


@pytest.mark.parametrize("state", [each for each in State if each is not State.READY])
def test_what_a_plugin_out_of_order_missed_is_told_when_it_is_back(inst, clock, state):
    listener = Listener()
    site = Site(inst, clock)
    site.use(out_of_order("ear", state), out_of_order("mute", state))
    site.enter("a")
    with inst.db.write() as conn:
        announce(conn, site.actor.team_id, None, ERASURE, {"entrant": "ent1"}, clock())
    site.work()
    with inst.db.read() as conn:
        waiting = conn.execute(select(task.c.state).where(task.c.kind == "delivery")).scalars()
        assert list(waiting) == ["parked"] * 4
    erased: list[str] = []
    back = listener.plugin("ear", on_entrant_erased=eraser(erased))
    site.use(back, make_plugin("mute"))
    clock.advance(timedelta(minutes=6))
    site.work()
    assert [heard[0] for heard in listener.heard] == ["recorded"]
    assert erased == ["ent1"]
    with inst.db.read() as conn:
        ended = conn.execute(select(task.c.state).where(task.c.kind == "delivery")).scalars()
        assert set(ended) == {"done"}


def test_a_duty_to_erase_is_not_forgotten_before_it_is_done(inst, clock):
    erased: list[str] = []
    site = Site(inst, clock)
    site.use(out_of_order("ear", State.BROKEN))
    settle_in(site.house)
    site.enter("a")
    with inst.db.write() as conn:
        announce(conn, site.actor.team_id, None, ERASURE, {"entrant": "ent1"}, clock())
    site.work()
    clock.advance(timedelta(days=31))
    site.work()
    with inst.db.read() as conn:
        assert conn.execute(select(outbox.c.event)).scalars().all() == [ERASURE]
    site.use(make_plugin("ear", on_entrant_erased=eraser(erased)))
    clock.advance(timedelta(minutes=6))
    site.work()
    assert erased == ["ent1"]
    clock.advance(timedelta(hours=2))
    site.work()
    with inst.db.read() as conn:
        assert conn.execute(select(outbox.c.event)).scalars().all() == []
