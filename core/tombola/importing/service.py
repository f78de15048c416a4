"""What a team does with its sources: add, pause, run, change, take back."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, select, update

from tombola.api import Conflict, Importer, Lane, NotFound
from tombola.campaigns import service as campaigns
from tombola.campaigns.models import action
from tombola.db import new_uid
from tombola.db.rows import first, insert_one
from tombola.entries import bulk
from tombola.entries.changes import Act
from tombola.entries.filters import Filter
from tombola.importing import rules
from tombola.importing.accounts import chosen
from tombola.importing.models import lane, run, source
from tombola.importing.preview import SourceForm as SourceForm  # noqa: PLC0414 # callers' word
from tombola.importing.preview import judge
from tombola.importing.states import SourceState
from tombola.importing.store import CAUSE, hand_over
from tombola.importing.views import Run, Source, run_of, sources_where
from tombola.importing.work import IMPORT, import_action, source_row, task_key
from tombola.inbox.service import HEAR
from tombola.installation import Installation
from tombola.queue import tasks
from tombola.teams.audit import audit
from tombola.teams.rules import Actor, Role


def add(inst: Installation, actor: Actor, action_uid: str, form: SourceForm) -> Source:
    """Add a source to an import action; its lanes begin at once.

    Raises:
        Invalid: Complaints by field; those of the configuration under ``config.<field>``.
        NotAllowed: The plan, a switch or a gate says no.
        NotFound: The team has no such import action.
    """
    actor.need(Role.EDITOR)
    with inst.db.read() as conn:
        key = import_action(conn, actor, action_uid)["type_key"]
    importer, config = judge(inst, actor, key, form)
    stored = inst.plugins.config_doc(key, config, actor.team_id)
    now = inst.clock()
    uid = new_uid(now)
    with inst.db.write() as conn:
        of = import_action(conn, actor, action_uid)
        account = chosen(conn, inst, actor.team_id, importer, config)
        source_id = insert_one(
            conn, source, uid=uid, team_id=actor.team_id, action_id=of["id"], importer_key=key,
            config=stored, config_version=importer.config_version, connection_id=account,
            floor_at=_utc(form.floor_at),
            cap=form.cap, every_seconds=form.every_seconds, state=SourceState.ACTIVE, detail={},
            created_at=now, next_run_at=now,
        )  # fmt: skip
        for each in lanes_of(importer):
            conn.execute(
                lane.insert().values(team_id=actor.team_id, source_id=source_id, lane=each.value)
            )
            _wake(conn, actor, source_id, each, now)
        detail = {"importer": key, "action": action_uid, "every_seconds": form.every_seconds}
        audit(conn, actor, "source.added", uid, detail, now)
    inst.bell.ring(IMPORT)
    return get(inst, actor, uid)


def change(inst: Installation, actor: Actor, uid: str, form: SourceForm) -> Source:
    """Change a source. Another configuration or floor begins both lanes anew; what is stored stays.

    Raises as ``add``.
    """
    actor.need(Role.EDITOR)
    before = get(inst, actor, uid)
    importer, config = judge(inst, actor, before.importer_key, form)
    stored = inst.plugins.config_doc(before.importer_key, config, actor.team_id)
    now = inst.clock()
    with inst.db.write() as conn:
        row = source_row(conn, actor, uid)
        values = {
            "connection_id": chosen(conn, inst, actor.team_id, importer, config),
            "config": stored,
            "config_version": importer.config_version,
            "floor_at": _utc(form.floor_at),
            "cap": form.cap,
            "every_seconds": form.every_seconds,
        }
        conn.execute(update(source).where(source.c.id == row["id"]).values(**values))
        afresh = stored != row["config"] or _utc(form.floor_at) != row["floor_at"]
        if afresh or form.cap != row["cap"]:
            _begin_anew(conn, actor, row, now, forget=afresh)
        audit(conn, actor, "source.changed", uid, {"begins_anew": afresh}, now)
    inst.bell.ring(IMPORT)
    return get(inst, actor, uid)


def pause(inst: Installation, actor: Actor, uid: str) -> None:
    """Stop a source: a running turn writes nothing more from this moment on. Idempotent."""
    actor.need(Role.EDITOR)
    now = inst.clock()
    with inst.db.write() as conn:
        row = source_row(conn, actor, uid)
        _set_state(conn, row["id"], SourceState.PAUSED)
        audit(conn, actor, "source.paused", uid, {}, now)


def resume(inst: Installation, actor: Actor, uid: str) -> None:
    """Let a source go on where it stood, at once: the button after a pause and after a repair."""
    actor.need(Role.EDITOR)
    now = inst.clock()
    with inst.db.write() as conn:
        row = source_row(conn, actor, uid)
        _set_state(conn, row["id"], SourceState.ACTIVE)
        _wake_open_lanes(conn, actor, row["id"], now)
        tasks.wake(conn, actor.team_id, now)  # what it would have heard meanwhile
        audit(conn, actor, "source.resumed", uid, {}, now)
    inst.bell.ring(IMPORT)
    inst.bell.ring(HEAR)


def run_now(inst: Installation, actor: Actor, uid: str) -> None:
    """Look for new posts at once; the plan of the hours stays as it is.

    Raises:
        Conflict: The source is paused.
    """
    actor.need(Role.EDITOR)
    now = inst.clock()
    with inst.db.write() as conn:
        row = source_row(conn, actor, uid)
        if row["state"] == SourceState.PAUSED:
            raise Conflict("This source is paused; let it go on first.")
        _wake_open_lanes(conn, actor, row["id"], now)
        audit(conn, actor, "source.run_asked", uid, {}, now)
    inst.bell.ring(IMPORT)


def remove(inst: Installation, actor: Actor, uid: str) -> None:
    """Take a source away. Its items and their entries stay."""
    actor.need(Role.EDITOR)
    now = inst.clock()
    with inst.db.write() as conn:
        row = source_row(conn, actor, uid)
        conn.execute(update(source).where(source.c.id == row["id"]).values(removed_at=now))
        tasks.drop(conn, IMPORT, [task_key(row["id"], each) for each in Lane])
        audit(conn, actor, "source.removed", uid, {}, now)


def undo(inst: Installation, actor: Actor, run_uid: str, reason: str = "import undone") -> int:
    """Take back every entry of one run as one act; counts are as they were before it.

    A post that another source of the action has found, too, stays an entry, of that source's run.
    The source of a run that is still at work is paused, so that it does not go on. Places that
    fall free go to the earliest entries that asked for them. Idempotent.

    More than ``bulk.AT_ONCE`` entries are taken back by a duty, batch after batch.

    Returns:
        How many entries are taken back.
    """
    actor.need(Role.EDITOR)
    now = inst.clock()
    with inst.db.write() as conn:
        row = first(conn, select(run).where(run.c.uid == run_uid, run.c.team_id == actor.team_id))
        if row is None:
            raise NotFound("There is no such run.")
        if row["state"] == "running":
            _set_state(conn, row["source_id"], SourceState.PAUSED)
            closed = {"state": "undone", "finished_at": now}
            conn.execute(update(run).where(run.c.id == row["id"]).values(**closed))
            conn.execute(update(lane).where(lane.c.run_id == row["id"]).values(run_id=None))
        hand_over(conn, actor.team_id, row["id"], row["source_id"])
        act = Act("undo", actor, reason, run_uid, now)
        cause = {"kind": CAUSE, "id": row["id"]}
        begun = bulk.begin(conn, _campaign_of(conn, row), act, Filter(), cause)
        conn.execute(update(run).where(run.c.id == row["id"]).values(undone_at=now))
        told = {"entries": begun.total, "reason": reason}
        audit(conn, actor, "run.undone", run_uid, told, now)
    if begun.state == "running":
        inst.bell.ring(bulk.BULK)
    return begun.total


def get(inst: Installation, actor: Actor, uid: str) -> Source:
    """One source of the team. Raises NotFound."""
    with inst.db.read() as conn:
        found = sources_where(conn, inst.clock(), actor.team_id, source.c.uid == uid)
    if not found:
        raise NotFound("There is no such source.")
    return found[0]


def of_action(inst: Installation, actor: Actor, action_uid: str) -> list[Source]:
    """The sources of an action, oldest first."""
    with inst.db.read() as conn:
        return sources_where(conn, inst.clock(), actor.team_id, action.c.uid == action_uid)


def of_campaign(inst: Installation, actor: Actor, campaign_id: int) -> list[Source]:
    """The sources of a campaign, oldest first."""
    mine = action.c.campaign_id == campaign_id
    with inst.db.read() as conn:
        return sources_where(conn, inst.clock(), actor.team_id, mine)


def runs(inst: Installation, actor: Actor, uid: str, *, limit: int = 20) -> list[Run]:
    """A source's runs, the newest first, with what each call brought."""
    with inst.db.read() as conn:
        row = source_row(conn, actor, uid)
        found = conn.execute(
            select(run).where(run.c.source_id == row["id"]).order_by(run.c.id.desc()).limit(limit)
        ).mappings()
        return [run_of(each) for each in found]


def run_of_source(inst: Installation, actor: Actor, uid: str, run_uid: str) -> Run:
    """One run of a source with what each call brought. Raises NotFound."""
    with inst.db.read() as conn:
        row = source_row(conn, actor, uid)
        mine = (run.c.source_id == row["id"], run.c.uid == run_uid)
        found = first(conn, select(run).where(*mine))
    if found is None:
        raise NotFound("There is no such run.")
    return run_of(found)


def lanes_of(importer: Importer[Any, Any]) -> list[Lane]:
    """LIVE always, since new posts are what a source is for; HISTORY where the network has it."""
    return [each for each in Lane if each is Lane.LIVE or each in importer.lanes]


def _set_state(conn: Connection, source_id: int, state: SourceState) -> None:
    values: dict[str, Any] = {"state": state, "reason": None, "detail": {}}
    conn.execute(update(source).where(source.c.id == source_id).values(**values))


def _wake(conn: Connection, actor: Actor, source_id: int, of: Lane, now: datetime) -> None:
    _put(conn, actor.team_id, source_id, of, now)


def _put(conn: Connection, team_id: int, source_id: int, of: Lane, now: datetime) -> None:
    """Let a lane run at once; of a source that was gone the next answer is believed again."""
    gone = (source.c.id == source_id, source.c.state == SourceState.GONE)
    conn.execute(update(source).where(*gone).values(state=SourceState.ACTIVE))
    payload = {"source": source_id, "lane": of.value}
    tasks.put(conn, IMPORT, task_key(source_id, of), now, team_id=team_id, payload=payload)


def _wake_open_lanes(conn: Connection, actor: Actor, source_id: int, now: datetime) -> None:
    unfinished = (lane.c.source_id == source_id, lane.c.finished_at.is_(None))
    for name in conn.execute(select(lane.c.lane).where(*unfinished)).scalars():
        _wake(conn, actor, source_id, Lane(name), now)


def _begin_anew(
    conn: Connection, actor: Actor, row: RowMapping, now: datetime, *, forget: bool
) -> None:
    """Open the lanes again; ``forget`` drops their places, too."""
    values: dict[str, Any] = {"finished_at": None}
    if forget:
        values |= {"cursor": None, "checkpoint": None}
        conn.execute(update(source).where(source.c.id == row["id"]).values(last_run_at=None))
    conn.execute(update(lane).where(lane.c.source_id == row["id"]).values(**values))
    if row["state"] != SourceState.PAUSED:
        _wake_open_lanes(conn, actor, row["id"], now)


def _campaign_of(conn: Connection, row: RowMapping) -> campaigns.Campaign:
    """The campaign of a run, whatever became of its source."""
    of = select(action.c.campaign_id).join(source, source.c.action_id == action.c.id)
    number = conn.execute(of.where(source.c.id == row["source_id"])).scalar_one()
    return campaigns.ever(conn, number)


def _utc(at: datetime | None) -> datetime | None:
    if at is None or at.tzinfo is not None:
        return at
    return at.replace(tzinfo=rules.BEGINNING.tzinfo)
