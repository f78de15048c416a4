"""Pictures of imported posts: fetched by the safe fetcher, drawn anew, kept once each."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection, RowMapping, select, update

from tombola.api import HttpFailed, HttpRefused, Invalid
from tombola.importing import media_files
from tombola.importing.models import media, source
from tombola.importing.rules import clean
from tombola.installation import Installation
from tombola.queue import tasks
from tombola.queue.kinds import Again, Done, Result
from tombola.queue.tasks import Claim
from tombola.toolkit import pictures
from tombola.toolkit.fetch import Wanted

log = structlog.get_logger("tombola.importing")

#: The kind of duty under which a source's pictures wait, one duty a source.
MEDIA = "media"
LEASE = timedelta(seconds=120)
#: Pictures of one source fetched side by side, and between two writes.
BATCH = 4
#: Tries of one picture while its host does not answer, and the wait between them.
TRIES = 4
WAIT = timedelta(seconds=30)
#: The kind of duty that asks a network for fresh addresses, one duty a source.
RENEW = "media_renew"


@dataclass(frozen=True, slots=True)
class Fetched:
    """What became of one picture: kept as ``sha256``, or not, with the reason.

    ``again``: its host may give it later. ``expired``: not under this address any more.
    """

    sha256: str | None = None
    width: int | None = None
    height: int | None = None
    reason: str | None = None
    again: bool = False
    expired: bool = False


def ask_for_pictures(conn: Connection, team_id: int, source_id: int, now: datetime) -> None:
    """Have a source's wanted pictures fetched, after this transaction has committed."""
    payload = {"source": source_id}
    tasks.put(conn, MEDIA, str(source_id), now, team_id=team_id, payload=payload)


def ask_for_addresses(conn: Connection, team_id: int, source_id: int, now: datetime) -> None:
    """Have a network asked for fresh addresses of a source's expired pictures, likewise."""
    payload = {"source": source_id}
    tasks.put(conn, RENEW, str(source_id), now, team_id=team_id, payload=payload)


def fetch_pictures(inst: Installation, held: Claim) -> Result:
    """Fetch what is wanted of one source, newest first: the handler of the kind ``media``."""
    hosts, renews = _importer(inst, held.payload["source"])
    tried: set[int] = set()
    while not held.over():
        with inst.db.read() as conn:
            rows = _wanted(conn, held.payload["source"], tried)
        if not rows:
            break
        tried |= {row["id"] for row in rows}
        with ThreadPoolExecutor(BATCH, thread_name_prefix="picture") as pool:
            found = list(pool.map(lambda row: _fetch(inst, row["url"], hosts), rows))
        _keep(inst, held, rows, found, renews=renews)
    with inst.db.read() as conn:
        left = _wanted(conn, held.payload["source"], set())
    if not left:
        return Done()
    fresh = any(row["id"] not in tried for row in left)
    return Again(inst.clock() + (timedelta(0) if fresh else WAIT))


def _importer(inst: Installation, source_id: int) -> tuple[Sequence[str], bool]:
    """The hosts of a source's pictures, and whether its network gives fresh addresses."""
    with inst.db.read() as conn:
        key = conn.execute(
            select(source.c.importer_key).where(source.c.id == source_id)
        ).scalar_one()
    importer = inst.plugins.importer(key)
    if importer is None:
        return (), False
    return tuple(importer.media_hosts), importer.recheck_size > 0


def _wanted(conn: Connection, source_id: int, tried: set[int]) -> list[RowMapping]:
    rows = conn.execute(
        select(media.c.id, media.c.team_id, media.c.url, media.c.attempts, media.c.renewed)
        .where(
            media.c.source_id == source_id,
            media.c.state == "wanted",
            media.c.id.not_in(sorted(tried)[-500:]),
        )
        .order_by(media.c.id.desc())
        .limit(BATCH)
    )
    return list(rows.mappings())


def _fetch(inst: Installation, url: str, hosts: Sequence[str]) -> Fetched:
    """Fetch one picture; whatever a stranger's bytes break here, the others go on."""
    try:
        return _fetched(inst, url, hosts)
    except Exception as error:  # see above
        log.exception("picture_failed")
        return Fetched(reason=type(error).__name__, again=True)


def _fetched(inst: Installation, url: str, hosts: Sequence[str]) -> Fetched:
    try:
        answer = inst.fetcher.get(url, wanted=Wanted(types=pictures.TYPES, hosts=hosts))
    except HttpFailed as error:
        return Fetched(reason=str(error), again=True)
    except HttpRefused as error:
        return Fetched(reason=str(error))
    if not answer.ok:
        gone = answer.status in {401, 403, 404, 410}
        says = "the address has expired" if gone else "the host did not give it"
        return Fetched(reason=f"{says} ({answer.status})", again=not gone, expired=gone)
    try:
        picture = pictures.redraw(answer.body)
    except Invalid as error:
        return Fetched(reason=str(error))
    return Fetched(media_files.store(inst, picture), picture.width, picture.height)


def _keep(
    inst: Installation,
    held: Claim,
    rows: Sequence[RowMapping],
    found: Sequence[Fetched],
    *,
    renews: bool,
) -> None:
    now = inst.clock()
    expired = 0
    with inst.db.write() as conn:
        media_files.hold(conn)
        tasks.guard(conn, held, now=now, progress={"at": now.isoformat()})
        for row, one in zip(rows, found, strict=True):
            values = _after(inst, row, one, renews=renews)
            expired += values["state"] == "expired"
            waits = (media.c.id == row["id"], media.c.state == "wanted", media.c.url == row["url"])
            conn.execute(update(media).where(*waits).values(**values))
        if expired:
            ask_for_addresses(conn, rows[0]["team_id"], held.payload["source"], now)
    if expired:
        inst.bell.ring(RENEW)
    log.info("pictures_fetched", kept=sum(1 for one in found if one.sha256), asked=len(found))


def _after(inst: Installation, row: RowMapping, one: Fetched, *, renews: bool) -> dict[str, Any]:
    attempts = row["attempts"] + 1
    if one.sha256 is not None:
        if not media_files.are_there(inst, one.sha256):  # dropped by somebody else's removal
            return {"state": "wanted", "attempts": attempts}
        kept = {"sha256": one.sha256, "width": one.width, "height": one.height}
        return {"state": "kept", "reason": None, "attempts": attempts, **kept}
    state = "wanted" if one.again and attempts < TRIES else "failed"
    if one.expired and renews and not row["renewed"]:
        state = "expired"
    return {"state": state, "reason": clean(one.reason or "", 300), "attempts": attempts}
