"""What a poll costs and when its tag changes; on both databases."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event

from tombola.widget import hot, poll
from tombola.widget.buckets import Buckets, Rate
from tombola.widget.poll import MOST_AT_ONCE, matches

pytestmark = pytest.mark.plugins("custom_tracking")
SECRET = "s" * 43


@pytest.fixture
def road(site):
    made = hot.make(site.inst, fresh_s=0)
    yield made
    made.tracker.close()


def ask(road, tag=None):
    told = {"HTTP_COOKIE": f"tombola-visitor={SECRET}", "REMOTE_ADDR": "192.0.2.1"}
    if tag is not None:
        told["HTTP_IF_NONE_MATCH"] = tag
    return road.answer_poll(told, "y2sB7")


def tag(road):
    return dict(ask(road).headers)["ETag"]


def test_poll_that_finds_nothing_new_reads_one_row_without_a_transaction(site):
    site.action("VIP")
    site.enter(browser=SECRET)
    road = hot.make(site.inst)
    seen = tag(road)
    taken, said = [], []
    engine = site.inst.db.engine
    event.listen(engine, "checkout", lambda *a: taken.append(a))
    event.listen(engine, "before_cursor_execute", lambda *a: said.append(a))
    assert ask(road, seen).status == 304
    assert (len(taken), said) == (1, [])
    road.tracker.close()


def test_poll_of_nobody_reads_nothing(site):
    site.action("VIP")
    road = hot.make(site.inst)
    told = {"REMOTE_ADDR": "192.0.2.1"}
    seen = dict(road.answer_poll(told, "y2sB7").headers)["ETag"]
    taken = []
    event.listen(site.inst.db.engine, "checkout", lambda *a: taken.append(a))
    assert road.answer_poll({**told, "HTTP_IF_NONE_MATCH": seen}, "y2sB7").status == 304
    assert taken == []
    road.tracker.close()


def test_glance_and_progress_agree(site, road):
    site.action("VIP")
    site.enter(browser=SECRET)
    assert ask(road, tag(road)).status == 304


def test_tag_changes_with_the_campaigns_midnight_and_its_end(site, road, clock):
    site.action("VIP", interval="daily")
    site.enter(browser=SECRET)
    clock.set(datetime(2026, 6, 1, 21, 59, 59, tzinfo=UTC))  # 23:59:59 in Berlin
    before = tag(road)
    assert ask(road, before).status == 304
    clock.advance(timedelta(seconds=1))
    after = ask(road, before)
    assert after.status == 200
    clock.advance(timedelta(days=20))
    assert ask(road, dict(after.headers)["ETag"]).status == 200


@pytest.mark.parametrize(
    ("header", "same"),
    [('"a"', True), ('W/"a"', True), ('"b", W/"a"', True), ("*", True), ("a", False), ("", False)],
)
def test_tags_are_compared_weakly(header, same):
    assert matches(header, "a") is same


def test_too_many_polls_are_asked_to_wait(road):
    road.poll._by_network = Buckets(Rate(1, 1), clock=lambda: 0.0)
    assert ask(road).status == 200
    refused = ask(road)
    assert refused.status == 429
    assert dict(refused.headers)["Retry-After"] == "1"


def test_polls_that_wait_for_a_slow_database_leave_threads_for_others(road, monkeypatch):
    monkeypatch.setattr(poll, "WAIT_S", 0.01)
    for _ in range(MOST_AT_ONCE):
        assert road.poll._places.acquire(blocking=False)
    refused = ask(road)
    assert refused.status == 503
    assert dict(refused.headers)["Retry-After"] == "1"
    road.poll._places.release()
    assert ask(road).status == 200
