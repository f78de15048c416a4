"""What channels hear: applied once, in any order, for the team whose account it is."""

import itertools
from datetime import timedelta
from typing import Any

import pytest

from tombola.api import Retry
from tombola.messages import rules
from tombola.messages.models import consent, contact
from tombola.plugins.switches import Scope, turn


def known(rookery) -> Any:
    """What the channel knows of the only person."""
    row = rookery.one(contact)
    return row and rules.Known(row["opted_out_at"], row["opted_in_at"], row["last_act_at"])


def test_a_completion_makes_entry_identity_consent_and_one_reply(rookery):
    ann = rookery.subscribe()
    assert rookery.entries() == [(ann.id, "valid")]
    found, agreed = rookery.known(), rookery.one(consent)
    assert (found.entrant_id, found.proven_at, found.consented_at) == (
        ann.id,
        rookery.clock(),
        rookery.clock(),
    )
    assert (agreed["identity_id"], agreed["why"], agreed["withdrawn_at"]) == (
        found.id,
        "completed",
        None,
    )
    rookery.work()
    (line,) = rookery.network.taken
    assert line[:3] == ("7:u1", "Welcome, Ann, to Win a lamp: 1 entries.", "confirmation")
    assert rookery.messages() == [("7:u1", "confirmation", "sent")]


def test_the_same_again_under_another_name_changes_nothing(rookery):
    ann = rookery.subscribe()
    rookery.work()
    rookery.subscribe(entrant=ann)
    rookery.work()
    assert len(rookery.entries()) == 1
    assert len(rookery.network.taken) == 1


def test_a_delivery_that_comes_twice_is_applied_once(rookery):
    ann = rookery.person()
    line = {"id": "same", "do": "completes", "who": "u1", "action": rookery.action.uid,
            "entrant": ann.uid, "reply": "Hello"}  # fmt: skip
    assert rookery.tell(line, line) == 200
    assert rookery.tell(line) == 200
    rookery.work()
    assert len(rookery.entries()) == 1
    assert len(rookery.network.taken) == 1


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_of_stop_and_start_the_later_one_stands_in_any_order(quick_rookery, order):
    rookery = quick_rookery
    now = rookery.clock()
    lines = [
        {"do": "stops", "who": "u1", "at": (now - timedelta(minutes=3)).isoformat()},
        {"do": "starts", "who": "u1", "at": (now - timedelta(minutes=2)).isoformat()},
        {"do": "stops", "who": "u1", "at": (now - timedelta(minutes=1)).isoformat()},
    ]
    for number in order:
        rookery.tell(lines[number])
    assert known(rookery).is_out


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_a_whole_conversation_ends_alike_in_any_order(quick_rookery, order):
    rookery = quick_rookery
    ann, now = rookery.person(), rookery.clock()
    completes = {"do": "completes", "action": rookery.action.uid, "entrant": ann.uid}
    lines = [
        {**completes, "who": "u1", "at": (now - timedelta(minutes=3)).isoformat()},
        {"do": "stops", "who": "u1", "at": (now - timedelta(minutes=2)).isoformat()},
        {"do": "starts", "who": "u1", "at": (now - timedelta(minutes=1)).isoformat()},
    ]
    for number in order:
        rookery.tell(lines[number])
        rookery.tell(lines[number])
    assert not known(rookery).is_out
    assert rookery.entries() == [(ann.id, "valid")]
    assert rookery.one(consent)["withdrawn_at"] is None


def test_a_stop_that_comes_before_the_news_that_somebody_entered_counts(rookery):
    ann, entered = rookery.person(), rookery.clock()
    rookery.clock.advance(timedelta(minutes=1))
    rookery.tell({"do": "stops", "who": "u1"})
    rookery.subscribe(entrant=ann, at=entered.isoformat())
    rookery.work()
    assert rookery.messages() == [("7:u1", "confirmation", "cancelled")]
    assert rookery.entries() == [(ann.id, "valid")]


def test_nothing_is_kept_of_strangers_who_write(rookery):
    rookery.tell({"do": "writes", "who": "u1", "name": "Someone"})
    assert rookery.known() is None


def test_an_earlier_act_that_comes_late_takes_nothing_back(rookery):
    rookery.subscribe()
    rookery.clock.advance(timedelta(minutes=1))
    now = rookery.clock()
    rookery.tell({"do": "writes", "who": "u1"})
    rookery.tell({"do": "writes", "who": "u1", "at": (now - timedelta(days=3)).isoformat()})
    assert known(rookery).last_act_at == now


def test_a_time_in_the_future_is_no_longer_window(quick_rookery):
    rookery = quick_rookery
    rookery.subscribe()
    now = rookery.clock()
    rookery.tell({"do": "writes", "who": "u1", "at": (now + timedelta(days=3)).isoformat()})
    assert known(rookery).last_act_at == now


def test_an_account_that_somebody_else_has_proven_stays_theirs_and_counts_once(rookery):
    ann = rookery.subscribe()
    bob = rookery.subscribe(name="Bob", proof="other")
    found = rookery.known()
    assert found.entrant_id == ann.id
    assert sorted(rookery.entries()) == [(ann.id, "valid"), (bob.id, "valid")]
    rookery.subscribe(name="Cid", proof="other")  # the same account, the same proof: known
    assert len(rookery.entries()) == 2


def test_what_names_nothing_of_the_team_is_ignored(rookery):
    ann = rookery.person()
    rookery.subscribe(entrant=ann, action="01890000-0000-7000-8000-00000000dead")
    rookery.tell({"do": "answers", "who": "u1", "about": "consent", "campaign": "x", "yes": True})
    assert rookery.entries() == []
    assert set(rookery.duties("channel_hear")) == {"done"}


def test_an_answer_that_nobody_asked_for_is_none(rookery):
    rookery.tell(
        {"do": "answers", "who": "u1", "about": "interest", "campaign": rookery.campaign.uid,
         "yes": True}
    )  # fmt: skip
    assert rookery.one(consent) is None


def test_a_channel_that_fails_stops_nobody_else(quick_rookery):
    rookery = quick_rookery
    rookery.channel.deaf = ValueError("broken")
    ann = rookery.subscribe()
    assert rookery.duties("webhook") == ["done"]
    assert rookery.duties("heard") == ["done"]
    assert rookery.duties("channel_hear") == ["ready"]
    rookery.channel.deaf = None
    rookery.clock.advance(timedelta(minutes=1))
    rookery.hear()
    assert rookery.entries() == [(ann.id, "valid")]


def test_a_network_that_stumbles_is_asked_again(quick_rookery):
    rookery = quick_rookery
    rookery.channel.deaf = Retry(timedelta(minutes=2))
    ann = rookery.subscribe()
    rookery.channel.deaf = None
    rookery.clock.advance(timedelta(minutes=2))
    rookery.hear()
    assert rookery.entries() == [(ann.id, "valid")]


def test_what_is_told_while_the_plugin_is_off_waits(quick_rookery):
    rookery = quick_rookery
    with rookery.inst.db.write() as conn:
        turn(conn, Scope.INSTALLATION, "", "raven", on=False)
    ann = rookery.subscribe()
    assert rookery.duties("channel_hear") == ["parked"]
    with rookery.inst.db.write() as conn:
        turn(conn, Scope.INSTALLATION, "", "raven", on=True)
    rookery.clock.advance(timedelta(minutes=6))
    rookery.hear()
    assert rookery.entries() == [(ann.id, "valid")]


def test_an_event_of_a_strangers_account_is_nobodys(quick_rookery):
    rookery = quick_rookery
    rookery.tell({"do": "writes", "who": "u1", "pier": "8"})
    assert rookery.duties("channel_heard") == []
