"""Pictures whose address has expired: the network is asked once for a fresh one.

It is asked for the posts, so that what it shows of them is followed, too: a picture may be away
because its post was deleted.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Connection, select, update

from tombola.api import FetchError, PluginFailed, PluginUnavailable, render
from tombola.db.sets import members
from tombola.importing.looking import COLUMNS, Look, look_of
from tombola.importing.models import item, media
from tombola.installation import Installation
from tombola.queue.kinds import Again, Done, Parked, Result
from tombola.queue.tasks import Claim

log = structlog.get_logger("tombola.importing")


def renew(inst: Installation, held: Claim) -> Result:
    """Ask for the posts of a source's expired pictures: the handler of the kind ``media_renew``.

    Each picture is asked for once; one whose address stays the same, or expires again, has failed.
    """
    source_id = held.payload["source"]
    look = look_of(inst, held, source_id)
    if look is None or not look.importer.recheck_size:
        _give_up(inst, source_id)
        return Done()
    while not held.over():
        with inst.db.read() as conn:
            batch = _expired(conn, source_id, look.importer.recheck_size)
        if not batch:
            return Done()
        again_at = _ask(inst, look, batch)
        if again_at is not None:
            return Again(again_at)
    return Again(inst.clock())


def _ask(inst: Installation, look: Look, batch: Sequence[Any]) -> datetime | None:
    """Ask for one batch; when to try again, if the network cannot be asked now."""
    until = look.reserve(len(batch))
    if until is not None:
        return until
    try:
        shown = look.at(batch)
    except PluginUnavailable as gone:
        raise Parked(render(gone.reason)) from gone
    except FetchError as error:
        _, again_at = look.trouble(error)
        if again_at is None:
            _give_up(inst, look.work.source_id)
        return again_at
    except PluginFailed:
        _give_up(inst, look.work.source_id)
        return None
    now = inst.clock()
    with inst.db.write() as conn:
        asked = members(conn, media.c.item_id, sorted({row.id for row in batch}))
        expired = (asked, media.c.state == "expired")
        conn.execute(update(media).where(*expired).values(renewed=True))
        look.follow(conn, batch, shown, now)
        conn.execute(update(media).where(*expired).values(state="failed"))
    log.info("addresses_renewed", source=look.work.source_id, asked=len(batch))
    return None


def _expired(conn: Connection, source_id: int, size: int) -> Sequence[Any]:
    waiting = select(media.c.item_id).where(
        media.c.source_id == source_id, media.c.state == "expired"
    )
    found = select(*COLUMNS).where(item.c.id.in_(waiting)).order_by(item.c.id.desc()).limit(size)
    return conn.execute(found).all()


def _give_up(inst: Installation, source_id: int) -> None:
    expired = (media.c.source_id == source_id, media.c.state == "expired")
    with inst.db.write() as conn:
        conn.execute(update(media).where(*expired).values(state="failed"))
