from datetime import timedelta

import pytest
from sqlalchemy import func, select

from tombola.api import Conflict, Denied, Forbidden, Invalid, Lane, NotAllowed, NotFound, Retry
from tombola.entries.models import entry, total
from tombola.importing import jobs, preview, service
from tombola.importing.models import item, media, run, source
from tombola.importing.service import SourceForm
from tombola.plans import service as plans
from tombola.plans.service import PlanLine
from tombola.queue import tasks
from tombola.queue.models import task
from tombola.teams.models import audit
from tombola.teams.rules import Actor, Role

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def post_many(world, count, ago=HOUR):
    for n in range(count):
        world.network.post(n, world.clock() - ago - MINUTE * (count - n))


def rows(world, table):
    with world.inst.db.read() as conn:
        return conn.execute(select(func.count()).select_from(table)).scalar_one()


def deny(world, *, enabled):
    operator = Actor(0, "", world.actor.member_id, "Olga", Role.OWNER, operator=True)
    plans.set_feature(world.inst, operator, "free", "fake.tag", PlanLine(enabled=enabled))


def totals(world):
    with world.inst.db.read() as conn:
        return dict(
            conn.execute(
                select(total.c.state, func.sum(total.c.entries)).group_by(total.c.state)
            ).all()
        )


def test_preview_counts_and_shows_samples_and_writes_nothing(world):
    post_many(world, 7)
    world.network.post(50, world.clock() - HOUR, photo=False)
    before = {table: rows(world, table) for table in (source, item, run, task, audit, media)}
    form = SourceForm(config={"tag": "tombola"})
    found = preview.preview(world.inst, world.actor, world.action.uid, form)

    assert (found.count, found.exact, found.cost) == (8, True, {"calls": 1})
    assert found.samples[0].left_out == "no photo"
    assert [sample.pictures for sample in found.samples[1:]] == [1] * 7
    assert before == {table: rows(world, table) for table in before}


@pytest.mark.parametrize(("hours", "warned"), [(1, False), (6, False), (12, True)])
def test_preview_warns_of_a_pace_that_loses_posts(quick_world, monkeypatch, hours, warned):
    world = quick_world
    importer = world.inst.plugins.importer("fake.tag")
    monkeypatch.setattr(type(importer), "reach", DAY)
    form = SourceForm(config={"tag": "tombola"}, every_seconds=hours * 3600)
    found = preview.preview(world.inst, world.actor, world.action.uid, form)
    assert any("lost for good" in str(note) for note in found.notes) is warned


def test_preview_tells_the_networks_trouble_as_a_complaint(quick_world):
    world = quick_world
    world.network.trouble = [Retry(MINUTE, "503")]
    form = SourceForm(config={"tag": "tombola"})

    with pytest.raises(Invalid, match="503"):
        preview.preview(world.inst, world.actor, world.action.uid, form)


def test_configuration_is_judged_by_the_importers_own_model(quick_world):
    world = quick_world
    with pytest.raises(Invalid) as wrong:
        service.add(world.inst, world.actor, world.action.uid, SourceForm(config={"tagg": "x"}))

    assert set(wrong.value.errors) == {"config.tag", "config.tagg"}


def test_viewer_may_look_and_not_touch(quick_world):
    world = quick_world
    made = world.add()
    viewer = Actor(world.actor.team_id, world.actor.team_uid, 1, "V", Role.VIEWER)
    form = SourceForm(config={"tag": "x"})

    assert service.get(world.inst, viewer, made.uid).uid == made.uid
    for act in (
        lambda: service.add(world.inst, viewer, world.action.uid, form),
        lambda: service.change(world.inst, viewer, made.uid, form),
        lambda: service.pause(world.inst, viewer, made.uid),
        lambda: service.resume(world.inst, viewer, made.uid),
        lambda: service.run_now(world.inst, viewer, made.uid),
        lambda: service.remove(world.inst, viewer, made.uid),
        lambda: service.undo(world.inst, viewer, "x"),
        lambda: preview.preview(world.inst, viewer, world.action.uid, form),
    ):
        with pytest.raises(Forbidden):
            act()


def test_another_team_finds_nothing(world):
    post_many(world, 3)
    made = world.add()
    world.work()
    run_uid = world.runs()[0].uid
    other = Actor(world.actor.team_id + 1, "other", 1, "E", Role.OWNER)
    form = SourceForm(config={"tag": "x"})

    assert service.of_action(world.inst, other, world.action.uid) == []
    assert service.of_campaign(world.inst, other, world.campaign.id) == []
    for act in (
        lambda: service.get(world.inst, other, made.uid),
        lambda: service.runs(world.inst, other, made.uid),
        lambda: service.add(world.inst, other, world.action.uid, form),
        lambda: service.change(world.inst, other, made.uid, form),
        lambda: service.pause(world.inst, other, made.uid),
        lambda: service.resume(world.inst, other, made.uid),
        lambda: service.run_now(world.inst, other, made.uid),
        lambda: service.remove(world.inst, other, made.uid),
        lambda: service.undo(world.inst, other, run_uid),
    ):
        with pytest.raises(NotFound):
            act()
    assert len(world.entries()) == 3
    assert set(world.entries().values()) == {"valid"}


def test_every_act_is_in_the_audit_log(quick_world):
    world = quick_world
    made = world.add()
    world.work()
    service.pause(world.inst, world.actor, made.uid)
    service.resume(world.inst, world.actor, made.uid)
    service.run_now(world.inst, world.actor, made.uid)
    service.change(world.inst, world.actor, made.uid, SourceForm(config={"tag": "b"}))
    service.undo(world.inst, world.actor, world.runs()[0].uid)
    service.remove(world.inst, world.actor, made.uid)
    with world.inst.db.read() as conn:
        acts = list(conn.execute(select(audit.c.act).order_by(audit.c.seq)).scalars())

    wanted = ["added", "paused", "resumed", "run_asked", "changed"]
    assert acts[-7:] == [*(f"source.{act}" for act in wanted), "run.undone", "source.removed"]


def test_plan_that_lacks_the_importer_refuses_a_source(quick_world):
    world = quick_world
    deny(world, enabled=False)

    with pytest.raises(NotAllowed):
        world.add()
    assert rows(world, source) == 0


def test_gated_source_makes_no_call_and_catches_up_after_the_upgrade(world):
    world.add()
    world.work()
    deny(world, enabled=False)
    world.network.calls.clear()
    for n in range(25):
        world.network.post(n, world.clock() + n * HOUR)
    for _ in range(30):
        world.later(HOUR)

    assert world.network.calls == []
    assert world.source().state == "gated"
    assert "plan" in str(world.source().reason).lower()
    deny(world, enabled=True)
    world.later(2 * MINUTE)
    assert len(world.entries()) == 25
    assert world.source().state == "active"
    world.check()


def test_gate_on_entries_keeps_the_refused_with_its_reason(world):
    post_many(world, 4)
    plugins = world.inst.plugins
    asked = []

    def ask(team, drafts, campaign):
        asked.append((len(drafts), campaign.id))
        return [Denied("looks bought") if draft.key == "p2" else None for draft in drafts]

    plugins.listeners = lambda hook: ["guard"] if hook == "gate_entries" else []
    plugins.ask_entries = ask
    world.add()
    world.work()

    assert world.entries() == {"p0": "valid", "p1": "valid", "p2": "refused", "p3": "valid"}
    assert asked == [(4, world.campaign.uid)]
    world.check()


def test_paused_source_makes_no_call_and_goes_on_where_it_stood(world):
    post_many(world, 30)
    made = world.add()
    paused: list[bool] = []

    def pause(place):
        if place.lane is Lane.HISTORY and place.page == 1 and not paused:
            paused.append(True)
            service.pause(world.inst, world.actor, made.uid)

    world.network.on_call = pause
    world.work()
    calls = len(world.network.calls)
    world.later(9 * HOUR)

    assert len(world.network.calls) == calls
    assert len(world.entries()) == 10, "the page under way was not written any more"
    assert world.source().state == "paused"
    with pytest.raises(Conflict):
        service.run_now(world.inst, world.actor, made.uid)
    service.resume(world.inst, world.actor, made.uid)
    world.work()
    assert len(world.entries()) == 30
    world.check()


def test_undone_run_leaves_counts_exactly_as_before(world):
    post_many(world, 12)
    world.add()
    world.work()
    before = totals(world)
    for n in range(100, 115):
        world.network.post(n, world.clock() + MINUTE)
    world.later(2 * HOUR)
    assert totals(world)["valid"] == 27
    live = next(each for each in world.runs() if each.counts["new"] == 15)

    assert service.undo(world.inst, world.actor, live.uid, "wrong hashtag") == 15
    assert {state: n for state, n in totals(world).items() if n} == {
        **before,
        "revoked": 15,
    }
    assert service.undo(world.inst, world.actor, live.uid) == 0, "once is enough"
    world.later(2 * HOUR)
    assert totals(world)["valid"] == 12, "what was taken back does not come back by itself"
    world.check()


def test_undo_of_a_run_that_still_reads_stops_it(world):
    post_many(world, 50)
    made = world.add()
    undone: list[int] = []

    def undo(place):
        if place.lane is Lane.HISTORY and place.page == 3 and not undone:
            running = next(each for each in world.runs() if each.lane is Lane.HISTORY)
            undone.append(service.undo(world.inst, world.actor, running.uid))

    world.network.on_call = undo
    world.work()

    assert undone == [30]
    assert set(world.entries().values()) == {"revoked"}
    assert len(world.entries()) == 30
    assert service.get(world.inst, world.actor, made.uid).state == "paused"
    world.check()


def test_run_that_was_undone_gets_no_more_entries_when_its_source_goes_on_at_once(world):
    world.one_at_a_time()
    post_many(world, 30)
    made = world.add()
    undone: list[str] = []

    def undo(place):
        if place.lane is Lane.HISTORY and place.page == 1 and not undone:
            running = next(each for each in world.runs() if each.lane is Lane.HISTORY)
            undone.append(running.uid)
            service.undo(world.inst, world.actor, running.uid)
            service.resume(world.inst, world.actor, made.uid)

    world.network.on_call = undo
    world.work()

    states = list(world.entries().values())
    assert (states.count("revoked"), states.count("valid")) == (10, 20)
    (old, new) = (each for each in reversed(world.runs()) if each.lane is Lane.HISTORY)
    assert (old.uid, old.state, old.counts["entries"]) == (undone[0], "undone", 10)
    assert (new.state, new.counts["entries"]) == ("finished", 20)
    world.check()


@pytest.mark.parametrize("lane", list(Lane))
def test_source_that_is_changed_while_it_reads_begins_anew_all_the_same(world, lane):
    world.one_at_a_time()
    began = world.clock()
    made = world.add()
    world.work()
    world.clock.advance(10 * DAY)
    world.network.post(1, began + 9 * DAY)
    changed: list[str] = []

    def change(place):
        if place.lane is lane and not changed:
            changed.append(made.uid)
            world.network.posts.clear()
            for n in range(2, 6):
                world.network.post(n, began + (n - 4) * DAY)
            form = SourceForm(config={"tag": "other"})
            service.change(world.inst, world.actor, made.uid, form)

    if lane is Lane.HISTORY:  # it has ended and is read again for another floor
        form = SourceForm(config={"tag": "tombola"}, floor_at=began - 20 * DAY)
        service.change(world.inst, world.actor, made.uid, form)
    world.network.on_call = change
    world.work()
    world.later(2 * HOUR)

    assert changed
    assert {"p2", "p3", "p4", "p5"} <= set(world.entries())


def test_cap_that_is_raised_while_history_reaches_it_lets_it_go_on(world):
    world.one_at_a_time()
    post_many(world, 30)
    made = world.add(cap=10)

    def change(place):
        if place.lane is Lane.HISTORY:
            world.network.on_call = None
            form = SourceForm(config={"tag": "tombola"}, cap=100)
            service.change(world.inst, world.actor, made.uid, form)

    world.network.on_call = change
    world.work()

    assert len(world.entries()) == 30


def test_post_that_two_sources_have_found_stays_until_both_are_undone(world):
    world.one_at_a_time()
    post_many(world, 10)
    first = world.add()
    world.work()
    second = world.add(config={"tag": "other"})
    world.work()
    brought = [
        next(run.uid for run in service.runs(world.inst, world.actor, uid) if run.counts["items"])
        for uid in (first.uid, second.uid)
    ]

    assert service.undo(world.inst, world.actor, brought[0]) == 0
    assert set(world.entries().values()) == {"valid"}
    with world.inst.db.read() as conn:
        causes = conn.execute(
            select(entry.c.key, item.c.external_id, run.c.uid)
            .join(item, item.c.id == entry.c.item_id)
            .join(run, run.c.id == entry.c.cause_id)
        ).all()
    assert {(row.key, row.uid) for row in causes} == {(f"p{n}", brought[1]) for n in range(10)}
    assert all(row.key == row.external_id for row in causes)
    assert service.undo(world.inst, world.actor, brought[1]) == 10
    assert set(world.entries().values()) == {"revoked"}


def test_entries_of_a_run_do_not_stay_for_the_sake_of_one_that_was_undone(world):
    world.one_at_a_time()
    post_many(world, 3)
    uids = [world.add().uid]
    world.work()
    uids.append(world.add(config={"tag": "other"}).uid)
    world.work()
    brought = [
        next(run.uid for run in service.runs(world.inst, world.actor, uid) if run.counts["items"])
        for uid in uids
    ]

    assert service.undo(world.inst, world.actor, brought[1]) == 0
    assert service.undo(world.inst, world.actor, brought[0]) == 3


def test_run_whose_entries_are_of_posts_stored_before_stays_and_can_be_undone(world):
    world.one_at_a_time()
    world.network.post(1, world.clock() - HOUR, photo=False)
    made = world.add()
    world.work()
    assert world.items() == {"p1": "left_out"}
    form = SourceForm(config={"tag": "tombola"}, photos_only=False)
    service.change(world.inst, world.actor, made.uid, form)
    world.work()
    assert world.entries() == {"p1": "valid"}
    with world.inst.db.read() as conn:
        ran = conn.execute(select(run.c.uid).join(entry, entry.c.cause_id == run.c.id)).scalar()
    world.clock.advance(3 * DAY)
    with world.inst.db.write() as conn:
        tasks.put(conn, jobs.TIDY, jobs.TIDY, world.clock())
    assert world.work(jobs.TIDY)

    assert ran is not None
    assert service.undo(world.inst, world.actor, ran) == 1


def test_removed_source_stops_and_its_entries_stay(world):
    post_many(world, 5)
    made = world.add()
    world.work()
    service.remove(world.inst, world.actor, made.uid)
    world.network.calls.clear()
    world.later(9 * HOUR)

    assert world.network.calls == []
    assert len(world.entries()) == 5
    assert service.of_action(world.inst, world.actor, world.action.uid) == []


def test_other_configuration_reads_history_again(quick_world):
    world = quick_world
    post_many(world, 5)
    made = world.add()
    world.work()
    post_many(world, 9)
    form = SourceForm(config={"tag": "other"}, every_seconds=60)
    changed = service.change(world.inst, world.actor, made.uid, form)
    world.work()

    assert changed.every_seconds == 60
    assert len(world.entries()) == 9
    world.check()


def test_photos_only_may_be_said_beside_the_configuration(quick_world):
    world = quick_world
    world.network.post(1, world.clock() - HOUR, photo=False)
    world.add(photos_only=False)
    world.work()

    assert world.entries() == {"p1": "valid"}


def test_run_now_keeps_the_plan_of_the_hours(quick_world):
    world = quick_world
    world.add()
    world.work()
    planned = world.source().next_run_at
    before = (planned - world.clock()) / 2
    world.network.post(1, world.clock() + before / 2)
    world.clock.advance(before)
    service.run_now(world.inst, world.actor, world.source().uid)
    world.work()

    assert len(world.entries()) == 1
    assert world.source().next_run_at == planned
