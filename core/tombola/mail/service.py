"""Writing mails: a row in the transaction that causes it, and a duty that sends it."""

from collections.abc import Collection
from datetime import datetime

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection, func, select

from tombola.db import new_uid
from tombola.db.sets import insert_new
from tombola.installation import Installation
from tombola.mail.models import mail
from tombola.mail.rules import State, address, server
from tombola.queue import tasks

#: The kind of duty that sends one mail.
MAIL = "mail"
#: Tries of a mail server that does not answer: the waits between them make up about two hours.
ATTEMPTS = 12
_COLUMNS = (
    *("uid", "team_id", "purpose", "dedupe", "recipient", "subject", "text", "state"),
    *("created_at", "good_until"),
)


class Mail(BaseModel):
    """A mail as the operator sees it; never its words."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: int
    purpose: str
    recipient: str
    state: State
    error: str | None
    created_at: datetime
    ended_at: datetime | None


def post(
    conn: Connection,
    team_id: int | None,
    purpose: str,
    key: str,
    to: str,
    subject: str,
    text: str,
    now: datetime,
    *,
    good_until: datetime | None = None,
) -> bool:
    """Write a mail that is sent after the commit. The caller rings the bell of ``MAIL`` then.

    Args:
        conn: The transaction that causes it; nobody is written to unless it commits.
        team_id: The team in whose name; None: the installation's.
        purpose: What for, one word.
        key: Together with the purpose: at most one mail ever.
        to: The recipient's address.
        subject: One line; line ends in it become spaces.
        text: Plain text.
        now: The moment.
        good_until: When it makes no sense any more; it is not sent later.

    Returns:
        False when this mail had been written before.

    Raises:
        Invalid: ``to`` is no address that can be written to.
    """
    line = " ".join(subject.split())
    row = (
        new_uid(now), team_id, purpose, key, address(to), line, text, State.PENDING.value, now,
        good_until,
    )  # fmt: skip
    new = insert_new(conn, mail, _COLUMNS, [row])
    for number in new:
        tasks.put(conn, MAIL, str(number), now, team_id=team_id, max_attempts=ATTEMPTS)
    return bool(new)


def withdraw(conn: Connection, purpose: str, keys: Collection[str]) -> None:
    """Forget mails that nobody has begun to send; what is on its way, or has gone, stays."""
    waiting = mail.c.state.in_([State.PENDING, State.FAILED]) & mail.c.text.is_not(None)
    conn.execute(
        mail.delete().where(mail.c.purpose == purpose, mail.c.dedupe.in_(list(keys)), waiting)
    )


def is_on(inst: Installation) -> bool:
    """Whether this installation sends mail at all."""
    try:
        return server(inst.settings) is not None
    except ValueError:
        return False


def troubled(conn: Connection, limit: int = 100) -> list[Mail]:
    """The newest mails that did not go, or that nobody knows of."""
    wanted = mail.c.state.in_([State.FAILED, State.UNKNOWN])
    rows = conn.execute(select(mail).where(wanted).order_by(mail.c.id.desc()).limit(limit))
    return [Mail.model_validate(dict(row)) for row in rows.mappings()]


def counted(conn: Connection) -> dict[State, int]:
    """How many mails stand where; states without a mail are 0."""
    rows = conn.execute(select(mail.c.state, func.count()).group_by(mail.c.state))
    found = {State(row[0]): int(row[1]) for row in rows}
    return {state: found.get(state, 0) for state in State}
