"""A draw from its plan to its winners, and what everybody can recompute of it."""

import io
import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from tombola.api import Conflict, EntryDraft, Identity, Invalid, NotFound
from tombola.campaigns.models import action
from tombola.draws import log, proofs, service, winners, witnesses
from tombola.draws.models import draw, pool, pool_block
from tombola.draws.types import DrawPrize, Exclude, Place, State
from tombola.entrants import service as entrants
from tombola.entrants.models import entrant
from tombola.entries import service as entries
from tombola.entries.models import entry
from tombola.entries.record import load_rules, record
from tombola.fairness.hashing import witness_commitment
from tombola.fairness.verify import inclusion_trouble, verify
from tombola.outbox.models import outbox
from tombola.teams.rules import Actor, Role


def checked(hall, made):
    with hall.inst.db.read() as conn:
        published = log.whole(conn)
    report = verify(io.StringIO(hall.bundle(made)), log=published)
    assert report.ok, [check.says for check in report.checks if check.ok is False]
    return report


@pytest.mark.parametrize("grade", ["A", "B", "D"])
def test_draw_of_each_grade_by_itself_verifies(hall, grade):
    hall.crowd()
    made = hall.drawn(grade=grade)
    assert (made.state, made.number, made.people) == (State.DRAWN, 1, 20)
    report = checked(hall, made)
    assert report.finished
    shown = hall.winners(made)
    assert [one.tag for one in shown] == report.winners
    assert [(one.place, one.prize) for one in shown] == [
        (Place.WINNER, "Lamp"),
        (Place.WINNER, "Lamp"),
        (Place.WINNER, "Bulb"),
        *[(Place.BACKUP, None)] * 3,
    ]
    assert len({one.entrant for one in shown}) == 6
    assert all(one.name.startswith("person") for one in shown)


def test_witnesses_commit_before_and_speak_after(hall):
    hall.crowd(5)
    made = hall.plan(grade="C", witnesses=["Ada", "Bo"])
    ada, bo = witnesses.of_draw(hall.inst, hall.actor, made.uid)
    said = {"Ada": "a long walk by the sea", "Bo": "eleven green bottles"}
    with pytest.raises(Conflict, match="Ada has not committed"):
        service.close(hall.inst, hall.actor, made.uid)
    for one in (ada, bo):
        hashed = witness_commitment(one.name, said[one.name])
        witnesses.commit_witness(hall.inst, one.token, hashed)
    with pytest.raises(Conflict):
        witnesses.reveal_witness(hall.inst, ada.token, said["Ada"])
    assert hall.run(made).state == State.WAITING
    with pytest.raises(Conflict):
        witnesses.commit_witness(hall.inst, ada.token, "0" * 64)
    with pytest.raises(Invalid):
        witnesses.reveal_witness(hall.inst, ada.token, "something else entirely")
    witnesses.reveal_witness(hall.inst, ada.token, said["Ada"])
    hall.work()
    assert hall.get(made).state == State.WAITING
    witnesses.reveal_witness(hall.inst, bo.token, said["Bo"])
    hall.work()
    assert hall.get(made).state == State.DRAWN
    checked(hall, made)


def test_dice_are_entered_once(hall):
    hall.crowd(5)
    made = hall.drawn(grade="C")
    assert made.state == State.WAITING
    with pytest.raises(Invalid):
        witnesses.enter_dice(hall.inst, hall.actor, made.uid, "1234567")
    witnesses.enter_dice(hall.inst, hall.actor, made.uid, "12345 61234 56123 45612")
    with pytest.raises(Conflict):
        witnesses.enter_dice(hall.inst, hall.actor, made.uid, "6" * 20)
    hall.work()
    assert hall.get(made).state == State.DRAWN
    checked(hall, made)


def test_double_click_closes_once(hall):
    hall.crowd(4)
    made = hall.plan()
    first = service.close(hall.inst, hall.actor, made.uid)
    second = service.close(hall.inst, hall.actor, made.uid)
    assert first.closing_at == second.closing_at
    hall.run(made)
    again = service.close(hall.inst, hall.actor, made.uid)
    assert again.state == State.DRAWN
    with hall.inst.db.read() as conn:
        assert [one.body["kind"] for one in log.whole(conn)] == ["commit", "secret", "result"]


def test_pool_holds_what_counts_and_nothing_else(hall):
    hall.enter("ann", 3)
    hall.enter("bob", 2)
    hall.enter("cleo", 4, unclaimed=True)
    hall.enter("early", 1, at=hall.clock() - timedelta(hours=20))
    hall.enter("dora", 5, action="other")
    hall.enter("eve", 1)
    eve = hall.enter("eve", 1, at=hall.clock() - timedelta(minutes=1))
    with hall.inst.db.read() as conn:
        mine = select(entry.c.uid).where(entry.c.entrant_id == eve)
        uids = list(conn.execute(mine).scalars())
        bob = conn.execute(select(entrant.c.uid).where(entrant.c.id == hall.enter("bob", 0)))
        bob = bob.scalar_one()
    entries.archive(hall.inst, hall.actor, hall.campaign.uid, uids, "counted last time")
    with hall.inst.db.read() as conn:
        say = conn.execute(
            select(action.c.uid).where(action.c.id == hall.actions["say"])
        ).scalar_one()
    made = hall.drawn(
        actions=[say],
        since=hall.clock() - timedelta(hours=10),
        unclaimed_may_win=False,
        exclude=[Exclude(entrant=bob, reason="works here")],
    )
    assert (made.people, made.total) == (1, 3)
    assert [one.name for one in hall.winners(made)] == ["ann"]
    reasons = {row[2] for row in json.loads(hall.bundle(made))["exclusions"]}
    assert reasons == {"unclaimed", "works here"}
    assert any("Only 1" in note for note in made.notes)
    checked(hall, made)


def test_one_ticket_a_person(hall):
    hall.enter("ann", 30)
    hall.enter("bob", 1)
    made = hall.drawn(mode="per_person")
    assert (made.people, made.total) == (2, 2)
    checked(hall, made)


def test_winner_of_an_earlier_draw_does_not_win_again_unless_asked(hall):
    hall.crowd(6)
    first = hall.drawn(backups=0)
    won = {one.entrant for one in hall.winners(first)}
    rest = hall.drawn(backups=0)
    assert rest.people == 3
    assert not won & {one.entrant for one in hall.winners(rest)}
    repeated = hall.drawn(repeats=True)
    assert repeated.people == 6
    report = checked(hall, repeated)
    assert [each.draw for each in report.head.commitment.earlier] == ["1", "2"]


def test_void_draw_stays_in_the_log_and_its_winners_do_not_count(hall):
    hall.crowd(6)
    made = hall.drawn()
    with pytest.raises(Invalid):
        service.void(hall.inst, hall.actor, made.uid, " ")
    service.void(hall.inst, hall.actor, made.uid, "the wrong prizes")
    report = checked(hall, made)
    assert report.voided
    assert not report.finished
    assert log.records(hall.inst)[-1].reason == "the wrong prizes"
    assert hall.drawn().people == 6
    assert [one.number for one in service.of_campaign(hall.inst, hall.actor, hall.campaign.uid)] \
        == [2, 1]  # fmt: skip


def test_place_that_falls_free_goes_to_the_next_in_line(hall):
    hall.crowd(8)
    made = hall.drawn()
    order = hall.winners(made)
    after = winners.pass_over(hall.inst, hall.actor, order[0].uid, "under age")
    assert after[0].place == Place.PASSED
    assert (after[3].place, after[3].prize) == (Place.WINNER, "Lamp")
    assert after[1:3] == order[1:3]
    assert winners.pass_over(hall.inst, hall.actor, order[0].uid, "again") == after
    assert "pass" in [record.kind for record in log.records(hall.inst)]
    checked(hall, made)
    with hall.inst.db.read() as conn:
        told = conn.execute(select(outbox.c.id).where(outbox.c.event == "winner_drawn")).all()
    assert len(told) == 4


def test_nobody_to_draw_from_commits_to_nothing(hall):
    made = hall.drawn()
    assert (made.state, made.number) == (State.FAILED, None)
    with pytest.raises(Conflict):
        hall.bundle(made)


def test_late_entry_is_listed_and_does_not_count(hall):
    hall.crowd(3)
    made = hall.plan()
    service.close(hall.inst, hall.actor, made.uid)
    hall.work()
    posted = hall.clock()
    hall.clock.advance(timedelta(minutes=5))
    hall.enter("tardy", at=posted)
    hall.enter("after")
    hall.work()
    found = service.late(hall.inst, hall.actor, made.uid)
    assert [one.occurred_at for one in found] == [posted]
    assert hall.get(made).people == 3
    shown = service.preview(hall.inst, hall.actor, hall.campaign.uid, hall.form(repeats=True))
    assert (shown.people, shown.late) == (5, 1)


def test_preview_counts_and_writes_nothing(hall):
    hall.enter("ann", 3)
    hall.enter("item", 2, unclaimed=True)
    hall.enter("early", at=hall.clock() - timedelta(hours=20))
    form = hall.form(since=hall.clock() - timedelta(hours=1), unclaimed_may_win=False)
    shown = service.preview(hall.inst, hall.actor, hall.campaign.uid, form)
    assert (shown.people, shown.weight, shown.excluded) == (1, 3, {"unclaimed": 1})
    assert (shown.unclaimed, shown.outside, shown.grades) == (1, 1, ["A", "B", "C", "D"])
    with hall.inst.db.read() as conn:
        assert conn.execute(select(draw.c.id)).first() is None


def test_other_teams_see_and_change_nothing(hall):
    hall.crowd(3)
    made = hall.drawn()
    stranger = hall.house.members["stranger"]
    rival = Actor(hall.house.other.id, "x", stranger.id, "S", Role.OWNER)
    for act in (service.get, service.close, service.publish, winners.winners):
        with pytest.raises(NotFound):
            act(hall.inst, rival, made.uid)
    with pytest.raises(NotFound):
        service.void(hall.inst, rival, made.uid, "no")
    with pytest.raises(NotFound):
        winners.pass_over(hall.inst, rival, hall.winners(made)[0].uid, "no")


def test_private_proof_of_everybody_leads_to_the_root(hall):
    hall.crowd(12)
    made = hall.drawn()
    with hall.inst.db.read() as conn:
        people = list(conn.execute(select(pool.c.entrant_id)).scalars())
        for number in people:
            (mine,) = proofs.inclusion(conn, number, hall.campaign.id)
            assert mine.root == made.root
            assert inclusion_trouble(mine.document()) is None
            changed = {**mine.document(), "weight": str(mine.weight + 1)}
            assert inclusion_trouble(changed) is not None
    shown = proofs.receipt(hall.inst, made.uid, mine.token)
    assert shown == mine
    with pytest.raises(NotFound):
        proofs.receipt(hall.inst, made.uid, mine.token[:-4] + "AAAA")


def test_log_of_two_campaigns_is_one_chain(hall):
    hall.crowd(3)
    hall.drawn()
    hall.campaign, hall.actions = hall.house.campaign("Another"), {}
    hall.crowd(3)
    second = hall.drawn(prizes=[DrawPrize(title="Cup")])
    assert second.number == 2
    assert checked(hall, second).head.commitment.earlier == []


def test_pool_of_many_stretches_is_drawn_from_and_proven(hall):
    people = 2500
    number = hall.action()
    seen = [Identity("net.x", f"many{n}") for n in range(people)]
    for start in range(0, people, 500):
        with hall.inst.db.write() as conn:
            now, team = hall.clock(), hall.campaign.team_id
            known = entrants.resolve(conn, team, seen[start : start + 500], now)
            drafts = [
                EntryDraft(number, one.id, one.entrant_id, one.value, "test", occurred_at=now)
                for one in known.values()
            ]
            record(conn, drafts, load_rules(conn, hall.campaign.id), now)
    made = hall.drawn(backups=200)
    assert made.people == people
    assert len(hall.winners(made)) == 203
    checked(hall, made)
    with hall.inst.db.read() as conn:
        stretches = conn.execute(select(pool_block.c.n)).all()
        assert len(stretches) == 3
        for person in conn.execute(select(pool.c.entrant_id).limit(20)).scalars():
            (mine,) = proofs.inclusion(conn, person, hall.campaign.id)
            assert mine.root == made.root
            assert inclusion_trouble(mine.document()) is None
