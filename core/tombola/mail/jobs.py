"""Sending mails: one duty a mail, handed over at most once.

The row says ``sending`` before the mail server is asked. Whoever finds it so afterwards took over
from a worker that died meanwhile: the mail may have gone, and is never sent again by itself.
"""

from datetime import timedelta

from sqlalchemy import Connection, RowMapping, select, update

from tombola.db.rows import first
from tombola.installation import Installation
from tombola.mail import rules
from tombola.mail.models import mail
from tombola.mail.rules import State
from tombola.mail.service import MAIL
from tombola.mail.smtp import NotSent, Unsure, hand_over
from tombola.queue import tasks
from tombola.queue.kinds import Done, Kind, Parked, Result, Settled
from tombola.queue.rules import State as DutyState
from tombola.queue.tasks import Claim

#: Longer than a mail server may take for all its answers together.
LEASE = timedelta(minutes=3)
#: The duty that forgets to whom mails went, and when it may. That they went stays known.
SWEEP = "mail_sweep"
KEEP = timedelta(days=30)
BATCH = 500
_OPEN = {State.PENDING, State.FAILED}


def kinds() -> list[Kind]:
    """The mail's kinds of duty."""
    return [
        Kind(MAIL, _send, lease=LEASE),
        Kind(SWEEP, _sweep, every=timedelta(days=1), concurrency=1),
    ]


def _sweep(inst: Installation, held: Claim) -> Result:
    """Forget recipients and words of what ended long ago, a batch a transaction."""
    ended = (mail.c.ended_at < inst.clock() - KEEP, mail.c.recipient != "")
    old = select(mail.c.id).where(*ended).limit(BATCH)
    emptied = {"recipient": "", "subject": "", "text": None}
    changed = BATCH
    while changed == BATCH and not held.over():
        with inst.db.write() as conn:
            forget = update(mail).where(mail.c.id.in_(old)).values(**emptied)
            changed = conn.execute(forget).rowcount
    return Done()


def _send(inst: Installation, held: Claim) -> Result:
    server = rules.server(inst.settings)
    if server is None:
        raise Parked("This installation sends no mail; set TOMBOLA_SMTP_URL.")
    written_by = rules.sender(inst.settings)
    row = _begin(inst, held)
    if row is None:
        return Done()
    message = rules.compose(
        row["uid"], written_by, row["recipient"], row["subject"], row["text"], row["created_at"]
    )
    try:
        hand_over(server, written_by, row["recipient"], message)
    except NotSent as failed:
        return _fail(inst, held, row, failed)
    except Unsure as failed:
        return _end(inst, held, row, State.UNKNOWN, str(failed))
    return _end(inst, held, row, State.SENT, None)


def _begin(inst: Installation, held: Claim) -> RowMapping | None:
    """Say that it is being handed over; None when there is nothing to hand over."""
    now = inst.clock()
    with inst.db.write() as conn:
        tasks.guard(conn, held, now=now)
        row = first(conn, select(mail).where(mail.c.id == int(held.key)))
        if row is None or row["text"] is None:
            return None
        if row["state"] not in _OPEN:
            said = "The worker ended while the mail went over."
            _close(conn, row, State.UNKNOWN, said, inst)
            return None
        if row["good_until"] is not None and row["good_until"] <= now:
            said = f"{row['error'] or 'Nobody sent it'} (until it was too late)"
            _close(conn, row, State.FAILED, said, inst)
            return None
        conn.execute(update(mail).where(mail.c.id == row["id"]).values(state=State.SENDING))
        return row


def _fail(inst: Installation, held: Claim, row: RowMapping, failed: NotSent) -> Result:
    """Keep that it did not go; the queue tries again unless the same would happen."""
    if failed.final:
        return _end(inst, held, row, State.FAILED, str(failed))
    with inst.db.write() as conn:
        state = tasks.fail(conn, held, str(failed), now=inst.clock())
        ended = {"ended_at": inst.clock()} if state is DutyState.DEAD else {}
        values = {"state": State.FAILED, "error": str(failed), **ended}
        conn.execute(update(mail).where(mail.c.id == row["id"]).values(**values))
    return Settled()


def _end(
    inst: Installation, held: Claim, row: RowMapping, state: State, error: str | None
) -> Result:
    with inst.db.write() as conn:
        tasks.guard(conn, held, now=inst.clock())
        _close(conn, row, state, error, inst)
        tasks.finish(conn, held)
    return Settled()


def _close(
    conn: Connection, row: RowMapping, state: State, error: str | None, inst: Installation
) -> None:
    emptied = {"subject": "", "text": None}
    values = {"state": state, "error": error, **emptied, "ended_at": inst.clock()}
    conn.execute(update(mail).where(mail.c.id == row["id"]).values(**values))
