"""One-time codes: good once, for ten minutes, for one browser, and nobody learns more than that."""

import dataclasses
import re
import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from tombola.api import Invalid
from tombola.campaigns.rules import CampaignForm
from tombola.campaigns.service import create
from tombola.db.rows import insert_one
from tombola.entrants import codes
from tombola.entrants.codes import Proven, Wanted, Wrong
from tombola.entrants.models import code
from tombola.mail.models import mail
from tombola.teams import service as teams
from tombola.teams.rules import Actor, Role
from tombola.widget.models import visitor


class Door:
    """A campaign, browsers before it, and the mails that were written."""

    def __init__(self, inst, clock):
        settings = inst.settings.model_copy(update={"smtp_url": "smtp://127.0.0.1:1"})
        self.inst, self.clock = dataclasses.replace(inst, settings=settings), clock
        operator = Actor(0, "", None, "Op", Role.OWNER, operator=True)
        made = teams.create_team(inst, operator, teams.NewTeam(name="Team One"))
        actor = Actor(made.id, made.uid, None, "Ada", Role.OWNER)
        form = CampaignForm(title="C", starts_at=clock(), ends_at=clock() + timedelta(days=1))
        self.team_id, self.campaign_id = made.id, create(inst, actor, form).id
        self.ada, self.bob = self.browser("a"), self.browser("b")

    def browser(self, name):
        now = self.clock()
        with self.inst.db.write() as conn:
            return insert_one(
                conn, visitor, team_id=self.team_id, token_hash=name, created_at=now, seen_at=now
            )

    def ask(self, who, email="ada@tea.example", name="Ada", client="192.0.2.1"):
        wanted = Wanted(self.team_id, self.campaign_id, who, email, name, client)
        codes.ask(self.inst, wanted, lambda number: ("Your code", f"Code: {number}"))
        return self.mailed()

    def mailed(self):
        with self.inst.db.read() as conn:
            text = conn.execute(select(mail.c.text).order_by(mail.c.id.desc())).scalars().first()
        found = re.search(r"\d{6}", text or "")
        return found and found[0]

    def confirm(self, who, typed):
        with self.inst.db.write() as conn:
            wanted = (self.team_id, self.campaign_id, who)
            return codes.confirm(conn, self.inst.vault, wanted, typed, self.clock())

    def waiting(self, who):
        with self.inst.db.read() as conn:
            return codes.waiting(conn, self.team_id, self.campaign_id, who, self.clock())


def other(number):
    return f"{(int(number) + 1) % 10**6:06}"


@pytest.fixture
def door(inst, clock):
    return Door(inst, clock)


def test_the_right_code_proves_the_address_once(door):
    number = door.ask(door.ada, " Ada.L@Tea.Example ")
    assert door.waiting(door.ada).email == "ada.l@tea.example"
    assert door.confirm(door.ada, f" {number[:3]} {number[3:]} ") == Proven(
        "ada.l@tea.example", "Ada"
    )
    assert door.confirm(door.ada, number) is Wrong.GONE
    assert door.waiting(door.ada) is None


def test_digits_of_any_script_are_digits(door):
    number = door.ask(door.ada)
    arabic = number.translate({ord("0") + n: 0x660 + n for n in range(10)})
    assert isinstance(door.confirm(door.ada, arabic), Proven)


def test_the_code_is_kept_as_a_keyed_hash(door):
    number = door.ask(door.ada)
    with door.inst.db.read() as conn:
        row = conn.execute(select(code)).mappings().one()
    assert number not in {str(value) for value in row.values()}
    assert row["client"] != "192.0.2.1"


def test_another_browser_cannot_use_it(door):
    number = door.ask(door.ada)
    assert door.confirm(door.bob, number) is Wrong.GONE
    door.ask(door.bob, "bob@tea.example")
    assert door.confirm(door.bob, number) in {Wrong.MISTYPED, Proven("bob@tea.example", "Ada")}
    assert door.waiting(door.ada) is not None


def test_five_tries_and_no_more_even_with_the_right_code(door):
    number = door.ask(door.ada)
    answers = [door.confirm(door.ada, other(number)) for _ in range(5)]
    assert answers == [Wrong.MISTYPED] * 4 + [Wrong.SPENT]
    assert door.confirm(door.ada, number) is Wrong.SPENT
    number = door.ask(door.ada)
    assert isinstance(door.confirm(door.ada, number), Proven)


def test_it_ends_after_ten_minutes(door, clock):
    number = door.ask(door.ada)
    clock.advance(codes.LIVES - timedelta(seconds=1))
    assert door.waiting(door.ada) is not None
    clock.advance(timedelta(seconds=1))
    assert door.waiting(door.ada) is None
    assert door.confirm(door.ada, number) is Wrong.GONE


def test_the_newest_code_counts(door):
    first = door.ask(door.ada)
    second = door.ask(door.ada)
    if first != second:
        assert door.confirm(door.ada, first) is Wrong.MISTYPED
    assert isinstance(door.confirm(door.ada, second), Proven)


def test_a_mail_with_an_older_code_is_not_sent_any_more(door):
    door.ask(door.bob, "bob@tea.example")
    door.ask(door.ada)
    second = door.ask(door.ada)
    with door.inst.db.read() as conn:
        texts = conn.execute(select(mail.c.text).order_by(mail.c.id)).scalars().all()
    assert len(texts) == 2
    assert second in texts[1]


def test_a_code_that_is_no_longer_wanted_is_void(door, clock):
    number = door.ask(door.ada)
    with door.inst.db.write() as conn:
        codes.drop(conn, door.team_id, door.campaign_id, door.ada, clock())
    assert door.confirm(door.ada, number) is Wrong.GONE


def test_five_codes_an_hour_for_an_address_whoever_asks(door, clock):
    for n in range(5):
        door.ask(door.browser(f"x{n}"), client=f"192.0.2.{n}")
    with pytest.raises(Invalid, match="an hour"):
        door.ask(door.bob, "ADA@tea.example")
    door.ask(door.bob, "bob@tea.example")
    clock.advance(codes.WINDOW)
    door.ask(door.bob)


def test_five_codes_an_hour_from_a_browser_whatever_the_address(door):
    for n in range(5):
        door.ask(door.ada, f"a{n}@tea.example")
    with pytest.raises(Invalid, match="an hour"):
        door.ask(door.ada, "a9@tea.example")


def test_a_place_that_writes_to_everybody_is_stopped(door):
    for n in range(codes.MOST_FROM_CLIENT):
        door.ask(door.browser(f"x{n}"), f"a{n}@tea.example", client=f"2001:db8::{n:x}")
    with pytest.raises(Invalid, match="an hour"):
        door.ask(door.ada, client="2001:db8::ffff")
    door.ask(door.ada, client="2001:db8:0:1::1")


def test_five_codes_an_hour_even_at_once(door):
    browsers = [door.browser(f"x{n}") for n in range(12)]
    refused = []

    def ask(who):
        try:
            door.ask(who)
        except Invalid:
            refused.append(who)

    threads = [threading.Thread(target=ask, args=(who,)) for who in browsers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 7
    with door.inst.db.read() as conn:
        assert len(conn.execute(select(mail.c.id)).all()) == 5


def test_tries_at_once_are_counted_each(door):
    number = door.ask(door.ada)
    answers = []
    threads = [
        threading.Thread(target=lambda: answers.append(door.confirm(door.ada, other(number))))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers.count(Wrong.MISTYPED) == 4
    assert answers.count(Wrong.SPENT) == 4


@pytest.mark.parametrize("email", ["", "ada", "ada@tea.example\nBcc: x@y.example", "ada@localhost"])
def test_what_is_no_address_gets_no_mail(door, email):
    with pytest.raises(Invalid):
        door.ask(door.ada, email)
    assert door.mailed() is None


def test_without_mail_it_is_said(inst, door):
    door.inst = inst
    with pytest.raises(Invalid, match="cannot be sent"):
        door.ask(door.ada)


def test_old_codes_are_forgotten(door, clock):
    door.ask(door.ada)
    clock.advance(codes.KEPT + timedelta(minutes=1))
    door.ask(door.bob, "bob@tea.example")
    with door.inst.db.read() as conn:
        assert conn.execute(select(code.c.email)).scalars().all() == ["bob@tea.example"]
