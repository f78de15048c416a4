"""Webhooks: verified, kept once, answered after the commit, handled later, kept while shut."""

import hashlib
import hmac
import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tombola.api import Accepted, Delivery, NotFound, Reply, Webhook
from tombola.inbox import jobs, unseen
from tombola.inbox.models import inbox
from tombola.inbox.service import receive
from tombola.plugins import quarantine
from tombola.plugins.registry import Plugins
from tombola.plugins.states import Plugin, State
from tombola.plugins.switches import Scope, turn
from tombola.queue import runner, tasks
from tombola.queue.kinds import House, Kinds
from tombola.queue.models import task
from tombola.queue.reconciler import settle_in, tick
from tombola.testing.plugins import make_plugin

SECRET = b"shared"
UNSET = object()
WRONG: Any = [b"no text, no number and no mapping"]


class Posted(Webhook):
    key = "post.events"
    title = "Events"

    def __init__(self):
        self.handled = []
        self.seen = 0
        self.failing = 0
        self.answers: Any = UNSET

    def receive(self, ctx, request):
        self.seen += 1
        if self.answers is not UNSET:
            return self.answers
        if request.method == "GET":
            return Reply(request.query.get("challenge", ""))
        if not hmac.compare_digest(request.headers.get("x-signature", ""), sign(request.body)):
            return ()
        return [Accepted(str(each["id"]), each) for each in json.loads(request.body)]

    def handle(self, ctx, event):
        if self.failing:
            self.failing -= 1
            raise RuntimeError("not now")
        self.handled.append(event.payload["id"])


def sign(body):
    return hmac.new(SECRET, body, hashlib.sha256).hexdigest()


class Site:
    def __init__(self, inst, clock):
        plugin = make_plugin("post", register_webhooks=lambda: [Posted])
        self.webhook = plugin.parts.webhooks[0]
        self.inst = inst
        self.clock = clock
        self.use(Plugins([plugin], inst.plugins.world))

    def use(self, plugins):
        """Go on with other plugins, as after a new start."""
        self.inst = replace(self.inst, plugins=plugins)
        self.house = House(self.inst, Kinds(jobs.kinds()))

    def post(self, *ids, signature=None, receiver="post.events", **headers):
        body = json.dumps([{"id": number} for number in ids]).encode()
        headers |= {"x-signature": sign(body) if signature is None else signature}
        delivery = Delivery("POST", headers, {}, body, self.clock())
        return receive(self.inst, receiver, delivery).status

    def work(self):
        while due := tick(self.house):
            for kind in due:
                runner.run(self.house, self.house.kinds[kind])

    def turn(self, *, on):
        with self.inst.db.write() as conn:
            turn(conn, Scope.INSTALLATION, "", "post", on=on)

    def states(self):
        with self.inst.db.read() as conn:
            return list(conn.execute(select(inbox.c.state).order_by(inbox.c.id)).scalars())


@pytest.fixture
def site(inst, clock):
    return Site(inst, clock)


def test_an_event_that_comes_three_times_is_handled_once(site):
    assert site.post(1, 2) == 200
    site.work()
    assert site.post(2, 1) == 200
    assert site.post(2, 3) == 200
    site.work()
    assert sorted(site.webhook.handled) == [1, 2, 3]


def test_a_forged_delivery_leaves_nothing(site):
    assert site.post(1, signature="0" * 64) == 403
    assert site.states() == []


def test_a_handshake_is_answered_at_once(site):
    ask = Delivery("GET", {}, {"challenge": "42"}, b"", site.clock())
    assert receive(site.inst, "post.events", ask).body == "42"


def test_a_reply_with_events_is_given_and_its_events_are_handled_once(site):
    site.webhook.answers = Reply(
        '{"code": "7"}', 200, "application/json", [Accepted("7", {"id": 7})]
    )
    delivery = Delivery("POST", {}, {}, b"", site.clock())
    for _ in range(2):
        answer = receive(site.inst, "post.events", delivery)
        assert (answer.status, answer.body) == (200, '{"code": "7"}')
    site.work()
    assert site.webhook.handled == [7]


def test_events_of_a_reply_are_looked_through_too(site):
    site.webhook.answers = Reply("ok", events=[Accepted("", {"id": 7})])
    assert site.post(7) == 503
    assert site.states() == []


def test_a_failing_handler_is_asked_again(site):
    site.webhook.failing = 2
    site.post(1)
    for _ in range(6):
        site.work()
        site.clock.advance(timedelta(minutes=30))
    assert site.webhook.handled == [1]


def test_while_switched_off_deliveries_are_kept_unseen_and_handled_after(site):
    site.turn(on=False)
    assert site.post(1) == 200
    assert site.post(1) == 200
    assert site.post(2, signature="forged") == 200
    site.work()
    assert site.webhook.seen == 0
    assert site.states() == ["unseen", "unseen"]
    site.turn(on=True)
    site.clock.advance(timedelta(hours=2))
    site.work()
    assert site.webhook.handled == [1]
    assert site.states() == ["handled", "refused", "handled"]


def test_a_forged_copy_kept_first_does_not_swallow_the_signed_delivery(site):
    site.turn(on=False)
    assert site.post(1, signature="forged") == 200
    assert site.post(1) == 200
    assert site.post(1, **{"x-forwarded-for": "198.51.100.7", "user-agent": "again"}) == 200
    assert site.states() == ["unseen", "unseen"]
    site.turn(on=True)
    site.clock.advance(timedelta(hours=2))
    site.work()
    assert site.webhook.handled == [1]


def test_strangers_fill_no_more_than_their_room(site, monkeypatch):
    monkeypatch.setattr(unseen, "MOST_UNSEEN", 2)
    site.turn(on=False)
    assert site.post(1, signature="a") == 200
    assert site.post(*range(40_000), signature="a") == 503
    assert site.post(2, signature="a") == 200
    assert site.post(3, signature="a") == 503
    assert site.post(2, signature="a") == 200
    monkeypatch.setattr(unseen, "MOST_UNSEEN", 9)
    monkeypatch.setattr(unseen, "MOST_UNSEEN_BYTES", 400)
    assert site.post(3, signature="a") == 503
    assert site.states() == ["unseen", "unseen"]


@pytest.mark.parametrize("bad", ["\x00", "\ud800"])
def test_what_no_database_keeps_is_not_kept_unseen(site, bad):
    site.turn(on=False)
    assert site.post(1, **{"x-odd": bad}) == 503
    assert site.states() == []


@pytest.mark.parametrize("state", [State.BROKEN, State.NEEDS_MIGRATION, State.DISCOVERED])
def test_deliveries_for_a_plugin_out_of_order_are_kept_and_handled_after(site, state):
    whole, world = site.inst.plugins, site.inst.plugins.world
    ill = Plugin("post", "post", "tombola-post", "1")
    ill.state = state
    site.use(Plugins([ill], world))
    assert site.post(1) == 200
    assert site.post(1, receiver="post.guessed") == 200
    assert (
        receive(site.inst, "post.events", Delivery("GET", {}, {}, b"", site.clock())).status == 503
    )
    for receiver in ("gone.events", "post.Bad name", "post."):
        with pytest.raises(NotFound):
            site.post(1, receiver=receiver)
    site.work()
    assert site.states() == ["unseen", "unseen"]
    site.use(whole)
    site.clock.advance(timedelta(hours=2))
    site.work()
    assert site.webhook.handled == [1]
    assert site.states() == ["handled", "refused", "handled"]


@pytest.mark.parametrize(
    "answer",
    [
        None, "events", {"id": 1}, [{"id": 1}], Accepted("1"), [Accepted("")],
        [Accepted("x" * 301)],
        [Accepted("a\x00")], [Accepted("\ud800")], [Accepted(WRONG)], [Accepted("1", WRONG)],
        [Accepted("1", {"a": object()})], [Accepted("1", {"a": float("nan")})],
        [Accepted("1", {"a": ["\x00"]})], [Accepted("1", {"\x00": 1})],
        [Accepted("1", {}, datetime(2026, 1, 1))],  # noqa: DTZ001 # the fault in question
        [Accepted("1"), "2"], Reply("x", 99), Reply("x", WRONG), Reply(WRONG),
        Reply("x", 200, "text/plain\r\nx: y"),
    ],
)  # fmt: skip
def test_an_answer_that_cannot_be_kept_is_the_plugins_fault(site, answer):
    site.webhook.answers = answer
    assert site.post(1) == 503
    assert site.states() == []
    with site.inst.db.read() as conn:
        (fault,) = quarantine.faults(conn, "post")
    assert fault.place == "receive"


def test_a_tuple_of_events_is_kept_as_it_says(site):
    at = site.clock()
    site.webhook.answers = (Accepted("é" * 300, {"id": "ok \\u0000"}, at), Accepted("2", {"id": 2}))
    assert site.post(1) == 200
    site.work()
    assert sorted(map(str, site.webhook.handled)) == ["2", "ok \\u0000"]


def test_nobodys_address_is_not_found(site):
    with pytest.raises(NotFound):
        receive(site.inst, "gone.events", Delivery("POST", {}, {}, b"", site.clock()))


def test_old_events_are_forgotten_and_unhandled_ones_are_not(site):
    settle_in(site.house)
    site.post(1)
    site.work()
    site.webhook.failing = 1_000
    site.post(2)
    site.clock.advance(timedelta(days=31))
    runner.run(site.house, site.house.kinds[jobs.SWEEP])
    assert site.states() == ["kept"]


@pytest.mark.slow
def test_an_event_that_always_fails_dies_after_its_tries_though_its_plugin_rests(site):
    site.webhook.failing = 1_000
    site.post(1, 2, 3)
    for _ in range(60):
        site.work()
        site.clock.advance(timedelta(minutes=30))
    with site.inst.db.read() as conn:
        ends = conn.execute(select(task.c.state).where(task.c.kind == "webhook")).scalars()
        assert list(ends) == ["dead"] * 3


def test_an_event_whose_duty_was_forgotten_goes_too(site):
    settle_in(site.house)
    site.turn(on=False)
    site.post(1)
    site.post(2)
    site.work()
    with site.inst.db.write() as conn:
        number = conn.execute(select(task.c.id).where(task.c.key == "1")).scalar_one()
        tasks.forget(conn, number)
    site.clock.advance(timedelta(hours=2))
    site.work()
    assert site.states() == ["unseen"]
