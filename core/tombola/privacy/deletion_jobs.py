"""The duty that deletes a campaign or a team when its grace is over, a batch a transaction."""

from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Table, exists, select, tuple_

from tombola.campaigns.models import campaign, campaign_picture
from tombola.campaigns.pictures import drop_files
from tombola.db.rows import first
from tombola.db.scrub import securely, settle
from tombola.draws.models import draw, exclusion, pool, winner
from tombola.entrants.models import entrant
from tombola.entries import downloads
from tombola.entries.models import download, participation
from tombola.importing.media_files import ask_to_drop
from tombola.importing.models import media
from tombola.installation import Installation
from tombola.plugins.models import plugin_kv, setting, switch
from tombola.privacy import reach, service
from tombola.privacy.deleting import DELETE
from tombola.privacy.models import deletion, erasure, retention
from tombola.privacy.service import ERASE, AskedBy
from tombola.queue import tasks
from tombola.queue.kinds import Again, Done, Kind, Result
from tombola.queue.tasks import Claim
from tombola.teams.audit import audit
from tombola.teams.models import team
from tombola.teams.rules import Actor

#: Rows that one transaction deletes, and people whose erasure one asks for.
BATCH = 2_000
#: How long a team's deletion waits for its people's erasure before it looks again.
PAUSE = timedelta(seconds=10)


def kinds() -> list[Kind]:
    """The duty that deletes."""
    return [Kind(DELETE, _delete, lease=timedelta(minutes=2), concurrency=1)]


def _delete(inst: Installation, held: Claim) -> Result:
    """Do one deletion, whose grace is over. Idempotent; goes on where it was."""
    with inst.db.read() as conn:
        row = first(conn, select(deletion).where(deletion.c.id == int(held.key)))
    if row is None or row["undone_at"] is not None or row["finished_at"] is not None:
        return Done()
    if row["due_at"] > inst.clock():
        return Again(row["due_at"])
    whole_team = row["campaign_id"] is None
    ids = _campaigns(inst, row) if whole_team else [row["campaign_id"]]
    done = all(_delete_campaign(inst, held, row, number) for number in ids)
    if not done or (whole_team and not _delete_team(inst, held, row)):
        return Again(inst.clock() + (PAUSE if done else timedelta()))
    _finish(inst, held, row)
    settle(inst.db)
    return Done()


def _delete_team(inst: Installation, held: Claim, row: RowMapping) -> bool:
    """What a team has beside its campaigns, once its people are erased. False: not yet."""
    if not _ask_for_people(inst, held, row["team_id"], None):
        return False
    if _are_waiting(inst, row["team_id"]):
        inst.bell.ring(ERASE)
        return False
    if not _empty(inst, held, row, reach.of_team(row["team_id"])):
        return False
    _close_team(inst, held, row)
    return True


def _campaigns(inst: Installation, row: RowMapping) -> list[int]:
    with inst.db.read() as conn:
        mine = campaign.c.team_id == row["team_id"]
        return list(conn.execute(select(campaign.c.id).where(mine)).scalars())


def _delete_campaign(inst: Installation, held: Claim, row: RowMapping, campaign_id: int) -> bool:
    """All of one campaign. False when the time was used up before its end."""
    if not _ask_for_people(inst, held, row["team_id"], campaign_id):
        return False
    if not _forget_drawn(inst, held, campaign_id):
        return False
    if not _empty(inst, held, row, reach.of_campaign(campaign_id)):
        return False
    with inst.db.write() as conn:
        tasks.guard(conn, held, now=inst.clock())
        emptied: dict[str, Any] = {"title": "", "description": "", "words": {}, "terms_url": ""}
        conn.execute(campaign.update().where(campaign.c.id == campaign_id).values(**emptied))
    return True


def _ask_for_people(inst: Installation, held: Claim, team_id: int, campaign_id: int | None) -> bool:
    """Ask for the erasure of those who took part in nothing else; of a team, of everybody."""
    while True:
        now = inst.clock()
        with inst.db.write() as conn:
            tasks.guard(conn, held, now=now)
            rows = conn.execute(
                select(entrant.c.id, entrant.c.uid)
                .where(
                    entrant.c.team_id == team_id,
                    entrant.c.erased_at.is_(None),
                    service.NOT_ASKED,
                    *(() if campaign_id is None else _only_in(campaign_id)),
                )
                .order_by(entrant.c.id)
                .limit(BATCH)
            ).all()
            people = [(one.id, one.uid) for one in rows]
            if people:
                service.ask(conn, Actor.system(team_id), people, AskedBy.DELETION, now)
        if not people:
            return True
        inst.bell.ring(ERASE)
        if held.over():
            return False


def _only_in(campaign_id: int) -> tuple[ColumnElement[bool], ...]:
    here = exists().where(
        participation.c.entrant_id == entrant.c.id, participation.c.campaign_id == campaign_id
    )
    other = participation.alias()
    elsewhere = exists().where(
        other.c.entrant_id == entrant.c.id, other.c.campaign_id != campaign_id
    )
    return here, ~elsewhere


def _are_waiting(inst: Installation, team_id: int) -> bool:
    with inst.db.read() as conn:
        waiting = (erasure.c.team_id == team_id, erasure.c.finished_at.is_(None))
        return conn.execute(select(erasure.c.id).where(*waiting).limit(1)).first() is not None


def _forget_drawn(inst: Installation, held: Claim, campaign_id: int) -> bool:
    """Take the names out of its draws: tags without salts say nothing of anybody."""
    with inst.db.read() as conn:
        mine = draw.c.campaign_id == campaign_id
        draws = list(conn.execute(select(draw.c.id).where(mine)).scalars())
    for table in (pool, exclusion, winner):
        emptied = {"entrant_id": None} | ({"salt": None} if "salt" in table.c else {})
        key = list(table.primary_key.columns)
        some = (
            select(*key)
            .where(table.c.draw_id.in_(draws), table.c.entrant_id.is_not(None))
            .limit(BATCH)
        )
        changed = BATCH
        while changed == BATCH:
            with inst.db.write() as conn:
                tasks.guard(conn, held, now=inst.clock())
                forget = table.update().where(tuple_(*key).in_(some)).values(**emptied)
                changed = conn.execute(forget).rowcount
            if held.over():
                return False
    return True


def _empty(inst: Installation, held: Claim, row: RowMapping, whose: reach.Condition) -> bool:
    """Delete the rows that belong to it, table after table."""
    for table, condition in reach.doomed(whose):
        gone = BATCH
        while gone == BATCH:
            gone = _some(inst, held, row, table, condition)
            if held.over():
                return False
    return True


def _some(
    inst: Installation,
    held: Claim,
    row: RowMapping,
    table: Table,
    condition: ColumnElement[bool],
) -> int:
    files: list[str] = []
    with inst.db.write() as conn:
        securely(conn)
        now = inst.clock()
        tasks.guard(conn, held, now=now)
        if table is download:
            tasks.put(conn, downloads.SWEEP, downloads.SWEEP, now)
        gone = reach.delete_some(conn, table, condition, BATCH)
        if table is media:
            ask_to_drop(conn, row["team_id"], [one.sha256 for one in gone], now)
        if table is campaign_picture:
            files = [one.uid for one in gone]
        if gone:
            _count(conn, row["id"], table.name, len(gone))
    drop_files(inst, files)
    return len(gone)


def _count(conn: Connection, number: int, name: str, gone: int) -> None:
    mine = deletion.c.id == number
    counts = dict(conn.execute(select(deletion.c.counts).where(mine)).scalar_one())
    counts[name] = counts.get(name, 0) + gone
    conn.execute(deletion.update().where(mine).values(counts=counts))


def _close_team(inst: Installation, held: Claim, row: RowMapping) -> None:
    """What stays of a team is a number and a mark, for the log of acts and of draws."""
    with inst.db.write() as conn:
        tasks.guard(conn, held, now=inst.clock())
        number = row["team_id"]
        uid = conn.execute(select(team.c.uid).where(team.c.id == number)).scalar_one()
        conn.execute(plugin_kv.delete().where(plugin_kv.c.team == number))
        for table in (setting, switch):
            mine = (table.c.scope == "team", table.c.scope_id.in_([str(number), uid]))
            conn.execute(table.delete().where(*mine))
        gone = {"name": "", "slug": f"deleted-{number}", "second_step": False}
        conn.execute(team.update().where(team.c.id == number).values(**gone))


def _finish(inst: Installation, held: Claim, row: RowMapping) -> None:
    now = inst.clock()
    with inst.db.write() as conn:
        tasks.guard(conn, held, now=now)
        mine = deletion.c.id == row["id"]
        counts = conn.execute(select(deletion.c.counts).where(mine)).scalar_one()
        conn.execute(deletion.update().where(mine).values(finished_at=now))
        if row["campaign_id"] is not None:
            kept = (retention.c.team_id == row["team_id"],)
            of = retention.c.campaign_id == row["campaign_id"]
            conn.execute(retention.delete().where(*kept, of))
        act = "team.deleted" if row["campaign_id"] is None else "campaign.deleted"
        audit(conn, Actor.system(row["team_id"]), act, row["uid"], {"rows": counts}, now)
