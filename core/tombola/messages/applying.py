"""What happenings change: whom a channel knows, what they answered, what has arrived."""

from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import ColumnElement, Connection, update

from tombola.api import (
    Answered,
    Channel,
    Completes,
    Delivered,
    Granted,
    Happening,
    Interacted,
    OptedIn,
    OptedOut,
    Read,
)
from tombola.api import Grant as Given
from tombola.campaigns.models import campaign as campaign_table
from tombola.campaigns.service import Campaign
from tombola.connections.rules import text_document
from tombola.db.rows import first
from tombola.entrants import service as entrants
from tombola.installation import Installation
from tombola.messages import consents, people, queueing, rules
from tombola.messages.models import contact, message
from tombola.messages.rules import State

log = structlog.get_logger("tombola.messages")


def apply(
    conn: Connection, inst: Installation, team_id: int, channel: Channel, happening: Happening
) -> None:
    """Apply one happening; ``Completes`` has been, as far as it is about entries.

    Each changes nothing when it is applied again, and of two that say different things the later
    one stands, whatever their order. Nothing is kept of strangers, who have entered nothing, but
    that they want no messages: the news that they entered may come later.
    """
    now = inst.clock()
    at = min(happening.at, now)  # a network's clock that is ahead must not win for ever
    number = _identity(conn, team_id, happening, now)
    if number is None:
        return
    match happening:
        case Interacted() | Completes():
            people.note(conn, team_id, channel.key, number, last_act_at=at)
            queueing.free(conn, team_id, [number], now)
        case OptedOut():
            _out(conn, team_id, channel, number, happening, at, now)
        case OptedIn():
            people.note(conn, team_id, channel.key, number, opted_in_at=at)
        case Answered():
            _answered(conn, team_id, channel, number, happening, at, now)
        case Granted():
            given = Given(happening.value, happening.until)
            people.give(conn, inst.vault, team_id, channel.key, number, happening.name, given)
            queueing.free(conn, team_id, [number], now)
        case Delivered() | Read():
            _arrived(conn, team_id, channel, number, happening, at)


def _identity(conn: Connection, team_id: int, happening: Happening, now: datetime) -> int | None:
    """The row of whom it is about, made for whoever says something about being written to."""
    seen = happening.identity
    if isinstance(happening, OptedOut | OptedIn):
        return entrants.resolve(conn, team_id, [seen], now)[seen.provider, seen.uid].id
    known = entrants.find(conn, team_id, seen.provider, seen.uid)
    return None if known is None else known.id


def _out(
    conn: Connection,
    team_id: int,
    channel: Channel,
    number: int,
    happening: OptedOut,
    at: datetime,
    now: datetime,
) -> None:
    """Somebody wants nothing more: what was on its way to them is taken back."""
    people.note(conn, team_id, channel.key, number, opted_out_at=at)
    key = (contact.c.team_id == team_id, contact.c.channel == channel.key)
    why = {"opted_out_why": text_document(happening.why) if happening.why else None}
    conn.execute(update(contact).where(*key, contact.c.identity_id == number).values(**why))
    row = first(conn, contact.select().where(*key, contact.c.identity_id == number))
    known = rules.Known(opted_out_at=at, opted_in_at=row["opted_in_at"] if row else None)
    if known.is_out:
        theirs = (message.c.identity_id == number, message.c.channel == channel.key)
        queueing.cancel(conn, rules.Held.OPTED_OUT, now, *theirs)


def _answered(
    conn: Connection,
    team_id: int,
    channel: Channel,
    number: int,
    happening: Answered,
    at: datetime,
    now: datetime,
) -> None:
    people.note(conn, team_id, channel.key, number, last_act_at=at)
    found = campaign_of(conn, team_id, happening.campaign_id)
    if found is None:
        log.info("answer_about_nothing", channel=channel.key)
        return
    about = happening.about
    consents.answer(conn, found, number, channel.key, about, at, yes=happening.yes)
    queueing.free(conn, team_id, [number], now)


def campaign_of(conn: Connection, team_id: int, uid: str) -> Campaign | None:
    """A campaign of a team by its public name, or None."""
    mine = (campaign_table.c.team_id == team_id, campaign_table.c.uid == uid)
    row = first(conn, campaign_table.select().where(*mine))
    return None if row is None else Campaign.model_validate(row)


def _arrived(
    conn: Connection,
    team_id: int,
    channel: Channel,
    number: int,
    happening: Delivered | Read,
    at: datetime,
) -> None:
    """Keep how far messages came; it never goes back."""
    is_read = isinstance(happening, Read)
    theirs: list[ColumnElement[bool]] = [
        message.c.team_id == team_id,
        message.c.channel == channel.key,
        message.c.identity_id == number,
    ]
    which: list[list[ColumnElement[bool]]] = []
    if happening.external_ids:
        which.append([message.c.external_id.in_(list(happening.external_ids))])
    if happening.through is not None:
        name = "read_through" if is_read else "delivered_through"
        people.note(conn, team_id, channel.key, number, **{name: happening.through})
        which.append([message.c.began_at <= happening.through])
    for condition in which:
        before: ColumnElement[bool]
        if is_read:
            before = message.c.state.in_([State.SENT, State.DELIVERED])
            values: dict[str, Any] = {"state": State.READ, "read_at": at}
        else:
            before = message.c.state == State.SENT
            values = {"state": State.DELIVERED, "delivered_at": at}
        conn.execute(update(message).where(*theirs, *condition, before).values(**values))
