"""Duties of accounts: mails for forgotten passwords, and forgetting what is over."""

from datetime import timedelta

from tombola.installation import Installation
from tombola.queue.kinds import Done, Kind, Result
from tombola.queue.tasks import Claim
from tombola.teams import resets
from tombola.teams.models import (
    half_log_in,
    log_in_failure,
    mailed_link,
    reset_wish,
    second_step,
    web_session,
)

#: The duty that forgets what is over, and for how long it is kept after that.
SWEEP = "account_sweep"
KEPT = timedelta(days=1)
#: Ended sessions stay for those who look where they were logged in.
SESSIONS_KEPT = timedelta(days=90)


def kinds() -> list[Kind]:
    """The kinds of duty of accounts."""
    return [
        Kind(resets.RESET, resets.write),
        Kind(SWEEP, _sweep, every=timedelta(hours=6), concurrency=1),
    ]


def _sweep(inst: Installation, _held: Claim) -> Result:
    """Forget links, half log-ins, wishes, counted failures and sessions that are over."""
    now = inst.clock()
    old = now - KEPT
    with inst.db.write() as conn:
        conn.execute(half_log_in.delete().where(half_log_in.c.expires_at < now))
        conn.execute(mailed_link.delete().where(mailed_link.c.expires_at < old))
        conn.execute(reset_wish.delete().where(reset_wish.c.at < old))
        conn.execute(log_in_failure.delete().where(log_in_failure.c.blocked_until < old))
        never = (second_step.c.confirmed_at.is_(None), second_step.c.created_at < old)
        conn.execute(second_step.delete().where(*never))
        gone_by = web_session.c.expires_at < now - SESSIONS_KEPT
        conn.execute(web_session.delete().where(gone_by))
    return Done()
