"""Pictures of imported posts: fetched by the safe fetcher, drawn anew, kept once each."""

import hashlib
import os
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import Connection, RowMapping, select, update

from tombola.api import HttpFailed, HttpRefused, Invalid
from tombola.db.rows import first
from tombola.importing.models import item, media, source
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
#: Folder in the data folder, and names of the two files of a picture.
FOLDER = "pictures"
FULL, THUMBNAIL = "full", "thumbnail"


@dataclass(frozen=True, slots=True)
class OpenPicture:
    """A kept picture, ready to be sent. Its bytes never change."""

    path: Path
    media_type: str
    etag: str


@dataclass(frozen=True, slots=True)
class Fetched:
    """What became of one picture: kept as ``sha256``, or not, with the reason."""

    sha256: str | None = None
    width: int | None = None
    height: int | None = None
    reason: str | None = None
    again: bool = False


def ask_for_pictures(conn: Connection, team_id: int, source_id: int, now: datetime) -> None:
    """Have a source's wanted pictures fetched, after this transaction has committed."""
    payload = {"source": source_id}
    tasks.put(conn, MEDIA, str(source_id), now, team_id=team_id, payload=payload)


def fetch_pictures(inst: Installation, held: Claim) -> Result:
    """Fetch what is wanted of one source, newest first: the handler of the kind ``media``."""
    hosts = _hosts(inst, held.payload["source"])
    tried: set[int] = set()
    while not held.over():
        with inst.db.read() as conn:
            rows = _wanted(conn, held.payload["source"], tried)
        if not rows:
            break
        tried |= {row["id"] for row in rows}
        with ThreadPoolExecutor(BATCH, thread_name_prefix="picture") as pool:
            found = list(pool.map(lambda row: _fetch(inst, row["url"], hosts), rows))
        _keep(inst, held, rows, found)
    with inst.db.read() as conn:
        left = _wanted(conn, held.payload["source"], set())
    if not left:
        return Done()
    fresh = any(row["id"] not in tried for row in left)
    return Again(inst.clock() + (timedelta(0) if fresh else WAIT))


def open_picture(
    inst: Installation, media_uid: str, size: str = FULL, *, hidden: bool = False
) -> OpenPicture | None:
    """A kept picture's file; None when there is none, or it is hidden and that is not asked for.

    Who may see it is the caller's to decide.

    Args:
        inst: The installation.
        media_uid: The picture's public name.
        size: ``full`` or ``thumbnail``.
        hidden: Show what the team has hidden, to the team.
    """
    with inst.db.read() as conn:
        row = first(conn, select(media).where(media.c.uid == media_uid))
    if row is None or row["sha256"] is None or (row["hidden"] and not hidden):
        return None
    path = _path(inst, row["sha256"], THUMBNAIL if size == THUMBNAIL else FULL)
    return OpenPicture(path, "image/jpeg", f"{row['sha256']}-{size}") if path.exists() else None


def team_of_picture(conn: Connection, media_uid: str) -> int | None:
    """The team whose picture it is; None when there is no such picture."""
    found: int | None = conn.execute(
        select(media.c.team_id).where(media.c.uid == media_uid)
    ).scalar()
    return found


def _hosts(inst: Installation, source_id: int) -> Sequence[str]:
    with inst.db.read() as conn:
        key = conn.execute(
            select(source.c.importer_key).where(source.c.id == source_id)
        ).scalar_one()
    importer = inst.plugins.importer(key)
    return tuple(importer.media_hosts) if importer is not None else ()


def _wanted(conn: Connection, source_id: int, tried: set[int]) -> list[RowMapping]:
    rows = conn.execute(
        select(media.c.id, media.c.url, media.c.attempts)
        .join(item, item.c.id == media.c.item_id)
        .where(
            item.c.source_id == source_id,
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
        return Fetched(reason=f"{says} ({answer.status})", again=not gone)
    try:
        picture = pictures.redraw(answer.body)
    except Invalid as error:
        return Fetched(reason=str(error))
    digest = hashlib.sha256(picture.data).hexdigest()
    _store(_path(inst, digest, FULL), picture.data)
    _store(_path(inst, digest, THUMBNAIL), picture.thumbnail)
    return Fetched(digest, picture.width, picture.height)


def _keep(
    inst: Installation, held: Claim, rows: Sequence[RowMapping], found: Sequence[Fetched]
) -> None:
    now = inst.clock()
    with inst.db.write() as conn:
        tasks.guard(conn, held, now=now, progress={"at": now.isoformat()})
        for row, one in zip(rows, found, strict=True):
            conn.execute(update(media).where(media.c.id == row["id"]).values(**_after(row, one)))
    log.info("pictures_fetched", kept=sum(1 for one in found if one.sha256), asked=len(found))


def _after(row: RowMapping, one: Fetched) -> dict[str, Any]:
    attempts = row["attempts"] + 1
    if one.sha256 is not None:
        kept = {"sha256": one.sha256, "width": one.width, "height": one.height}
        return {"state": "kept", "reason": None, "attempts": attempts, **kept}
    state = "wanted" if one.again and attempts < TRIES else "failed"
    return {"state": state, "reason": clean(one.reason or "", 300), "attempts": attempts}


def _path(inst: Installation, digest: str, size: str) -> Path:
    end = ".small.jpg" if size == THUMBNAIL else ".jpg"
    return inst.settings.data_dir / FOLDER / digest[:2] / f"{digest}{end}"


def _store(path: Path, data: bytes) -> None:
    """Write a file whole or not at all; the same picture is written once."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{uuid.uuid4().hex[:8]}")
    draft.write_bytes(data)
    os.replace(draft, path)  # noqa: PTH105 # atomic
