"""Who was here once, is nobody and left nothing is forgotten after a year; everybody else stays."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from tombola.queue import reconciler, runner
from tombola.queue.kinds import House, Kinds
from tombola.widget import entering, forgetting, jobs
from tombola.widget.models import visitor

pytestmark = pytest.mark.plugins("custom_tracking")


def numbers(inst):
    with inst.db.read() as conn:
        return set(conn.execute(select(visitor.c.id)).scalars())


def walk(inst):
    before = inst.clock() - forgetting.KEPT
    after = 0
    while (last := forgetting.step(inst, after, before, most=3)) is not None:
        after = last


def test_nobody_who_left_nothing_is_forgotten_after_a_year(site, clock):
    site.action("VIP")
    strangers = {site.visitor_of(f"stranger-{n}") for n in range(10)}
    site.enter()
    site.push(["VIP"], visitor="visitor-9")
    kept = numbers(site.inst) - strangers
    assert len(kept) == 2
    clock.advance(forgetting.KEPT)
    walk(site.inst)
    assert numbers(site.inst) == kept | strangers
    back = site.visitor_of("stranger-3")
    met = entering.known(site.inst, site.campaign.team_id, "stranger-3")
    clock.advance(timedelta(seconds=1))
    assert met is not None
    assert entering.seen(site.inst, met)
    walk(site.inst)
    assert numbers(site.inst) == kept | {back}


def test_visitor_that_another_stands_for_stays(site, clock):
    widget, page = site.visitor_of("widget"), site.visitor_of("page")
    with site.inst.db.write() as conn:
        conn.execute(update(visitor).where(visitor.c.id == page).values(stands_for_id=widget))
    clock.advance(forgetting.KEPT + timedelta(days=1))
    walk(site.inst)
    assert numbers(site.inst) == {widget}
    walk(site.inst)
    assert numbers(site.inst) == set()


def test_duty_does_it_once_a_day(site, clock):
    kinds = Kinds(jobs.kinds())
    kind = kinds[jobs.FORGET]
    assert kind.every == timedelta(days=1)
    house = House(site.inst, kinds)
    reconciler.settle_in(house)
    site.visitor_of("stranger")
    clock.advance(forgetting.KEPT + timedelta(days=1))
    runner.run(house, kind)
    assert numbers(site.inst) == set()
