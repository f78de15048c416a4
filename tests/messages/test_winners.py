"""A winner's news: by the first way that works, once, with its state; and who is erased."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from tombola.api import Invalid, NotFound, Unreachable
from tombola.entrants import erasing as entrants_erasing
from tombola.entrants import service as entrants
from tombola.mail.models import mail
from tombola.messages import erasing, service
from tombola.messages.models import consent, contact, message

WON = "Hi {first_name|friend}, you won in {campaign}!"


@pytest.fixture
def mailing(rookery, monkeypatch):
    """The same installation with a mail server that nobody asks."""
    settings = rookery.inst.settings.model_copy(update={"smtp_url": "smtp://127.0.0.1:9"})
    object.__setattr__(rookery.inst, "settings", settings)
    return rookery


def tell(rookery, who, **more):
    return service.send_winner(
        rookery.inst, rookery.actor, rookery.campaign.uid, who.uid, WON, subject="draw-1", **more
    )


def mails(rookery):
    with rookery.inst.db.read() as conn:
        rows = conn.execute(select(mail.c.recipient, mail.c.text).where(mail.c.purpose == "winner"))
        return [tuple(row) for row in rows]


def test_a_winner_hears_by_the_channel_that_may_and_once(mailing):
    rookery = mailing
    ann = rookery.subscribe(reply="")
    assert tell(rookery, ann).channel == "raven.post"
    assert tell(rookery, ann).state == "planned"
    rookery.work()
    assert rookery.network.taken[-1][1:3] == ("Hi Ann, you won in Win a lamp!", "winner")
    assert tell(rookery, ann).state == "sent"
    rookery.work()
    assert len(rookery.network.taken) == 1
    with rookery.inst.db.read() as conn:
        assert service.told(conn, rookery.campaign.id, "draw-1")[ann.uid].state == "sent"


def test_mail_is_the_way_when_the_window_is_shut(mailing):
    rookery = mailing
    ann = rookery.subscribe(entrant=rookery.person(email="ann@mail.example"), reply="")
    rookery.clock.advance(timedelta(days=2))
    found = service.ways(rookery.inst, rookery.actor, rookery.campaign.uid, ann.uid)
    assert [(each.channel, each.may) for each in found] == [("mail", True), ("raven.post", False)]
    line = tell(rookery, ann)
    assert (line.channel, line.state) == ("mail", "planned")
    assert mails(rookery) == [("ann@mail.example", "Hi Ann, you won in Win a lamp!")]
    tell(rookery, ann)
    assert len(mails(rookery)) == 1
    with pytest.raises(Invalid):
        tell(rookery, rookery.person("Nobody"), channel="raven.post")


def test_who_was_not_reached_by_one_way_is_told_by_another(mailing):
    rookery = mailing
    ann = rookery.subscribe(entrant=rookery.person(email="ann@mail.example"), reply="")
    rookery.network.trouble = [Unreachable("They blocked you.")]
    tell(rookery, ann)
    rookery.work()
    with rookery.inst.db.read() as conn:
        assert service.told(conn, rookery.campaign.id, "draw-1")[ann.uid].state == "rejected"
    assert tell(rookery, ann).channel == "mail"


def test_a_winner_without_any_way_is_said_to_have_none(rookery):
    bob = rookery.person("Bob")
    with pytest.raises(Invalid, match="no address and no account"):
        tell(rookery, bob)
    with pytest.raises(Invalid, match="Known placeholders"):
        service.send_winner(
            rookery.inst, rookery.actor, rookery.campaign.uid, bob.uid, "{oops}", subject="x"
        )
    other = type(bob)(**{**bob.model_dump(), "uid": "01890000-0000-7000-8000-00000000dead"})
    with pytest.raises(NotFound):
        tell(rookery, other)


def test_what_is_left_of_who_is_erased_is_that_something_was_sent(rookery):
    ann = rookery.subscribe(tag="tea")
    rookery.work()
    rookery.clock.advance(timedelta(days=2))
    rookery.broadcast()
    with rookery.inst.db.write() as conn:
        doomed = entrants_erasing.find(conn, rookery.house.team.id, [ann.id])
        erasing.erase(conn, doomed)
        entrants_erasing.erase(conn, doomed, rookery.clock())
        again = entrants_erasing.find(conn, rookery.house.team.id, [ann.id])
        erasing.erase(conn, again)
    with rookery.inst.db.read() as conn:
        assert conn.execute(select(contact)).first() is None
        assert conn.execute(select(consent)).first() is None
        rows = conn.execute(select(message.c.text, message.c.tag, message.c.state)).all()
        assert entrants.find(conn, rookery.house.team.id, "raven.id", "7:u1") is None
    assert sorted(tuple(row) for row in rows) == [("", None, "cancelled"), ("", None, "sent")]
    rookery.work()
    assert len(rookery.network.taken) == 1
    text = rookery.house.client("viewer").get(
        f"/team/lamps/campaign/{rookery.campaign.key}/messages"
    )
    assert "erased person" in text.text
