"""Claiming: what has to be done first, what is left, and what becomes of it."""

from datetime import timedelta

import pytest

from tombola.api import Conflict, Forbidden, Invalid, NotFound
from tombola.campaigns import prizes, service
from tombola.campaigns.prizes import Delivery, PrizeForm
from tombola.campaigns.rules import CampaignForm
from tombola.entries.changes import Act
from tombola.entries.linking import link, unlink
from tombola.rewards import deciding
from tombola.rewards.rules import State
from tombola.rewards.service import Came, show


def test_one_action_too_few_is_locked_and_with_the_last_one_it_opens(booth):
    first, second, third = (booth.action() for _ in range(3))
    prize, anna = booth.prize(needs=3), booth.person()
    booth.does(anna, first, second, second, first)
    assert booth.claim(anna, prize) is Came.LOCKED
    booth.does(anna, third)
    assert booth.claim(anna, prize) is Came.CLAIMED
    assert booth.claim(anna, prize) is Came.KNOWN
    assert len(booth.lines()) == 1


def test_what_is_mandatory_has_to_be_among_what_is_done(booth):
    must, other, another = booth.action(mandatory=True), booth.action(), booth.action()
    prize, anna = booth.prize(needs=2), booth.person()
    booth.does(anna, other, another)
    assert booth.claim(anna, prize, must) is Came.LOCKED
    booth.does(anna, must)
    assert booth.claim(anna, prize, must) is Came.CLAIMED


def test_stock_is_refused_with_the_one_after_the_last(booth):
    prize = booth.prize(stock=2)
    came = [booth.claim(booth.person(name), prize) for name in "abc"]
    assert came == [Came.CLAIMED, Came.CLAIMED, Came.SOLD_OUT]
    assert booth.left(prize) == 0
    prizes.change(
        booth.inst, booth.actor, booth.campaign.uid, prize.uid,
        PrizeForm(title="Sticker", stock=3, delivery=Delivery.TEXT, delivery_text="Here."),
    )  # fmt: skip
    assert booth.claim(booth.person("c"), prize) is Came.CLAIMED
    assert booth.claim(booth.person("d"), prize) is Came.SOLD_OUT


def test_each_gets_a_code_of_their_own_in_the_order_of_the_list(booth):
    prize = booth.coded("A-1", "B-2", "C-3", stock=2)
    people = [booth.person(name) for name in "xyz"]
    assert [booth.claim(who, prize) for who in people][2] is Came.SOLD_OUT
    mine = [list(show(booth.inst, list(booth.claims(who).values())).values()) for who in people]
    assert mine == [["A-1"], ["B-2"], []]


def test_before_the_start_and_after_the_end_nothing_is_given(booth, clock):
    prize, anna = booth.prize(), booth.person()
    clock.advance(timedelta(days=5))
    assert booth.claim(anna, prize) is Came.SHUT
    clock.advance(timedelta(days=-11))
    assert booth.claim(anna, prize) is Came.SHUT


def test_nothing_can_be_claimed_of_a_competition_or_of_a_prize_that_is_gone(booth):
    prize, anna = booth.prize(), booth.person()
    prizes.remove(booth.inst, booth.actor, booth.campaign.uid, prize.uid)
    with pytest.raises(NotFound):
        booth.claim(anna, prize)
    found = booth.campaign
    form = CampaignForm(title="Win", starts_at=found.starts_at, ends_at=found.ends_at)
    booth.campaign = service.create(booth.inst, booth.actor, form)
    with pytest.raises(NotFound):
        booth.claim(anna, booth.prize())


def test_what_was_claimed_stays_when_its_prize_is_removed(booth):
    prize, anna = booth.coded("A-1"), booth.person()
    booth.claim(anna, prize)
    prizes.remove(booth.inst, booth.actor, booth.campaign.uid, prize.uid)
    mine = booth.claims(anna)[prize.id]
    assert show(booth.inst, [mine]) == {mine.id: "A-1"}


def test_a_claim_stays_and_is_doubtful_while_what_it_stands_on_is_taken_back(booth):
    first, second, extra = booth.action(), booth.action(), booth.action()
    prize, anna, bert = booth.prize(needs=2), booth.person("anna"), booth.person("bert")
    for who in (anna, bert):
        booth.does(who, first, second)
        booth.claim(who, prize)
    booth.does(bert, extra)
    assert [line.doubtful for line in booth.lines()] == [False, False]
    booth.revoke(anna)
    assert [line.name for line in booth.lines(doubtful=True)] == ["anna"]
    assert booth.claims(anna)[prize.id].state is State.CLAIMED
    assert booth.claim(anna, prize) is Came.KNOWN
    booth.restore(anna)
    assert booth.lines(doubtful=True) == []


def test_a_mandatory_action_that_is_taken_back_makes_it_doubtful_too(booth):
    must, other = booth.action(mandatory=True), booth.action()
    prize, anna = booth.prize(), booth.person()
    booth.does(anna, must, other)
    booth.claim(anna, prize, must)
    assert booth.lines(doubtful=True) == []
    booth.revoke(anna)
    assert len(booth.lines(doubtful=True)) == 1


def test_a_claim_goes_along_with_its_identity_and_back(booth, clock):
    prize, anna, other = booth.coded("A-1", "B-2"), booth.person("anna"), booth.person("other")
    booth.claim(other, prize)
    with booth.inst.db.write() as conn:
        act = Act("link", booth.actor, "", "x", clock())
        number = link(conn, other, anna.entrant_id, "admin", act)
        assert number is not None
    assert booth.claim(anna, prize) is Came.KNOWN
    assert [line.code for line in booth.lines()] == ["A-1"]
    with booth.inst.db.write() as conn:
        unlink(conn, number, Act("unlink", booth.actor, "", "x", clock()))
    assert booth.claims(anna) == {}
    assert booth.claim(anna, prize) is Came.CLAIMED


def test_a_code_that_nobody_has_seen_goes_back_in_stock_and_a_seen_one_never(booth):
    prize, anna, bert = booth.coded("A-1", "B-2"), booth.person("anna"), booth.person("bert")
    booth.claim(anna, prize)
    booth.claim(bert, prize)
    show(booth.inst, list(booth.claims(bert).values()))
    by_name = {line.name: line for line in booth.lines()}
    undo = (booth.inst, booth.actor, booth.campaign.uid)
    assert deciding.take_back(*undo, by_name["anna"].uid, "a bot") is True
    assert deciding.take_back(*undo, by_name["bert"].uid, "a bot") is False
    assert deciding.take_back(*undo, by_name["bert"].uid, "again") is False
    assert booth.left(prize) == 1
    assert booth.claim(anna, prize) is Came.UNDONE
    assert booth.claims(anna)[prize.id].reason == "a bot"
    carl = booth.person("carl")
    assert booth.claim(carl, prize) is Came.CLAIMED
    assert list(show(booth.inst, list(booth.claims(carl).values())).values()) == ["A-1"]


def test_what_was_taken_back_can_be_given_back_as_long_as_something_is_left(booth):
    prize, anna, bert = booth.coded("A-1"), booth.person("anna"), booth.person("bert")
    booth.claim(anna, prize)
    undo = (booth.inst, booth.actor, booth.campaign.uid)
    uid = booth.lines()[0].uid
    deciding.take_back(*undo, uid, "a mistake")
    deciding.give_back(*undo, uid)
    deciding.give_back(*undo, uid)
    assert booth.claims(anna)[prize.id].state is State.CLAIMED
    deciding.take_back(*undo, uid, "another")
    booth.claim(bert, prize)
    with pytest.raises(Conflict, match="Nothing is left"):
        deciding.give_back(*undo, uid)


def test_a_seen_code_is_given_back_to_whom_it_was_taken_from(booth):
    prize, anna = booth.coded("A-1"), booth.person()
    booth.claim(anna, prize)
    show(booth.inst, list(booth.claims(anna).values()))
    undo = (booth.inst, booth.actor, booth.campaign.uid)
    uid = booth.lines()[0].uid
    deciding.take_back(*undo, uid, "a mistake")
    deciding.give_back(*undo, uid)
    assert [(line.code, line.state) for line in booth.lines()] == [("A-1", State.DELIVERED)]


def test_what_the_team_sends_is_delivered_when_the_team_says_so(booth):
    prize, anna = booth.prize(delivery=Delivery.CONTACT, delivery_text=""), booth.person()
    booth.claim(anna, prize)
    show(booth.inst, list(booth.claims(anna).values()))
    act = (booth.inst, booth.actor, booth.campaign.uid, [booth.lines()[0].uid])
    assert booth.claims(anna)[prize.id].state is State.CLAIMED
    assert (deciding.deliver(*act), deciding.deliver(*act)) == (1, 0)
    assert booth.claims(anna)[prize.id].state is State.DELIVERED
    assert deciding.undeliver(*act) == 1
    assert [line.delivered_at for line in booth.lines()] == [None]


def test_viewers_see_no_codes_and_decide_nothing_and_another_team_finds_nothing(booth):
    prize, anna = booth.coded("A-1"), booth.person()
    booth.claim(anna, prize)
    uid = booth.lines()[0].uid
    for attempt in (
        lambda who: deciding.deliver(booth.inst, who, booth.campaign.uid, [uid]),
        lambda who: deciding.take_back(booth.inst, who, booth.campaign.uid, uid, "x"),
        lambda who: deciding.give_back(booth.inst, who, booth.campaign.uid, uid),
    ):
        with pytest.raises(Forbidden):
            attempt(booth.viewer)
    with pytest.raises(Invalid):
        deciding.take_back(booth.inst, booth.actor, booth.campaign.uid, uid, "  ")
    with pytest.raises(NotFound):
        deciding.take_back(booth.inst, booth.actor, booth.campaign.uid, "nonsense", "x")
