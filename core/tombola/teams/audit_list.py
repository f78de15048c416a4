"""Reading the audit log: a team's part or all of it, newest first, and as a file."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection, Select, func, select

from tombola.db.types import time_text
from tombola.installation import Installation
from tombola.teams.audit import GENESIS
from tombola.teams.models import api_token, audit, member, role, team
from tombola.teams.rules import Actor, Role

#: Records on one page, and of one read while a file is written.
SIZE, BATCH = 50, 1_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which records: of a member (by public name), of an act, from a moment on, before another."""

    member: str = ""
    act: str = ""
    since: datetime | None = None
    until: datetime | None = None


class Record(BaseModel):
    """One record as its readers see it. ``who`` is "" for what the installation did by itself."""

    model_config = ConfigDict(frozen=True)

    seq: int
    at: datetime
    who: str
    program: str
    team: str
    act: str
    subject: str
    detail: Mapping[str, Any]
    hash: str


@dataclass(frozen=True, slots=True)
class Page:
    """Records, newest first, and the number after which older ones go on; None at the end."""

    records: list[Record]
    after: int | None


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the chain: whoever has written it down notices any change of what is before."""

    seq: int
    hash: str
    at: datetime | None

    @property
    def text(self) -> str:
        """As it is written down and given to ``tombola audit verify --head``."""
        return f"{self.seq}:{self.hash}"


def page(inst: Installation, actor: Actor, wanted: Wanted, *, after: int | None = None) -> Page:
    """Records of the actor's team, or of the whole installation for an operator outside a team.

    Raises:
        Forbidden: the actor is no owner, or no operator.
    """
    need(actor)
    asked = _query(actor, wanted)
    if after is not None:
        asked = asked.where(audit.c.seq < after)
    with inst.db.read() as conn:
        rows = conn.execute(asked.order_by(audit.c.seq.desc()).limit(SIZE + 1)).mappings().all()
        names = _programs(conn, [row["detail"] for row in rows])
    records = [_record(row, names) for row in rows[:SIZE]]
    return Page(records, records[-1].seq if len(rows) > SIZE else None)


def lines(inst: Installation, actor: Actor, wanted: Wanted) -> Iterator[str]:
    """The same as JSON Lines, oldest first, with all that the chain is computed from.

    A team's file has the team's records alone, so that only the whole file can be verified.

    Raises:
        Forbidden: at once, not with the first line.
    """
    need(actor)
    return _lines(inst, actor, wanted)


def _lines(inst: Installation, actor: Actor, wanted: Wanted) -> Iterator[str]:
    last = 0
    while True:
        asked = _query(actor, wanted).where(audit.c.seq > last).order_by(audit.c.seq).limit(BATCH)
        with inst.db.read() as conn:
            rows = conn.execute(asked).mappings().all()
        for row in rows:
            yield json.dumps(_told(row), ensure_ascii=False) + "\n"
        if len(rows) < BATCH:
            return
        last = rows[-1]["seq"]


def head(conn: Connection) -> Head:
    """The newest record of the whole log."""
    row = conn.execute(
        select(audit.c.seq, audit.c.hash, audit.c.at).order_by(audit.c.seq.desc()).limit(1)
    ).first()
    return Head(0, GENESIS, None) if row is None else Head(row.seq, row.hash, row.at)


def choices(inst: Installation, actor: Actor) -> tuple[list[tuple[str, str]], list[str]]:
    """What a reader can choose from: members as (uid, name), and the acts there are."""
    need(actor)
    acts = select(audit.c.act).distinct().order_by(audit.c.act)
    people = select(member.c.uid, member.c.name).order_by(func.lower(member.c.name)).limit(500)
    if actor.team_id:
        acts = acts.where(audit.c.team_id == actor.team_id)
        mine = select(role.c.member_id).where(role.c.team_id == actor.team_id)
        people = people.where(member.c.id.in_(mine))
    with inst.db.read() as conn:
        found = [(row.uid, row.name) for row in conn.execute(people)]
        return found, list(conn.execute(acts).scalars())


def need(actor: Actor) -> None:
    """Owners read their team's log, operators all of it. Raises Forbidden."""
    if actor.team_id:
        actor.need(Role.OWNER)
    else:
        actor.need_operator()


def _query(actor: Actor, wanted: Wanted) -> Select[Any]:
    asked = (
        select(audit, member.c.name.label("who"), team.c.name.label("team"))
        .outerjoin(member, member.c.id == audit.c.member_id)
        .outerjoin(team, team.c.id == audit.c.team_id)
    )
    if actor.team_id:
        asked = asked.where(audit.c.team_id == actor.team_id)
    if wanted.member:
        asked = asked.where(member.c.uid == wanted.member)
    if wanted.act:
        asked = asked.where(audit.c.act == wanted.act)
    if wanted.since is not None:
        asked = asked.where(audit.c.at >= wanted.since)
    if wanted.until is not None:
        asked = asked.where(audit.c.at < wanted.until)
    return asked


def _programs(conn: Connection, details: list[Any]) -> dict[str, str]:
    uids = sorted({str(each["token"]) for each in details if each.get("token")})
    if not uids:
        return {}
    rows = conn.execute(select(api_token.c.uid, api_token.c.name).where(api_token.c.uid.in_(uids)))
    return {row.uid: row.name for row in rows}


def _record(row: Mapping[Any, Any], programs: Mapping[str, str]) -> Record:
    detail = dict(row["detail"])
    token = str(detail.pop("token", ""))
    return Record(
        seq=row["seq"],
        at=row["at"],
        who=row["who"] or "",
        program=programs.get(token, ""),
        team=row["team"] or "",
        act=row["act"],
        subject=row["subject"],
        detail=detail,
        hash=row["hash"],
    )


def _told(row: Mapping[Any, Any]) -> dict[str, Any]:
    kept = ("seq", "team_id", "member_id", "act", "subject", "detail", "prev_hash", "hash")
    told = {name: row[name] for name in kept} | {"at": time_text(row["at"])}
    return told | {"member": row["who"], "team": row["team"]}
