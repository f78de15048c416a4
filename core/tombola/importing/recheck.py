"""Another look at what a source has brought: on demand, and before a draw."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import ColumnElement, Connection, and_, exists, func, select, update

from tombola.api import (
    Conflict,
)
from tombola.campaigns.models import action
from tombola.db import new_uid
from tombola.db.rows import insert_one
from tombola.entries.models import entry
from tombola.importing.models import item, recheck, source
from tombola.importing.store import CAUSE
from tombola.importing.work import source_row
from tombola.installation import Installation
from tombola.queue import tasks
from tombola.teams.audit import audit
from tombola.teams.rules import Actor, Role

#: The kind of duty under which rounds wait, one duty a source.
RECHECK = "recheck"


class Round(BaseModel):
    """One look at all that a source has brought.

    Attributes:
        state: running, finished, failed or stopped.
        reason: why it failed, in words for the team.
        total: items with an entry when it began.
        seen: items looked at so far.
        gone: of them, those whose entry was taken back since the network shows them no more.
        edited: likewise, since they no longer fit.
        back: those whose entry was given back, since they are there again.
    """

    model_config = ConfigDict(frozen=True, from_attributes=True)

    uid: str
    state: str
    reason: str | None
    total: int
    seen: int
    gone: int
    edited: int
    back: int
    started_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of asking for a whole campaign: sources that look again, and that cannot."""

    asked: int
    cannot: Sequence[str]


def ask(inst: Installation, actor: Actor, source_uid: str) -> None:
    """Look again at what one source has brought; a round that runs already goes on.

    Raises:
        NotFound: The team has no such source.
        Conflict: Its network does not let anybody look at a post again.
    """
    actor.need(Role.EDITOR)
    now = inst.clock()
    with inst.db.write() as conn:
        row = source_row(conn, actor, source_uid)
        if not is_possible(inst, row["importer_key"]):
            raise Conflict("This network does not let anybody look at a post again.")
        _begin(conn, row, now)
        audit(conn, actor, "source.recheck_asked", source_uid, {}, now)
    inst.bell.ring(RECHECK)


def ask_campaign(inst: Installation, actor: Actor, campaign_id: int) -> Asked:
    """Look again at what every source of a campaign has brought, removed ones too."""
    actor.need(Role.EDITOR)
    now = inst.clock()
    asked, cannot = 0, []
    with inst.db.write() as conn:
        rows = conn.execute(
            select(source)
            .join(action, action.c.id == source.c.action_id)
            .where(action.c.campaign_id == campaign_id, source.c.team_id == actor.team_id)
            .order_by(source.c.id)
        ).mappings()
        for row in rows.all():
            if not is_possible(inst, row["importer_key"]):
                cannot.append(row["uid"])
                continue
            _begin(conn, row, now)
            asked += 1
        audit(conn, actor, "campaign.recheck_asked", str(campaign_id), {"sources": asked}, now)
    inst.bell.ring(RECHECK)
    return Asked(asked, cannot)


def stop(inst: Installation, actor: Actor, source_uid: str) -> None:
    """End a running round; what it found stays. Idempotent."""
    actor.need(Role.EDITOR)
    now = inst.clock()
    with inst.db.write() as conn:
        row = source_row(conn, actor, source_uid)
        running = and_(recheck.c.source_id == row["id"], recheck.c.state == "running")
        stopped = {"state": "stopped", "finished_at": now}
        conn.execute(update(recheck).where(running).values(**stopped))
        tasks.drop(conn, RECHECK, [str(row["id"])])


def latest(inst: Installation, actor: Actor, source_uid: str) -> Round | None:
    """The newest round of a source of the team; None before the first one."""
    with inst.db.read() as conn:
        row = source_row(conn, actor, source_uid)
        newest = (
            select(recheck)
            .where(recheck.c.source_id == row["id"])
            .order_by(recheck.c.id.desc())
            .limit(1)
        )
        found = conn.execute(newest).first()
    return None if found is None else Round.model_validate(found)


def is_possible(inst: Installation, importer_key: str) -> bool:
    """Whether the network of an importer lets us look at a post again."""
    importer = inst.plugins.importer(importer_key)
    return importer is not None and importer.recheck_size > 0


def _begin(conn: Connection, row: Any, now: datetime) -> None:
    running = (recheck.c.source_id == row["id"], recheck.c.state == "running")
    known = conn.execute(select(recheck.c.id).where(*running)).scalar()
    if known is None:
        found = entered(row["id"], row["action_id"])
        counted = select(func.count()).select_from(item).where(*found)
        known = insert_one(
            conn, recheck, uid=new_uid(now), team_id=row["team_id"], source_id=row["id"],
            state="running", total=conn.execute(counted).scalar_one(), seen=0, gone=0, edited=0,
            back=0, after_id=0, started_at=now,
        )  # fmt: skip
    payload = {"recheck": known}
    tasks.put(conn, RECHECK, str(row["id"]), now, team_id=row["team_id"], payload=payload)


def entered(source_id: int, action_id: int) -> tuple[ColumnElement[bool], ...]:
    """The items of a source that have made an entry."""
    made = exists().where(
        entry.c.action_id == action_id,
        entry.c.key == item.c.external_id,
        entry.c.cause_kind == CAUSE,
    )
    return item.c.source_id == source_id, made
