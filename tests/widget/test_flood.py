"""What a flood may cost: counted by what is let through, never by the clock."""

import io
import json
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import event as engine_events
from tests.widget.conftest import OPERATOR

from tombola.api import Busy
from tombola.campaigns import actions, service
from tombola.campaigns.rules import ActionForm, CampaignForm
from tombola.teams.rules import Actor
from tombola.teams.service import NewTeam, create_team
from tombola.testing.clock import NOON
from tombola.widget import buckets, directory, hot
from tombola.widget.buckets import Buckets, Rate, network
from tombola.widget.tracking import BY_CAMPAIGN, BY_NETWORK, BY_VISITOR
from tombola.widget.writer import Writer

pytestmark = pytest.mark.plugins("custom_tracking")


@pytest.fixture
def inst(sqlite_inst):
    return sqlite_inst


@pytest.fixture
def road(site):
    """The hot roads of a process whose buckets do not fill again."""
    site.action("VIP")
    made = hot.make(site.inst, fresh_s=60)
    made.tracker._by_network = Buckets(BY_NETWORK, clock=lambda: 0.0)
    made.tracker._by_campaign = Buckets(BY_CAMPAIGN, clock=lambda: 0.0)
    made.tracker._by_visitor = Buckets(BY_VISITOR, clock=lambda: 0.0)
    yield made
    made.tracker.close()


def environ(address="192.0.2.1", key="y2sB7", visitor="visitor-1", **more):
    body = json.dumps({"v": visitor, "k": [key], "e": [["VIP"]]}).encode()
    told = {"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}
    return {"REMOTE_ADDR": address, **told, **more}


def counted(answers):
    found: dict[int, int] = {}
    for answer in answers:
        found[answer.status] = found.get(answer.status, 0) + 1
    return found


def statements(inst):
    """A list that grows with each statement."""
    said: list[str] = []

    def note(_conn, _cursor, statement, *_rest):
        said.append(statement)

    engine_events.listen(inst.db.engine, "before_cursor_execute", note)
    return said


def test_bucket_lets_the_burst_through_and_then_what_flows_in():
    now = [0.0]
    bucket = Buckets(Rate(burst=3, a_second=2), clock=lambda: now[0])
    assert [bucket.take("a") for _ in range(5)] == [0, 0, 0, 0.5, 0.5]
    assert bucket.take("b") == 0
    now[0] = 1.0
    assert [bucket.take("a") > 0 for _ in range(3)] == [False, False, True]
    now[0] = 1e9
    assert [bucket.take("a") > 0 for _ in range(4)] == [False, False, False, True]


def test_buckets_forget_the_longest_quiet():
    bucket = Buckets(Rate(1, 1), room=100, clock=lambda: 0.0)
    for number in range(10_000):
        bucket.take(number)
    assert len(bucket) == 100
    assert bucket.take(9_999) > 0


@pytest.mark.parametrize(
    ("address", "whose"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9%eth0", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("nonsense:", "nonsense:"),
        ("", ""),
    ],
)
def test_network_of_an_address(address, whose):
    assert network(address) == whose


def test_flood_of_one_sender_is_cut_and_another_teams_pushes_go_through(site, road):
    other = create_team(site.inst, OPERATOR, NewTeam(name="Other", slug="other", plan="business"))
    actor = Actor.system(other.id, other.uid)
    form = CampaignForm(title="B", zone="UTC", starts_at=NOON, ends_at=NOON.replace(year=2027))
    campaign = service.create(site.inst, actor, form, key="other")
    config = {"completed_by": "tracking", "signals": ("VIP",)}
    action = ActionForm(type_key="custom_tracking.custom", title="B", config=config)
    actions.add(site.inst, actor, campaign.uid, action)
    flood = [road.answer_push(environ(visitor=f"visitor-{number}")) for number in range(300)]
    assert counted(flood) == {204: BY_CAMPAIGN.burst, 429: 300 - BY_CAMPAIGN.burst}
    theirs = [
        road.answer_push(environ(f"198.51.100.{n}", "other", f"buyer-{n:04}")) for n in range(30)
    ]
    assert counted(theirs) == {204: 30}
    # The same office may well report to the other campaign.
    assert road.answer_push(environ(key="other")).status == 204


def test_refusal_says_when_to_come_again_and_any_page_may_read_it(road):
    for _ in range(BY_VISITOR.burst):
        road.answer_push(environ())
    refused = road.answer_push(environ())
    assert refused.status == 429
    assert dict(refused.headers)["Access-Control-Allow-Origin"] == "*"
    assert int(dict(refused.headers)["Retry-After"]) >= 1


def test_page_that_reports_each_minute_is_never_refused():
    now = [0.0]
    bucket = Buckets(BY_VISITOR, clock=lambda: now[0])
    for minute in range(200):
        now[0] = minute * 60.0
        assert not any(bucket.take("visitor-1") for _ in range(20))


def test_unknown_keys_are_answered_like_known_ones_and_cost_no_read_each(site, road):
    known = road.answer_push(environ("192.0.2.9"))
    said = statements(site.inst)
    stranger = [
        road.answer_push(environ(f"10.0.{n >> 8}.{n & 255}", f"a{n:04}", f"stranger-{n}"))
        for n in range(2_000)
    ]
    assert all(each == known for each in stranger)
    assert len([each for each in said if each.startswith("SELECT")]) <= 1
    assert list(road.directory._known) == ["y2sB7"]


def test_unknown_and_known_keys_are_refused_alike(road):
    known = [road.answer_push(environ(visitor=f"visitor-{n}")) for n in range(130)]
    unknown = [road.answer_push(environ("192.0.2.2", "zzzzz", f"visitor-{n}")) for n in range(130)]
    assert known == unknown
    assert known[-1].status == 429


def test_memory_of_a_process_is_bounded(site, road, monkeypatch):
    monkeypatch.setattr(directory, "ROOM", 3)
    for name in ("_by_network", "_by_campaign", "_by_visitor"):
        setattr(road.tracker, name, Buckets(Rate(5, 1), room=50))
    for n in range(500):
        road.answer_push(environ(f"10.1.{n >> 8}.{n & 255}", f"b{n:04}", f"visitor-{n}"))
    for name in ("_by_network", "_by_campaign", "_by_visitor"):
        assert len(getattr(road.tracker, name)) == 50
    assert road.directory._keys == {"y2sB7"}
    assert not road.arriving._of
    assert buckets.ROOM <= 50_000


def test_new_campaign_is_found_though_its_key_was_asked_for_before(site):
    made = directory.Directory(site.inst, fresh_s=0)
    assert not made.has("fresh")
    form = CampaignForm(title="B", zone="UTC", starts_at=NOON, ends_at=NOON.replace(year=2027))
    service.create(site.inst, site.actor, form, key="fresh")
    assert made.has("fresh")
    assert made.get("fresh") is not None


class Endless:
    """A body that never comes."""

    def __init__(self):
        self.begun, self.end = threading.Semaphore(0), threading.Event()

    def read(self, _size):
        self.begun.release()
        assert self.end.wait(30)
        return b""


def test_slow_bodies_hold_few_places_and_leave_the_others_free(road):
    slow = Endless()
    held = {"wsgi.input": slow, "CONTENT_LENGTH": "10"}
    with ThreadPoolExecutor(hot.MOST_BODIES + 1) as pool:
        reading = []
        for n in range(hot.MOST_BODIES):
            sender = f"192.0.2.{n // hot.MOST_BODIES_OF_ONE}"
            reading.append(pool.submit(road.answer_push, environ(sender, **held)))
            assert slow.begun.acquire(timeout=10)
            if n + 1 == hot.MOST_BODIES_OF_ONE:
                assert road.answer_push(environ("192.0.2.0")).status == 503
                assert road.answer_push(environ("198.51.100.1")).status == 204
        assert road.answer_push(environ("198.51.100.1")).status == 503
        slow.end.set()
        assert {each.result(10).status for each in reading} == {400}
    assert road.answer_push(environ("198.51.100.1")).status == 204


def test_stuck_commit_refuses_at_once_and_what_waited_is_not_written_later():
    now, begun, go_on = [], threading.Event(), threading.Event()

    def commit(parts):
        begun.set()
        assert go_on.wait(30)
        now.extend(parts)

    writer = Writer(commit, largest=10, patience_s=0.2, stuck_s=0.0)
    with ThreadPoolExecutor() as pool:
        first = pool.submit(writer.write, 1)
        assert begun.wait(10)
        with pytest.raises(Busy):
            writer.write(2)
        with pytest.raises(Busy):
            first.result(10)
    writer._stuck_s = 60.0
    with pytest.raises(Busy):
        writer.write(3)
    go_on.set()
    writer.write(4)
    writer.close()
    assert now == [1, 4]


HOLDER = """
import sys, time
from tombola.db import Database
with Database(sys.argv[1]).write():
    print("held", flush=True)
    time.sleep(600)
"""


def test_frozen_holder_of_the_write_lock_ends_in_503_and_then_all_goes_on(site, road):
    road.tracker.writer._patience_s = 0.3
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(site.inst.db.url)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        os.kill(holder.pid, signal.SIGSTOP)
        refused = [road.answer_push(environ(visitor=f"visitor-{n}")) for n in range(3)]
        assert [each.status for each in refused] == [503] * 3
        assert "Retry-After" in dict(refused[0].headers)
        assert road.answer_poll({"REMOTE_ADDR": "192.0.2.1"}, "y2sB7").status == 200
    finally:
        holder.kill()
        holder.wait()
        assert holder.stdout is not None
        holder.stdout.close()
    road.tracker.writer._patience_s = 20.0
    while road.answer_push(environ()).status == 503:  # until the kernel has freed the lock
        assert holder.returncode is not None
    # The set that had begun is written after all; what was told to come again waits for that.
    assert len(site.events()) == 2
