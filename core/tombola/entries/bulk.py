"""One act on more entries than one transaction should hold.

What is chosen is a filter, not a list: it is read batch after batch, by entrants, since the entries
of one are decided together. Few entries are changed at once; many by a duty, with progress. To the
team it is one act, with one line in the audit log; in the ledger each batch is an event with the
act's kind, reason and subject.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import structlog
from pydantic import BaseModel, ConfigDict
from sqlalchemy import ColumnElement, Connection, RowMapping, func, select, update

from tombola.api import Invalid, NotFound
from tombola.campaigns.service import Campaign, ever, of_team
from tombola.db import new_uid
from tombola.db.rows import first, insert_one
from tombola.entries.changes import Act, mark
from tombola.entries.filters import Filter, conditions
from tombola.entries.models import bulk_act, entry
from tombola.entries.rules import State
from tombola.entries.service import VERBS
from tombola.installation import Installation
from tombola.queue import tasks
from tombola.queue.kinds import Again, Done, Result
from tombola.queue.tasks import Claim
from tombola.teams.audit import audit
from tombola.teams.rules import Actor, Role

log = structlog.get_logger("tombola.entries")

#: The kind of duty that does a large act, its key the act's number.
BULK = "entries_act"
#: Entries up to which an act is done at once, in the request that asks for it; and entries of one
#: batch. SQLite's write lock is held about a quarter of a second for these.
AT_ONCE = 1_000
BATCH = 1_000
_GIVES = {"undo": State.REVOKED, **{verb: state for state, verb in VERBS.items()}}


class Bulk(BaseModel):
    """An act on many entries.

    Attributes:
        kind: revoke, archive, restore or undo.
        state: running or finished.
        total: Entries that it was for when it began.
        seen: Of them, those that were looked at so far; ``changed`` those that changed.
    """

    model_config = ConfigDict(frozen=True, from_attributes=True)

    uid: str
    kind: str
    state: str
    reason: str
    subject: str
    total: int
    seen: int
    changed: int
    started_at: datetime
    finished_at: datetime | None


class Choice(BaseModel):
    """What an act would change now, and the last entry that it would look at."""

    model_config = ConfigDict(frozen=True)

    revoke: int
    archive: int
    restore: int
    last_id: int


def choice(inst: Installation, actor: Actor, campaign_uid: str, wanted: Filter) -> Choice:
    """Count what each act on all that a filter finds would change."""
    actor.need(Role.EDITOR)
    with inst.db.read() as conn:
        found = of_team(conn, actor, campaign_uid)
        last = _last(conn)
        numbers = {
            kind: _count(conn, _chosen(conn, found, wanted, {}, kind, last))
            for kind in ("revoke", "archive", "restore")
        }
    return Choice(**numbers, last_id=last)


def act_on_all(
    inst: Installation,
    actor: Actor,
    campaign_uid: str,
    wanted: Filter,
    kind: str,
    reason: str,
    *,
    last_id: int | None = None,
) -> Bulk:
    """Revoke, archive or restore all entries that a filter finds.

    Args:
        inst: The installation.
        actor: An editor or more; another team's campaign is not found.
        campaign_uid: The campaign.
        wanted: The list's own filter.
        kind: revoke, archive or restore.
        reason: Kept with each entry; restoring needs none.
        last_id: The last entry that was there when somebody decided; None for now.

    Raises:
        Invalid: No such act, or no reason.
    """
    actor.need(Role.EDITOR)
    if kind not in VERBS.values():
        raise Invalid({"act": "Choose what to do with them."})
    if kind != "restore" and not reason.strip():
        raise Invalid({"reason": "Say why; the reason is kept with each entry."})
    now = inst.clock()
    with inst.db.write() as conn:
        found = of_team(conn, actor, campaign_uid)
        act = Act(kind, actor, reason.strip(), found.uid, now)
        begun = begin(conn, found, act, wanted, {}, last_id=last_id)
        detail = {"entries": begun.total, "reason": act.reason, "all": True}
        audit(conn, actor, f"entries.{kind}", found.uid, detail, now)
    if begun.state == "running":
        inst.bell.ring(BULK)
    return begun


def begin(
    conn: Connection,
    found: Campaign,
    act: Act,
    wanted: Filter,
    cause: Mapping[str, Any],
    *,
    last_id: int | None = None,
) -> Bulk:
    """Begin an act in the caller's transaction; up to ``AT_ONCE`` entries it is done with it.

    Args:
        conn: A write transaction.
        found: The campaign.
        act: Kind, actor, reason and subject.
        wanted: Which entries.
        cause: ``kind`` and ``id`` of what has caused them; empty for any.
        last_id: As in ``act_on_all``.

    Returns:
        The act as it stands. Where it is running, the caller rings ``BULK`` after the commit.
    """
    last = min(last_id, _last(conn)) if last_id is not None else _last(conn)
    total = _count(conn, _chosen(conn, found, wanted, cause, act.kind, last))
    document = {"filter": wanted.model_dump(mode="json"), "cause": dict(cause)}
    number = insert_one(
        conn, bulk_act, uid=new_uid(act.at), team_id=found.team_id, campaign_id=found.id,
        kind=act.kind, state="running", reason=act.reason, subject=act.subject,
        member_id=act.actor.member_id, wanted=document, last_id=last, total=total, seen=0,
        changed=0, after_id=0, started_at=act.at,
    )  # fmt: skip
    if total > AT_ONCE:
        tasks.put(conn, BULK, str(number), act.at, team_id=found.team_id)
    else:
        while not _step(conn, number, act.at):
            pass
    return Bulk.model_validate(_row(conn, number))


def go_on(inst: Installation, held: Claim) -> Result:
    """Do batch after batch of an act: the handler of the kind."""
    number = int(held.key)
    while not held.over():
        now = inst.clock()
        with inst.db.write() as conn:
            tasks.guard(conn, held, now=now, progress={"at": now.isoformat()})
            if _step(conn, number, now):
                return Done()
    return Again(inst.clock())


def get(inst: Installation, actor: Actor, campaign_uid: str, uid: str) -> Bulk:
    """One act of a campaign, as far as it is. Raises NotFound."""
    actor.need(Role.VIEWER)
    with inst.db.read() as conn:
        found = of_team(conn, actor, campaign_uid)
        mine = (bulk_act.c.campaign_id == found.id, bulk_act.c.uid == uid)
        row = first(conn, select(bulk_act).where(*mine))
    if row is None:
        raise NotFound("There is no such act.")
    return Bulk.model_validate(row)


def under_way(
    conn: Connection, campaign_id: int, subjects: Sequence[str] | None = None
) -> list[Bulk]:
    """A campaign's acts that are not finished, the newest first; of some subjects or of all."""
    needed = [bulk_act.c.campaign_id == campaign_id, bulk_act.c.state == "running"]
    if subjects is not None:
        needed.append(bulk_act.c.subject.in_(subjects))
    rows = conn.execute(select(bulk_act).where(*needed).order_by(bulk_act.c.id.desc()))
    return [Bulk.model_validate(row) for row in rows.mappings()]


def _step(conn: Connection, number: int, now: datetime) -> bool:
    """Do one batch. Returns whether the act is finished.

    When the last entrant has been seen it looks once more from the first: entries may have moved
    to an entrant that had been passed.
    """
    row = _row(conn, number)
    if row["state"] != "running":
        return True
    found = ever(conn, row["campaign_id"])
    ids, after = _batch(conn, found, row)
    values: dict[str, Any] = {"after_id": after}
    if ids:
        actor = replace(Actor.system(row["team_id"]), member_id=row["member_id"])
        act = Act(row["kind"], actor, row["reason"], row["subject"], now)
        changed = mark(conn, found.id, ids, _GIVES[row["kind"]], act)
        values |= {"seen": row["seen"] + len(ids), "changed": row["changed"] + changed}
    elif row["after_id"]:
        values["after_id"] = 0
    else:
        values |= {"state": "finished", "finished_at": now}
        log.info("bulk_act_finished", kind=row["kind"], changed=row["changed"])
    conn.execute(update(bulk_act).where(bulk_act.c.id == number).values(**values))
    return "state" in values


def _batch(conn: Connection, found: Campaign, row: RowMapping) -> tuple[list[int], int]:
    """The entries of the next entrants, all of each, and the last of those entrants."""
    wanted = Filter.model_validate(row["wanted"]["filter"])
    chosen = _chosen(conn, found, wanted, row["wanted"]["cause"], row["kind"], row["last_id"])
    query = select(entry.c.entrant_id, entry.c.id).where(*chosen)
    following = query.where(entry.c.entrant_id > row["after_id"])
    rows = conn.execute(following.order_by(entry.c.entrant_id).limit(BATCH + 1)).all()
    if len(rows) > BATCH:
        cut = rows[-1].entrant_id
        rows = [one for one in rows if one.entrant_id != cut] or conn.execute(
            query.where(entry.c.entrant_id == cut)
        ).all()
    return [one.id for one in rows], rows[-1].entrant_id if rows else 0


def _chosen(
    conn: Connection,
    found: Campaign,
    wanted: Filter,
    cause: Mapping[str, Any],
    kind: str,
    last_id: int,
) -> list[ColumnElement[bool]]:
    """The entries that an act would change."""
    needed = [*conditions(conn, found, wanted), entry.c.id <= last_id]
    if cause:
        needed += [entry.c.cause_kind == cause["kind"], entry.c.cause_id == cause["id"]]
    given = [State.REVOKED.value, State.ARCHIVED.value]
    if kind == "restore":
        needed.append(entry.c.state.in_(given))
    elif kind == "archive":
        needed.append(entry.c.state.not_in([*given, State.REFUSED.value]))
    else:
        needed.append(entry.c.state.not_in([State.REVOKED.value, State.REFUSED.value]))
    return needed


def _count(conn: Connection, chosen: list[ColumnElement[bool]]) -> int:
    return conn.execute(select(func.count()).select_from(entry).where(*chosen)).scalar_one()


def _last(conn: Connection) -> int:
    """The newest entry of the installation: one step into its key."""
    found: int = conn.execute(select(func.coalesce(func.max(entry.c.id), 0))).scalar_one()
    return found


def _row(conn: Connection, number: int) -> RowMapping:
    row = first(conn, select(bulk_act).where(bulk_act.c.id == number))
    if row is None:
        raise LookupError(f"There is no act {number}.")
    return row
