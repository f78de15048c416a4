"""Writing messages: a row each, in the transaction that causes it, and one duty for its account."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, select, update

from tombola.api import (
    Channel,
    Ctx,
    Identity,
    Message,
    PluginFailed,
    PluginUnavailable,
    Purpose,
)
from tombola.connections.rules import text_document
from tombola.db import new_uid
from tombola.db.sets import insert_new
from tombola.installation import Installation
from tombola.messages import rules
from tombola.messages.models import message
from tombola.messages.rules import State
from tombola.plugins.world import Team
from tombola.queue import tasks
from tombola.queue.kinds import Parked

#: The kind of duty that sends what is due through one account; its key is ``mouth_key``.
MOUTH = "messages"
_COLUMNS = (
    "uid", "team_id", "campaign_id", "channel", "account", "identity_id", "purpose", "subject",
    "broadcast_id", "text", "tag", "question", "locale", "state", "urgency", "tries", "due_at",
    "created_at", "good_until",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """Where messages are about and come from: a team's campaign, and perhaps one broadcast.

    Attributes:
        subject: tells messages of one purpose apart; "" where one is all that anybody gets.
    """

    team_id: int
    campaign_id: int
    purpose: Purpose
    subject: str = ""
    broadcast_id: int | None = None


@dataclass(frozen=True, slots=True)
class To:
    """Somebody to write to: a row of ``identity``, the channel's key, who it is there."""

    identity_id: int
    channel: str
    identity: Identity


@dataclass(frozen=True, slots=True)
class Addressed:
    """The same with the account that writes to them; "" where the channel has none."""

    identity_id: int
    channel: str
    account: str


def addressed(inst: Installation, team: Team, to: Sequence[To]) -> list[Addressed]:
    """Ask channels which account writes to whom, once a channel, never inside a transaction.

    Those of a channel that is not there are left out.

    Raises:
        Parked: a plugin cannot be asked now.
    """
    found: list[Addressed] = []
    for key in sorted({each.channel for each in to}):
        channel = inst.plugins.channel(key)
        if channel is None:
            continue
        theirs = [each for each in to if each.channel == key]

        def ask(_: Ctx, channel: Channel = channel, theirs: Sequence[To] = theirs) -> list[str]:
            return _accounts(channel, theirs)

        try:
            accounts = inst.plugins.call(key, team, "account_of", ask)
        except (PluginUnavailable, PluginFailed) as away:
            raise Parked(str(away)) from away
        found += [
            Addressed(each.identity_id, key, account)
            for each, account in zip(theirs, accounts, strict=True)
        ]
    return found


def _accounts(channel: Channel, to: Sequence[To]) -> list[str]:
    said = [channel.account_of(each.identity) for each in to]
    strange = [each for each in said if each is not None and not isinstance(each, str)]
    if strange:
        raise TypeError(f"account_of answered {strange[0]!r}, not an account's uid")
    return [each or "" for each in said]


def queue(
    conn: Connection, place: Place, to: Sequence[Addressed], say: Message, now: datetime
) -> int:
    """Write a message to people, once each; the caller rings ``MOUTH`` after the commit.

    Args:
        conn: The transaction that causes it; nobody is written to unless it commits.
        place: What it is about.
        to: At most ``Database.set_size``.
        say: Its text with placeholders.
        now: The moment.

    Returns:
        How many had no message of this purpose and subject before.
    """
    asked = say.question
    question = {"yes": asked.yes, "no": asked.no} if asked is not None else None
    rows = [
        (
            new_uid(now), place.team_id, place.campaign_id, each.channel, each.account,
            each.identity_id, place.purpose.value, place.subject, place.broadcast_id, say.text,
            say.tag, question, say.locale, State.PLANNED.value, rules.urgency(place.purpose), 0,
            now, now, rules.good_until(place.purpose, now),
        )
        for each in sorted(to, key=lambda one: one.identity_id)
    ]  # fmt: skip
    new = insert_new(conn, message, _COLUMNS, rows)
    for channel, account in sorted({(each.channel, each.account) for each in to}) if new else ():
        wake_mouth(conn, place.team_id, channel, account, now)
    return len(new)


def wake_mouth(
    conn: Connection, team_id: int, channel: str, account: str, due_at: datetime
) -> None:
    """Let an account's messages be looked at."""
    tasks.put(
        conn,
        MOUTH,
        f"{team_id}:{channel}:{account}",
        due_at,
        team_id=team_id,
        payload={"channel": channel, "account": account},
    )


def free(conn: Connection, team_id: int, identity_ids: Iterable[int], now: datetime) -> None:
    """Let messages that were held off be looked at again, since a person has done something."""
    ids = list(identity_ids)
    if not ids:
        return
    waiting = (
        message.c.team_id == team_id,
        message.c.identity_id.in_(ids),
        message.c.state == State.WAITING,
    )
    places = conn.execute(select(message.c.channel, message.c.account).where(*waiting).distinct())
    for channel, account in places.all():
        wake_mouth(conn, team_id, channel, account, now)
    conn.execute(update(message).where(*waiting).values(due_at=now))


def cancel(conn: Connection, why: rules.Held, now: datetime, *which: ColumnElement[bool]) -> int:
    """Take back what nobody has begun to send. Returns how many."""
    says, _ = rules.SAYS[why]
    return withdraw(conn, text_document(says), now, *which)


def withdraw(conn: Connection, reason: object, now: datetime, *which: ColumnElement[bool]) -> int:
    """Take back open messages that a condition names, with a reason as a document."""
    still = message.c.state.in_([each.value for each in rules.OPEN])
    values = {"state": State.CANCELLED, "reason": reason, "ended_at": now, "alternative": None}
    return conn.execute(update(message).where(still, *which).values(**values)).rowcount
