"""Messages of a campaign as its team sees them: each with its state, and how many stand where."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict
from sqlalchemy import ColumnElement, Connection, Select, func, select

from tombola.api import Purpose, Text
from tombola.campaigns.models import campaign
from tombola.connections.rules import text_of
from tombola.entrants.models import entrant, identity
from tombola.mail.models import mail
from tombola.mail.rules import State as MailState
from tombola.messages.models import message, rest
from tombola.messages.queueing import MOUTH
from tombola.messages.rules import State
from tombola.queue.models import task
from tombola.queue.rules import State as DutyState

#: Messages on one page.
PAGE = 50
#: Where a message that went by mail stands, in the place of a channel's key.
MAIL = "mail"
_OF_MAIL = {
    MailState.PENDING.value: State.PLANNED,
    MailState.SENDING.value: State.SENDING,
    MailState.SENT.value: State.SENT,
    MailState.FAILED.value: State.REJECTED,
    MailState.UNKNOWN.value: State.UNKNOWN,
}


class Line(BaseModel):
    """A message as pages show it.

    Attributes:
        channel: its key, or ``mail``.
        text: with placeholders until it is sent; "" when the person was erased.
        reason: why it is not sent, or nobody knows whether it was.
        at: when that became so.
    """

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    id: int
    uid: str
    channel: str
    purpose: Purpose
    subject: str
    state: State
    text: str
    tag: str | None
    reason: Text | None
    alternative: Text | None
    due_at: datetime
    at: datetime
    entrant_uid: str
    name: str | None
    handle: str | None
    erased: bool


def page(
    conn: Connection, campaign_id: int, states: tuple[State, ...] = (), before: int | None = None
) -> list[Line]:
    """Messages of a campaign, the newest first, at most ``PAGE`` and one more.

    Args:
        conn: Any transaction.
        campaign_id: The campaign.
        states: Only these; () all.
        before: Only older ones than that number.
    """
    wanted: list[ColumnElement[bool]] = [message.c.campaign_id == campaign_id]
    if states:
        wanted.append(message.c.state.in_([each.value for each in states]))
    if before is not None:
        wanted.append(message.c.id < before)
    rows = conn.execute(
        _columns().where(*wanted).order_by(message.c.id.desc()).limit(PAGE + 1)
    ).mappings()
    return [line(dict(row)) for row in rows]


def of_subject(
    conn: Connection, campaign_id: int, purpose: Purpose, subject: str
) -> dict[str, Line]:
    """The newest message of a purpose and subject, by the entrant whom its identity is now."""
    rows = conn.execute(
        _columns()
        .where(
            message.c.campaign_id == campaign_id,
            message.c.purpose == purpose.value,
            message.c.subject == subject,
        )
        .order_by(message.c.id)
    ).mappings()
    return {found.entrant_uid: found for row in rows for found in [line(dict(row))]}


def counted(conn: Connection, campaign_id: int) -> dict[State, int]:
    """How many messages of a campaign stand where; a state without any is 0."""
    rows = conn.execute(
        select(message.c.state, func.count())
        .where(message.c.campaign_id == campaign_id)
        .group_by(message.c.state)
    )
    found = {State(row[0]): int(row[1]) for row in rows}
    return {state: found.get(state, 0) for state in State}


def held_back(conn: Connection, team_id: int, now: datetime) -> list[tuple[Text, datetime | None]]:
    """Why accounts of a team send nothing at this moment, and until when if that is known."""
    rests = conn.execute(
        select(rest.c.reason, rest.c.until).where(rest.c.team_id == team_id, rest.c.until > now)
    )
    found = [(text_of(reason) or "", until) for reason, until in rests]
    parked = (task.c.kind == MOUTH, task.c.team_id == team_id, task.c.state == DutyState.PARKED)
    errors = conn.execute(select(task.c.last_error).where(*parked)).scalars()
    return [*found, *((each or "", None) for each in errors)]


def unknown(conn: Connection, team_id: int, campaign_key: str) -> int:
    """How many messages of a campaign wait for a person's decision."""
    wanted = (
        select(func.count())
        .select_from(message)
        .join(campaign, campaign.c.id == message.c.campaign_id)
        .where(
            campaign.c.key == campaign_key,
            campaign.c.team_id == team_id,
            message.c.state == State.UNKNOWN,
        )
    )
    return int(conn.execute(wanted).scalar_one())


def line(row: dict[str, object]) -> Line:
    """A row of ``_columns`` as pages show it; a mail's state is the mail's."""
    mailed = row.pop("mail_state")
    trouble = row.pop("mail_error")
    if mailed is not None:
        row |= {"state": _OF_MAIL[str(mailed)], "reason": trouble}
    moments = [row.pop(name) for name in ("read_at", "delivered_at", "ended_at", "began_at")]
    at = next((each for each in moments if each is not None), row["created_at"])
    reason, alternative = text_of(row.pop("reason")), text_of(row.pop("alternative"))
    return Line.model_validate(
        {
            **row,
            "at": at,
            "reason": reason,
            "alternative": alternative,
            "erased": row["erased_at"] is not None,
        }
    )


def _columns() -> Select[tuple[object, ...]]:
    return (
        select(
            message.c.id, message.c.uid, message.c.channel, message.c.purpose, message.c.subject,
            message.c.state, message.c.text, message.c.tag, message.c.reason,
            message.c.alternative, message.c.due_at, message.c.created_at, message.c.began_at,
            message.c.ended_at, message.c.delivered_at, message.c.read_at,
            entrant.c.uid.label("entrant_uid"), entrant.c.erased_at,
            func.coalesce(identity.c.name, entrant.c.name).label("name"), identity.c.handle,
            mail.c.state.label("mail_state"), mail.c.error.label("mail_error"),
        )
        .join(identity, identity.c.id == message.c.identity_id)
        .join(entrant, entrant.c.id == identity.c.entrant_id)
        .outerjoin(
            mail,
            (message.c.channel == MAIL)
            & (mail.c.purpose == Purpose.WINNER.value)
            & (mail.c.dedupe == message.c.uid),
        )
    )  # fmt: skip
