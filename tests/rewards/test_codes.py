"""Lists of codes: counted, sealed, known again, cleared, and warned of in time."""

import time

import pytest
from sqlalchemy import select, update

from tombola.api import Invalid, NotFound
from tombola.campaigns.prizes import Delivery
from tombola.entrants import erasing as entrants_erasing
from tombola.mail.models import mail
from tombola.rewards import codes, erasing
from tombola.rewards.models import reward_claim, reward_code
from tombola.rewards.rules import MOST_CODES, sort_codes, supply
from tombola.rewards.service import Came, show
from tombola.toolkit.vault import SealBroken


def take(booth, prize, *lines, **options):
    return codes.take(booth.inst, booth.actor, booth.campaign.uid, prize.uid, lines, **options)


def mails(booth):
    with booth.inst.db.read() as conn:
        rows = conn.execute(select(mail).order_by(mail.c.id)).mappings()
        return [(row["recipient"], row["subject"], row["text"]) for row in rows]


@pytest.fixture
def posting(booth):
    """The booth of an installation that sends mail."""
    settings = booth.inst.settings.model_copy(update={"smtp_url": "smtp://127.0.0.1:9"})
    object.__setattr__(booth.inst, "settings", settings)
    return booth


def test_what_is_no_code_is_counted_and_the_same_list_again_adds_nothing(booth):
    prize = booth.coded("A", "B")
    kept = take(booth, prize, "B", "C", " C ", "x" * 301, "", "D", empty=2)
    assert kept == codes.Kept(new=2, repeated=2, too_long=1, empty=3)
    assert take(booth, prize, "A", "B", "C", "D").new == 0
    assert booth.left(prize) == 4


def test_capitals_tell_codes_apart():
    assert sort_codes(["a", "A"]).codes == ("a", "A")


def test_codes_lie_sealed_and_open_nowhere_else(booth):
    prize = booth.coded("SECRET-1", "SECRET-2")
    with booth.inst.db.write() as conn:
        rows = conn.execute(select(reward_code).order_by(reward_code.c.id)).all()
        assert not any("SECRET" in str(row) for row in rows)
        conn.execute(update(reward_code).where(reward_code.c.id == rows[0].id).values(
            sealed=rows[1].sealed))  # fmt: skip
    booth.claim(booth.person(), prize)
    with pytest.raises(SealBroken):
        booth.lines()


def test_the_free_ones_can_be_cleared_and_the_others_stay(booth):
    prize, anna = booth.coded("A", "B", "C"), booth.person()
    booth.claim(anna, prize)
    clear = (booth.inst, booth.actor, booth.campaign.uid, prize.uid)
    assert (codes.clear(*clear), codes.clear(*clear)) == (2, 0)
    assert booth.claim(booth.person("2"), prize) is Came.SOLD_OUT
    assert [line.code for line in booth.lines()] == ["A"]


def test_too_many_codes_and_another_teams_prize_are_refused(booth):
    prize = booth.coded("A")
    with pytest.raises(Invalid, match="at most 1,000,000"):
        take(booth, prize, *(str(n) for n in range(MOST_CODES)))
    with pytest.raises(NotFound):
        codes.take(booth.inst, booth.actor, "nonsense", prize.uid, ["B"])


@pytest.mark.slow
def test_a_hundred_thousand_codes_are_taken_in_a_request(booth):
    prize = booth.coded()
    began = time.perf_counter()
    kept = take(booth, prize, *(f"CODE-{n:06}" for n in range(100_000)))
    assert kept.new == 100_000
    assert time.perf_counter() - began < 60
    assert booth.claim(booth.person(), prize) is Came.CLAIMED
    assert booth.left(prize) == 99_999


def test_the_team_is_told_once_when_few_are_left_and_once_when_none_is(posting):
    prize = posting.coded(*(f"C{n}" for n in range(12)))
    for n in range(12):
        posting.claim(posting.person(str(n)), prize)
    said = [(subject, text) for to, subject, text in mails(posting) if to == "ada@example.org"]
    assert [subject for subject, _ in said] == [
        "Few are left of “Sticker”", "Nothing is left of “Sticker”",
    ]  # fmt: skip
    assert "5 of 12 are left" in said[0][1]
    assert f"/team/club/campaign/thx01/prizes/{prize.uid}" in said[0][1]
    take(posting, prize, "D1")
    posting.claim(posting.person("12"), prize)
    assert len(mails(posting)) == 3


@pytest.mark.parametrize(
    ("stock", "claimed", "codes", "free", "left", "low"),
    [
        (None, 9, None, 0, None, False),
        (20, 14, None, 0, 6, False),
        (20, 15, None, 0, 5, True),
        (1000, 900, None, 0, 100, True),
        (10, 9, None, 0, 1, False),
        (10, 10, None, 0, 0, True),
        (5, 9, None, 0, 0, True),
        (50, 1, 100, 20, 20, False),
    ],
)
def test_stock_is_what_both_limits_leave(stock, claimed, codes, free, left, low):
    found = supply(stock, claimed, codes, free)
    assert (found.left, found.is_low) == (left, low)


def test_who_has_an_address_gets_a_mail_with_the_code_which_counts_as_seen(posting):
    prize, anna = posting.coded("A-1"), posting.person("anna", email="anna@mail.example")
    bert = posting.person("bert", email="bert at nowhere")
    posting.claim(anna, prize)
    assert mails(posting)[0] == ("anna@mail.example", "Yours: Sticker", "Here it is: A-1")
    assert posting.lines()[0].shown_at is not None
    take(posting, prize, "B-2")
    posting.claim(bert, prize)
    assert posting.lines()[0].shown_at is None


def test_what_the_team_has_to_send_is_not_delivered_by_the_mail(posting):
    prize = posting.prize(delivery=Delivery.CONTACT, delivery_text="")
    posting.claim(posting.person("anna", email="anna@mail.example"), prize)
    assert len(mails(posting)) == 1
    assert posting.lines()[0].delivered_at is None


def test_an_erased_persons_code_is_forgotten_and_stays_spent(booth):
    prize, anna = booth.coded("A-1", "B-2"), booth.person("anna")
    booth.claim(anna, prize)
    show(booth.inst, list(booth.claims(anna).values()))
    for _ in range(2):
        with booth.inst.db.write() as conn:
            doomed = entrants_erasing.find(conn, booth.actor.team_id, [anna.entrant_id])
            erasing.erase(conn, doomed)
    with booth.inst.db.read() as conn:
        assert [row.sealed == "" for row in conn.execute(
            select(reward_code).order_by(reward_code.c.id))] == [True, False]  # fmt: skip
        assert conn.execute(select(reward_claim.c.reason)).scalars().all() == [None]
    assert [line.code for line in booth.lines()] == [None]
    assert booth.left(prize) == 1
    assert take(booth, prize, "A-1").new == 0
