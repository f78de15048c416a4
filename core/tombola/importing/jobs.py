"""The room's kinds of duty."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import delete, exists, select, update

from tombola.entries.models import entry
from tombola.importing import (
    distinct,
    limits,
    listen,
    media,
    media_files,
    media_renew,
    recheck,
    recheck_turn,
    work,
)
from tombola.importing.engine import take_turn
from tombola.importing.models import item, limit_key, limit_seen, run
from tombola.importing.store import CAUSE
from tombola.inbox.service import HEAR, HEARD
from tombola.installation import Installation
from tombola.queue.kinds import Done, Kind, Result
from tombola.queue.tasks import Claim

TIDY = "import_tidy"
#: Rows that one sweep changes in one transaction.
SWEEP = 500
#: How long a run that brought nothing stays in the log.
KEEP_EMPTY_RUNS = timedelta(days=2)


def kinds() -> Sequence[Kind]:
    """Imports, pictures, and the sweep of what may not or need not be kept."""
    return (
        Kind(work.IMPORT, take_turn, lease=work.LEASE, concurrency=8),
        Kind(media.MEDIA, media.fetch_pictures, lease=media.LEASE, concurrency=2),
        Kind(media.RENEW, media_renew.renew, lease=work.LEASE, concurrency=2),
        Kind(media_files.DROP, media_files.drop),
        Kind(recheck.RECHECK, recheck_turn.look_again, lease=work.LEASE, concurrency=2),
        Kind(HEARD, listen.fan_out),
        Kind(HEAR, listen.hear, lease=work.LEASE, concurrency=8),
        Kind(TIDY, tidy, every=timedelta(hours=1), concurrency=1),
    )


def tidy(inst: Installation, held: Claim) -> Result:
    """Forget the networks' own answers when their terms say so, and the log's empty runs."""
    now = inst.clock()
    outdated = select(item.c.id).where(item.c.raw_until <= now).limit(SWEEP)
    changed = SWEEP
    while changed == SWEEP and not held.over():
        with inst.db.write() as conn:
            forgotten = update(item).where(item.c.id.in_(outdated))
            changed = conn.execute(forgotten.values(raw=None, raw_until=None)).rowcount
    empty = (
        select(run.c.id)
        .where(
            run.c.state == "finished",
            run.c.finished_at < now - KEEP_EMPTY_RUNS,
            ~exists().where(item.c.run_id == run.c.id),
            # A post that was stored before may have become an entry in this run.
            ~exists().where(entry.c.cause_kind == CAUSE, entry.c.cause_id == run.c.id),
        )
        .limit(SWEEP)
    )
    with inst.db.write() as conn:
        conn.execute(delete(run).where(run.c.id.in_(empty)))
        conn.execute(delete(limit_seen).where(limit_seen.c.resets_at < now - limits.KEPT))
        conn.execute(delete(limit_key).where(limit_key.c.first_at < now - distinct.KEPT))
    return Done()
