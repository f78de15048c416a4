"""Sending: at most once, by the rules of the moment, and what is uncertain is never repeated."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tombola.api import (
    CredentialExpired,
    HttpFailed,
    NotFound,
    NotNow,
    OutOfCredit,
    Rejected,
    Retry,
    SourceGone,
    Throttled,
    Unreachable,
)
from tombola.connections.models import connection
from tombola.connections.rules import ConnectionState
from tombola.messages import service
from tombola.messages.models import contact, message
from tombola.messages.rules import State
from tombola.plugins.switches import Scope, turn


def reason(rookery):
    return rookery.rows()[-1]["reason"]


def test_a_message_waits_while_the_window_is_shut_and_goes_when_they_write(rookery):
    rookery.subscribe()
    rookery.work()
    rookery.clock.advance(timedelta(days=2))
    rookery.broadcast()
    assert rookery.messages()[-1] == ("7:u1", "campaign_changed", "waiting")
    assert reason(rookery) == "They wrote to you more than a day ago."
    rookery.tell({"do": "writes", "who": "u1"})
    rookery.work()
    assert rookery.messages()[-1] == ("7:u1", "campaign_changed", "sent")
    assert rookery.network.taken[-1][1] == "It lasts longer."


@pytest.mark.parametrize(("hours", "state"), [(23.9, "sent"), (24.1, "waiting")])
def test_the_window_is_a_day(quick_rookery, hours, state):
    rookery = quick_rookery
    rookery.subscribe()
    rookery.work()
    rookery.clock.advance(timedelta(hours=hours))
    rookery.broadcast()
    assert rookery.messages()[-1][2] == state


def test_an_opt_out_is_final_and_takes_back_what_waited(rookery):
    rookery.subscribe()
    rookery.work()
    rookery.clock.advance(timedelta(days=2))
    rookery.broadcast()
    rookery.tell({"do": "stops", "who": "u1"})
    assert rookery.messages()[-1][2] == "cancelled"
    rookery.tell({"do": "writes", "who": "u1"})
    rookery.work()
    rookery.broadcast("other", "Anything")
    assert [line[2] for line in rookery.messages()] == ["sent", "cancelled", "cancelled"]
    assert len(rookery.network.taken) == 1


def test_an_opt_out_that_comes_while_it_is_judged_still_counts(rookery):
    rookery.subscribe(reply="")

    def stop(*_):
        rookery.channel.assess = judge
        rookery.tell({"do": "stops", "who": "u1"})
        return judge(*_)

    judge = rookery.channel.assess
    rookery.channel.assess = stop
    rookery.broadcast()
    assert rookery.messages() == [("7:u1", "campaign_changed", "cancelled")]
    assert rookery.network.taken == []


def test_two_accounts_that_have_become_one_person_get_it_once(rookery):
    ann = rookery.subscribe("u1", reply="")
    bob = rookery.subscribe("u2", name="Ann again", reply="")
    rookery.become("7:u2", ann)
    rookery.broadcast()
    assert bob.id != ann.id
    assert sorted(line[2] for line in rookery.messages()) == ["cancelled", "sent"]
    assert len(rookery.network.taken) == 1


def test_whoever_had_it_before_the_merge_has_had_it(rookery):
    ann = rookery.subscribe("u1", reply="")
    rookery.broadcast()
    rookery.subscribe("u2", name="Ann again", reply="")
    rookery.become("7:u2", ann)
    rookery.broadcast()
    assert len(rookery.network.taken) == 1


def test_one_purpose_one_message_however_many_broadcasts(rookery):
    rookery.subscribe(reply="")
    for _ in range(3):
        rookery.broadcast()
    assert [line[1] for line in rookery.network.taken] == ["It lasts longer."]


TROUBLE: dict[str, tuple[Any, str]] = {
    "retry": (Retry(timedelta(minutes=10)), "planned"),
    "throttled": (None, "planned"),
    "credit": (OutOfCredit(), "planned"),
    "odd": (ValueError("cut off"), "unknown"),
    "refused": (Rejected("x", "Not like this.", retryable=False), "rejected"),
    "again": (Rejected("x", "Not now.", retryable=True), "planned"),
    "policy": (NotNow("Another rule."), "waiting"),
    "blocked": (Unreachable("They blocked you."), "rejected"),
    "gone": (SourceGone("no such person"), "rejected"),
    "nonsense": ("what?", "unknown"),
}


@pytest.mark.parametrize("kind", sorted(TROUBLE))
def test_each_trouble_means_what_the_contract_says(quick_rookery, kind):
    rookery = quick_rookery
    trouble, state = TROUBLE[kind]
    trouble = trouble or Throttled("page", rookery.clock() + timedelta(minutes=30))
    rookery.subscribe(reply="")
    rookery.network.trouble = [trouble]
    rookery.broadcast()
    assert rookery.messages() == [("7:u1", "campaign_changed", state)]
    assert rookery.network.taken == []
    assert reason(rookery) is not None
    rookery.clock.advance(timedelta(hours=7))
    rookery.work()
    again = state in {"planned", "waiting"}
    assert len(rookery.network.taken) == again


def test_a_refusal_that_may_be_repeated_is_repeated_twice(quick_rookery):
    rookery = quick_rookery
    rookery.subscribe(reply="")
    rookery.network.trouble = [Rejected("x", "Not now.", retryable=True)] * 9
    rookery.broadcast()
    for _ in range(9):
        rookery.clock.advance(timedelta(minutes=6))
        rookery.work()
    assert rookery.messages()[0][2] == "rejected"
    assert len(rookery.network.trouble) == 6


def test_nobody_who_blocked_is_written_to_until_they_write(rookery):
    rookery.subscribe(reply="")
    rookery.network.trouble = [Unreachable("They blocked you.")]
    rookery.broadcast()
    rookery.broadcast("other", "Anything")
    assert [line[2] for line in rookery.messages()] == ["rejected", "cancelled"]
    rookery.clock.advance(timedelta(minutes=1))
    rookery.tell({"do": "writes", "who": "u1"})
    rookery.broadcast("campaign_ended", "It is over.")
    assert rookery.messages()[-1][2] == "sent"


def test_a_resting_account_keeps_everybody_waiting(rookery):
    rookery.subscribe("u1", reply="")
    rookery.subscribe("u2", name="Bob", reply="")
    rookery.network.trouble = [Throttled("page", rookery.clock() + timedelta(minutes=30))]
    rookery.broadcast()
    rookery.clock.advance(timedelta(minutes=29))
    rookery.work()
    assert rookery.network.taken == []
    rookery.clock.advance(timedelta(minutes=2))
    rookery.work()
    assert len(rookery.network.taken) == 2


def test_an_answer_that_never_came_leaves_one_unknown_and_a_short_rest(rookery):
    for number in range(3):
        rookery.subscribe(f"u{number}", name=f"Ann {number}", reply="")
    rookery.network.trouble = [HttpFailed("no answer")] * 2
    rookery.broadcast()
    assert sorted(line[2] for line in rookery.messages()) == ["planned", "planned", "unknown"]
    rookery.clock.advance(timedelta(minutes=2))
    rookery.work()
    rookery.clock.advance(timedelta(minutes=2))
    rookery.work()
    assert sorted(line[2] for line in rookery.messages()) == ["sent", "unknown", "unknown"]


def test_an_account_that_lost_its_key_waits_for_a_member(rookery):
    rookery.subscribe(reply="")
    rookery.network.trouble = [CredentialExpired("changed password")]
    rookery.broadcast()
    assert rookery.duties("messages") == ["parked"]
    with rookery.inst.db.read() as conn:
        assert conn.execute(select(connection.c.state)).scalar_one() == ConnectionState.BROKEN
    assert rookery.messages()[-1][2] == "planned"
    with rookery.inst.db.write() as conn:
        conn.execute(connection.update().values(state=ConnectionState.WORKS))
    rookery.clock.advance(timedelta(minutes=6))
    rookery.work()
    assert len(rookery.network.taken) == 1


def test_while_the_plugin_is_off_nothing_is_sent_and_nothing_lost(rookery):
    rookery.subscribe(reply="")
    with rookery.inst.db.write() as conn:
        turn(conn, Scope.INSTALLATION, "", "raven", on=False)
    rookery.broadcast()
    assert rookery.network.taken == []
    with rookery.inst.db.write() as conn:
        turn(conn, Scope.INSTALLATION, "", "raven", on=True)
    rookery.clock.advance(timedelta(minutes=6))
    rookery.work()
    assert len(rookery.network.taken) == 1


def test_an_unknown_message_is_sent_again_by_a_person_alone(rookery):
    rookery.subscribe(reply="")
    rookery.network.trouble = [ValueError("cut off")]
    rookery.broadcast()
    for _ in range(5):
        rookery.clock.advance(timedelta(hours=5))
        rookery.work()
    assert (rookery.messages()[0][2], rookery.network.taken) == ("unknown", [])
    rookery.tell({"do": "writes", "who": "u1"})
    uid = rookery.rows()[0]["uid"]
    service.settle(rookery.inst, rookery.actor, rookery.campaign.uid, uid, arrived=False)
    rookery.work()
    assert rookery.messages()[0][2] == "sent"
    assert len(rookery.network.taken) == 1
    with pytest.raises(NotFound):
        service.settle(rookery.inst, rookery.actor, rookery.campaign.uid, uid, arrived=False)


def test_an_unknown_message_that_a_person_saw_is_sent(quick_rookery):
    rookery = quick_rookery
    rookery.subscribe(reply="")
    rookery.network.trouble = [ValueError("cut off")]
    rookery.broadcast()
    uid = rookery.rows()[0]["uid"]
    service.settle(rookery.inst, rookery.actor, rookery.campaign.uid, uid, arrived=True)
    rookery.work()
    assert (rookery.messages()[0][2], rookery.network.taken) == ("sent", [])


def test_a_confirmation_that_is_a_day_late_is_not_sent(quick_rookery):
    rookery = quick_rookery
    rookery.network.trouble = [Retry(timedelta(hours=25))]
    rookery.subscribe()
    rookery.work()
    rookery.clock.advance(timedelta(hours=26))
    rookery.work()
    assert rookery.messages() == [("7:u1", "confirmation", "cancelled")]


def test_news_of_arrival_only_goes_forward_in_any_order(rookery):
    rookery.subscribe()
    rookery.work()
    (ref,) = [row["external_id"] for row in rookery.rows()]
    rookery.tell({"do": "read", "who": "u1", "ids": [ref]})
    rookery.tell({"do": "arrived", "who": "u1", "ids": [ref]})
    assert rookery.messages()[0][2] == "read"


def test_news_of_arrival_may_be_quicker_than_the_answer(rookery):
    rookery.network.on_send = lambda: rookery.tell({"do": "arrived", "who": "u1", "all": True})
    rookery.subscribe()
    rookery.work()
    assert rookery.messages()[0][2] == "delivered"


def test_what_somebody_has_given_opens_the_window_until_it_is_used(rookery):
    rookery.subscribe(reply="")
    rookery.clock.advance(timedelta(days=3))
    rookery.tell({"do": "gives", "who": "u1"})
    rookery.broadcast()
    assert rookery.messages()[0][2] == "sent"
    assert rookery.network.recipients[-1].grants["egg"].value == "token"
    with rookery.inst.db.read() as conn:
        kept = conn.execute(select(contact.c.grants)).scalar_one()
    assert "token" not in kept


def test_a_worker_that_was_taken_over_writes_nothing_more(rookery):
    """The first worker hangs in the call past its lease; another one takes over meanwhile."""
    rookery.subscribe(reply="")
    hanging, go_on = threading.Event(), threading.Event()

    def hang():
        rookery.network.on_send = None
        hanging.set()
        go_on.wait(20)

    rookery.network.on_send = hang
    first = threading.Thread(target=rookery.broadcast)
    first.start()
    assert hanging.wait(20)
    rookery.clock.advance(timedelta(minutes=3))
    rookery.work()
    assert rookery.messages()[0][2] == "unknown"
    go_on.set()
    first.join(30)
    rookery.work()
    assert rookery.messages()[0][2] == "unknown"
    assert len(rookery.network.taken) == 1


def test_two_workers_at_once_send_each_message_once(rookery):
    for number in range(12):
        rookery.subscribe(f"u{number}", name=f"Ann {number}", reply="")
    ready = threading.Barrier(2)

    def run():
        ready.wait()
        rookery.work()

    rookery.broadcast()
    both = [threading.Thread(target=run) for _ in range(2)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    rookery.work()
    assert sorted(line[0] for line in rookery.network.taken) == sorted(
        f"7:u{number}" for number in range(12)
    )


def test_confirmations_overtake_a_broadcast(quick_rookery):
    rookery = quick_rookery
    for number in range(3):
        rookery.subscribe(f"u{number}", name=f"Ann {number}", reply="")
    rookery.network.trouble = [Throttled("page", rookery.clock() + timedelta(minutes=5))]
    rookery.broadcast()
    rookery.subscribe("u9", name="New")
    rookery.clock.advance(timedelta(minutes=6))
    rookery.work()
    assert [line[2] for line in rookery.network.taken] == [
        "confirmation",
        *["campaign_changed"] * 3,
    ]


def test_the_row_says_sending_before_the_network_is_asked(rookery):
    states = []

    def look():
        with rookery.inst.db.read() as conn:
            states.append(conn.execute(select(message.c.state)).scalar_one())

    rookery.network.before = look
    rookery.subscribe()
    rookery.work()
    assert states == [State.SENDING]
