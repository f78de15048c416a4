"""How long people, raw answers and logs are kept, and the duty that ends it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection, and_, exists, null, select, update

from tombola.api import NotFound
from tombola.campaigns.models import campaign
from tombola.db.sets import members
from tombola.entrants.models import entrant
from tombola.entries.models import participation
from tombola.importing.models import item
from tombola.installation import Installation
from tombola.people.models import contact_attempt
from tombola.plugins.models import plugin_fault
from tombola.privacy import service
from tombola.privacy.models import retention, retention_report
from tombola.privacy.service import ERASE, AskedBy
from tombola.queue import tasks
from tombola.queue.kinds import Again, Done, Kind, Result
from tombola.queue.tasks import Claim
from tombola.teams.audit import audit
from tombola.teams.models import team
from tombola.teams.rules import Actor, Role

#: The kind of duty that looks after all teams, once a day.
KEEP = "retention"
#: Rows that one transaction takes.
BATCH = 500
#: The row of a team's own rule, which holds where a campaign has none.
TEAM = 0
_DAYS: Any = {"unit": "days"}


class Rule(BaseModel):
    """How long things are kept, in days; empty: for good."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    people_days: Annotated[
        int | None,
        Field(
            title="People, after the campaign’s end",  # noqa: RUF001 # an apostrophe
            description="Then everybody who took part in nothing else is erased.",
            ge=1, le=3650, json_schema_extra=_DAYS,
        ),
    ] = None  # fmt: skip
    raw_days: Annotated[
        int | None,
        Field(
            title="Answers of networks as they came",
            description="What is shown of a post stays; only the rest of the answer goes.",
            ge=1, le=3650, json_schema_extra=_DAYS,
        ),
    ] = None  # fmt: skip
    log_days: Annotated[
        int | None,
        Field(
            title="Faults of plugins, and attempts at contact",
            description="The log of acts stays: it is a chain.",
            ge=1, le=3650, json_schema_extra=_DAYS,
        ),
    ] = None  # fmt: skip


class Report(BaseModel):
    """What one day's keeping has done. ``people`` are erasures asked for."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    day: str
    people: int
    raw: int
    logs: int
    finished_at: datetime | None


def kinds() -> list[Kind]:
    """The duty that keeps the rules."""
    return [Kind(KEEP, _keep, every=timedelta(days=1), concurrency=1, lease=timedelta(minutes=2))]


def rule_of(conn: Connection, team_id: int, campaign_id: int = TEAM) -> Rule | None:
    """The rule that a team, or a campaign by itself, has set; None without one."""
    mine = (retention.c.team_id == team_id, retention.c.campaign_id == campaign_id)
    row = conn.execute(select(retention).where(*mine)).mappings().first()
    return None if row is None else Rule.model_validate(dict(row))


def get(inst: Installation, actor: Actor, campaign_id: int = TEAM) -> Rule | None:
    """The same for pages."""
    actor.need(Role.VIEWER)
    with inst.db.read() as conn:
        return rule_of(conn, actor.team_id, campaign_id)


def set_rule(inst: Installation, actor: Actor, rule: Rule | None, campaign_id: int = TEAM) -> None:
    """Keep things for so long from the next day's look on; None: a campaign does as its team.

    Raises NotFound for another team's campaign.
    """
    actor.need(Role.OWNER)
    now = inst.clock()
    with inst.db.write() as conn:
        subject = _subject(conn, actor, campaign_id)
        mine = (retention.c.team_id == actor.team_id, retention.c.campaign_id == campaign_id)
        conn.execute(retention.delete().where(*mine))
        if rule is not None:
            keys = {"team_id": actor.team_id, "campaign_id": campaign_id}
            conn.execute(retention.insert().values(**keys, **rule.model_dump()))
        detail = rule.model_dump() if rule is not None else {"as": "team"}
        audit(conn, actor, "retention.set", subject, detail, now)


def reports(inst: Installation, actor: Actor, limit: int = 14) -> list[Report]:
    """What the last days brought, newest first."""
    actor.need(Role.VIEWER)
    with inst.db.read() as conn:
        rows = conn.execute(
            select(retention_report)
            .where(retention_report.c.team_id == actor.team_id)
            .order_by(retention_report.c.id.desc())
            .limit(limit)
        ).mappings()
        return [Report.model_validate(dict(row)) for row in rows]


def _keep(inst: Installation, held: Claim) -> Result:
    """Look after each team that has a rule. Idempotent; goes on where its time was used up."""
    with inst.db.read() as conn:
        ids = list(
            conn.execute(
                select(retention.c.team_id)
                .join(team, team.c.id == retention.c.team_id)
                .where(team.c.removed_at.is_(None))
                .distinct()
                .order_by(retention.c.team_id)
            ).scalars()
        )
    for team_id in ids:
        if not _keep_team(inst, held, team_id):
            return Again(inst.clock())
    return Done()


def _keep_team(inst: Installation, held: Claim, team_id: int) -> bool:
    """Do what a team's rules ask for today. False when the time was used up before the end."""
    steps: tuple[tuple[str, Callable[[Connection, int, datetime], int]], ...] = (
        ("people", _people),
        ("raw", _raw),
        ("logs", _logs),
    )
    for name, step in steps:
        done = BATCH
        while done >= BATCH:
            now = inst.clock()
            with inst.db.write() as conn:
                tasks.guard(conn, held, now=now)
                done = step(conn, team_id, now)
                _report(conn, team_id, now, {name: done})
            if name == "people" and done:
                inst.bell.ring(ERASE)
            if held.over():
                return False
    with inst.db.write() as conn:
        _report(conn, team_id, inst.clock(), {}, finished=True)
    return True


def _people(conn: Connection, team_id: int, now: datetime) -> int:
    """Ask for the erasure of those all of whose campaigns have ended long enough ago."""
    ended = _ended(conn, team_id, now)
    if not ended:
        return 0
    here = participation.alias()
    elsewhere = exists().where(
        here.c.entrant_id == entrant.c.id, here.c.campaign_id.not_in(ended), here.c.entries > 0
    )
    took_part = exists().where(
        participation.c.entrant_id == entrant.c.id, participation.c.campaign_id.in_(ended)
    )
    rows = conn.execute(
        select(entrant.c.id, entrant.c.uid)
        .where(
            entrant.c.team_id == team_id,
            entrant.c.erased_at.is_(None),
            service.NOT_ASKED,
            took_part,
            ~elsewhere,
        )
        .order_by(entrant.c.id)
        .limit(BATCH)
    ).all()
    people = [(row.id, row.uid) for row in rows]
    actor = Actor.system(team_id)
    return service.ask(conn, actor, people, AskedBy.RETENTION, now) if people else 0


def _ended(conn: Connection, team_id: int, now: datetime) -> list[int]:
    """Campaigns whose people are to be erased by now."""
    own = rule_of(conn, team_id)
    rows = conn.execute(
        select(campaign.c.id, campaign.c.ends_at, retention.c.campaign_id, retention.c.people_days)
        .outerjoin(
            retention,
            and_(retention.c.team_id == team_id, retention.c.campaign_id == campaign.c.id),
        )
        .where(campaign.c.team_id == team_id)
    ).all()
    found = []
    for row in rows:
        days = row.people_days if row.campaign_id else own.people_days if own else None
        if days is not None and row.ends_at + timedelta(days=days) <= now:
            found.append(row.id)
    return found


def _raw(conn: Connection, team_id: int, now: datetime) -> int:
    """Empty raw answers that are older than the team's rule; a network's own term ends sooner."""
    own = rule_of(conn, team_id)
    if own is None or own.raw_days is None:
        return 0
    old = (
        select(item.c.id)
        .where(
            item.c.team_id == team_id,
            item.c.raw.is_not(None),
            item.c.raw_until.is_not(None),
            item.c.seen_at < now - timedelta(days=own.raw_days),
        )
        .order_by(item.c.id)
        .limit(BATCH)
    )
    ids = list(conn.execute(old).scalars())
    emptied = {"raw": null(), "raw_until": None}
    return conn.execute(
        update(item).where(members(conn, item.c.id, ids)).values(**emptied)
    ).rowcount


def _logs(conn: Connection, team_id: int, now: datetime) -> int:
    """Delete faults of plugins and attempts at contact that are older than the team's rule."""
    own = rule_of(conn, team_id)
    if own is None or own.log_days is None:
        return 0
    before = now - timedelta(days=own.log_days)
    gone = 0
    for table in (plugin_fault, contact_attempt):
        old = select(table.c.id).where(table.c.team_id == team_id, table.c.at < before)
        ids = list(conn.execute(old.order_by(table.c.id).limit(BATCH)).scalars())
        gone = max(
            gone, conn.execute(table.delete().where(members(conn, table.c.id, ids))).rowcount
        )
    return gone


def _report(
    conn: Connection,
    team_id: int,
    now: datetime,
    done: dict[str, int],
    *,
    finished: bool = False,
) -> None:
    day = f"{now:%Y-%m-%d}"
    mine = (retention_report.c.team_id == team_id, retention_report.c.day == day)
    values: dict[str, Any] = {
        name: retention_report.c[name] + number for name, number in done.items()
    }
    values["finished_at"] = now if finished else None
    if not conn.execute(retention_report.update().where(*mine).values(**values)).rowcount:
        first = {"people": 0, "raw": 0, "logs": 0, **done}
        conn.execute(
            retention_report.insert().values(
                team_id=team_id, day=day, **first, finished_at=now if finished else None
            )
        )


def _subject(conn: Connection, actor: Actor, campaign_id: int) -> str:
    if campaign_id == TEAM:
        return actor.team_uid
    mine = (campaign.c.team_id == actor.team_id, campaign.c.id == campaign_id)
    uid: str | None = conn.execute(select(campaign.c.uid).where(*mine)).scalar()
    if uid is None:
        raise NotFound("There is no such campaign.")
    return uid
