"""Files of entries, made by a duty: begun, written batch after batch, kept for some days.

A batch is on the disk before its place is in the database, and what lies behind the place is cut
off when a worker takes over: a file holds each entry once, whatever was killed meanwhile.
"""

import os
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection, RowMapping, func, select, update

from tombola.api import Conflict, NotFound
from tombola.campaigns.service import Campaign, ever, of_team
from tombola.db import new_uid
from tombola.db.rows import first, insert_one
from tombola.db.sets import document_keys
from tombola.entries import exporting, listing
from tombola.entries.exporting import Shape
from tombola.entries.filters import Filter, conditions
from tombola.entries.listing import Position
from tombola.entries.models import download, entry
from tombola.installation import Installation
from tombola.queue import tasks
from tombola.queue.kinds import Again, Done, Result
from tombola.queue.tasks import Claim
from tombola.teams.audit import audit
from tombola.teams.rules import Actor, Role

log = structlog.get_logger("tombola.entries")

#: The duties: one writes a file, its key the file's number; one clears away what is old.
WRITE, SWEEP = "entries_file", "entries_files_sweep"
#: Folder in the data folder. On several machines it is one shared folder, as that of pictures.
FOLDER = "downloads"
KEEP = timedelta(days=7)
#: Lines read at a time: one short read transaction each.
BATCH = 500
MEDIA_TYPES = {Shape.CSV: "text/csv", Shape.JSON_LINES: "application/jsonl"}


class Download(BaseModel):
    """A file that was asked for.

    Attributes:
        state: writing or ready.
        total: Entries that it was for when it was asked; ``done`` those that are in it.
        size: Bytes.
        expires_at: When the file goes, aware UTC; None before it is ready.
    """

    model_config = ConfigDict(frozen=True, from_attributes=True)

    uid: str
    name: str
    shape: Shape
    state: str
    total: int
    done: int
    size: int
    asked_at: datetime
    expires_at: datetime | None


def begin(
    inst: Installation,
    actor: Actor,
    campaign_uid: str,
    wanted: Filter,
    shape: Shape,
    *,
    bom: bool = False,
) -> Download:
    """Ask for a file of a campaign's entries, newest own time first; noted in the audit log.

    Entries that come while the file is written may or may not be in it; none is in it twice.

    Args:
        inst: The installation.
        actor: An editor or more; another team's campaign is not found.
        campaign_uid: The campaign.
        wanted: The list's own filters.
        shape: CSV after RFC 4180, with a column for each detail's name; or one JSON object a line.
        bom: Begin a CSV with the mark by which some spreadsheets know UTF-8.
    """
    actor.need(Role.EDITOR)
    now = inst.clock()
    filters = sorted(wanted.model_dump(exclude_defaults=True))  # their names: a person is no detail
    with inst.db.write() as conn:
        found = of_team(conn, actor, campaign_uid)
        chosen = conditions(conn, found, wanted)
        total = conn.execute(select(func.count()).select_from(entry).where(*chosen)).scalar_one()
        number = insert_one(
            conn, download, uid=new_uid(now), team_id=found.team_id, campaign_id=found.id,
            name=f"entries-{found.key}-{now:%Y-%m-%d}.{shape.value}", shape=shape.value, bom=bom,
            wanted=wanted.model_dump(mode="json"), details=None, state="writing", total=total,
            done=0, size=0, place=None, member_id=actor.member_id, asked_at=now,
        )  # fmt: skip
        tasks.put(conn, WRITE, str(number), now, team_id=found.team_id)
        told = {"shape": shape.value, "filters": filters}
        audit(conn, actor, "entries.exported", found.uid, told, now)
        made = Download.model_validate(_row(conn, number))
    inst.bell.ring(WRITE)
    return made


def of_campaign(inst: Installation, actor: Actor, campaign_uid: str) -> list[Download]:
    """A campaign's files, the newest first."""
    actor.need(Role.EDITOR)
    with inst.db.read() as conn:
        found = of_team(conn, actor, campaign_uid)
        mine = select(download).where(download.c.campaign_id == found.id)
        rows = conn.execute(mine.order_by(download.c.id.desc()).limit(50)).mappings()
        return [Download.model_validate(row) for row in rows]


def get(inst: Installation, actor: Actor, campaign_uid: str, uid: str) -> Download:
    """One file. Raises NotFound."""
    actor.need(Role.EDITOR)
    with inst.db.read() as conn:
        return Download.model_validate(_named(conn, of_team(conn, actor, campaign_uid), uid))


def path(inst: Installation, actor: Actor, campaign_uid: str, uid: str) -> tuple[Download, Path]:
    """A finished file, to be sent.

    Raises:
        NotFound: There is no such file, or not any more.
        Conflict: It is still being written.
    """
    made = get(inst, actor, campaign_uid, uid)
    if made.state != "ready":
        raise Conflict("This file is still being written; it is there in a moment.")
    where = _path(inst, made.uid)
    if not where.exists():
        raise NotFound("This file is not there any more; ask for it again.")
    return made, where


def write(inst: Installation, held: Claim) -> Result:
    """Write batch after batch of a file: the handler of the kind."""
    number = int(held.key)
    with inst.db.read() as conn:
        row = first(conn, select(download).where(download.c.id == number))
    if row is None or row["state"] != "writing":
        return Done()
    while not held.over():
        row = _step(inst, held, row)
        if row["state"] == "ready":
            log.info("entries_file_written", lines=row["done"], bytes=row["size"])
            return Done()
    return Again(inst.clock())


def sweep(inst: Installation, held: Claim) -> Result:  # noqa: ARG001 - a handler's shape
    """Clear away files whose time is over, and those that no row names: the handler of the kind."""
    now = inst.clock()
    with inst.db.write() as conn:
        old = download.c.asked_at < now - 2 * KEEP
        conn.execute(download.delete().where((download.c.expires_at < now) | old))
        kept = set(conn.execute(select(download.c.uid)).scalars())
    folder = inst.settings.data_dir / FOLDER
    for each in folder.iterdir() if folder.exists() else ():
        if each.name not in kept:
            each.unlink(missing_ok=True)
    return Done()


def forget(conn: Connection, team_id: int) -> int:
    """Take every file of a team off the pages, since somebody in it is to be erased.

    The files themselves go with the next sweep, which the caller asks for by ``tasks.put``.
    """
    return conn.execute(download.delete().where(download.c.team_id == team_id)).rowcount


def _step(inst: Installation, held: Claim, row: RowMapping) -> RowMapping:
    values: dict[str, Any] = {}
    if _size(_path(inst, row["uid"])) < row["size"]:  # the disk has lost it: from the beginning
        values |= {"size": 0, "done": 0, "place": None}
    at: Mapping[str, Any] = {**row, **values}
    with inst.db.read() as conn:
        found = ever(conn, row["campaign_id"])
        wanted = Filter.model_validate(row["wanted"])
        if row["details"] is None:
            chosen = select(entry.c.details).where(*conditions(conn, found, wanted))
            limit = exporting.MOST_DETAILS
            values["details"] = list(document_keys(conn, chosen, limit=limit))
        after = Position.model_validate(at["place"]) if at["place"] else None
        page = listing.page_of(conn, found, wanted, after, BATCH)
    details = values.get("details", row["details"])
    csv = row["shape"] == Shape.CSV
    text = exporting.csv_lines(page.lines, details) if csv else exporting.json_lines(page.lines)
    if csv and at["size"] == 0:
        text = exporting.csv_head(details, bom=row["bom"]) + text
    values["size"] = _append(_path(inst, row["uid"]), at["size"], text)
    values["done"] = at["done"] + len(page.lines)
    now = inst.clock()
    if page.next is not None:
        values["place"] = page.next.model_dump(mode="json")
    else:
        values |= {"state": "ready", "expires_at": now + KEEP, "total": values["done"]}
    with inst.db.write() as conn:
        tasks.guard(conn, held, now=now, progress={"at": now.isoformat()})
        conn.execute(update(download).where(download.c.id == row["id"]).values(**values))
        return _row(conn, row["id"])


def _size(where: Path) -> int:
    return where.stat().st_size if where.exists() else 0


def _append(where: Path, size: int, text: bytes) -> int:
    """Write behind the first ``size`` bytes and give the new size; nobody else reads the file."""
    where.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(where, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
        file.truncate(size)
        file.seek(size)
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return size + len(text)


def _path(inst: Installation, uid: str) -> Path:
    return inst.settings.data_dir.resolve() / FOLDER / uid


def _named(conn: Connection, found: Campaign, uid: str) -> RowMapping:
    mine = (download.c.campaign_id == found.id, download.c.uid == uid)
    row = first(conn, select(download).where(*mine))
    if row is None:
        raise NotFound("There is no such file.")
    return row


def _row(conn: Connection, number: int) -> RowMapping:
    row = first(conn, select(download).where(download.c.id == number))
    if row is None:
        raise NotFound("There is no such file.")
    return row
