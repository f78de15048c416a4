"""Everybody who works on this installation, for its operators."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection, func, select

from tombola.api import Conflict, NotFound
from tombola.db.rows import first
from tombola.installation import Installation
from tombola.teams import second_step, sessions
from tombola.teams.audit import audit
from tombola.teams.models import member, role, team, web_session
from tombola.teams.models import second_step as second_step_table
from tombola.teams.rules import Actor
from tombola.web.i18n import gettext as _

#: Members that one page shows; a search finds the others.
MOST = 200


class Worker(BaseModel):
    """A member as operators see them. ``teams`` are (name, role), by name."""

    model_config = ConfigDict(frozen=True)

    uid: str
    name: str
    email: str
    operator: bool
    second_step: bool
    disabled_at: datetime | None
    seen_at: datetime | None
    teams: list[tuple[str, str]]


def everybody(inst: Installation, actor: Actor, word: str = "") -> list[Worker]:
    """Members by name, at most ``MOST``; those whose name or address has ``word`` in it."""
    actor.need_operator()
    text = word.strip().lower()
    with inst.db.read() as conn:
        seen = (
            select(web_session.c.member_id, func.max(web_session.c.seen_at).label("seen_at"))
            .group_by(web_session.c.member_id)
            .subquery()
        )
        wanted = (
            select(member, second_step_table.c.confirmed_at, seen.c.seen_at)
            .outerjoin(second_step_table, second_step_table.c.member_id == member.c.id)
            .outerjoin(seen, seen.c.member_id == member.c.id)
            .order_by(func.lower(member.c.name), member.c.id)
            .limit(MOST)
        )
        if text:
            named = func.lower(member.c.name).contains(text, autoescape=True)
            wanted = wanted.where(named | member.c.email.contains(text, autoescape=True))
        rows = conn.execute(wanted).mappings().all()
        places = _places(conn, [row["id"] for row in rows])
    return [
        Worker.model_validate(
            {
                **row,
                "second_step": row["confirmed_at"] is not None,
                "teams": places.get(row["id"], []),
            }
        )
        for row in rows
    ]


def disable(inst: Installation, actor: Actor, uid: str) -> None:
    """Let a member in no more: their sessions end at once, what they did stays theirs.

    Raises:
        NotFound: there is no such member.
        Conflict: it is the actor, who would lock the door behind them.
    """
    actor.need_operator()
    now = inst.clock()
    with inst.db.write() as conn:
        number = _number(conn, uid)
        if number == actor.member_id:
            raise Conflict(_("You cannot disable yourself. Another operator can."))
        mine = (member.c.id == number, member.c.disabled_at.is_(None))
        done = conn.execute(member.update().where(*mine).values(disabled_at=now))
        sessions.revoke_all(conn, number, now)
        if done.rowcount:
            audit(conn, actor, "member.disabled", uid, {}, now)


def enable(inst: Installation, actor: Actor, uid: str) -> None:
    """Let a member in again. Raises NotFound."""
    actor.need_operator()
    now = inst.clock()
    with inst.db.write() as conn:
        mine = (member.c.id == _number(conn, uid), member.c.disabled_at.is_not(None))
        if conn.execute(member.update().where(*mine).values(disabled_at=None)).rowcount:
            audit(conn, actor, "member.enabled", uid, {}, now)


def forget_second_step(inst: Installation, actor: Actor, uid: str) -> None:
    """For who has lost phone and codes, and whom the operator knows: the password alone again.

    Their sessions end. Raises NotFound when there is none to forget.
    """
    actor.need_operator()
    now = inst.clock()
    with inst.db.write() as conn:
        number = _number(conn, uid)
        if not second_step.take_away(conn, number):
            raise NotFound("There is no second step to forget.")
        sessions.revoke_all(conn, number, now)
        audit(conn, actor, "member.second_step_forgotten", uid, {}, now)


def make_operator(inst: Installation, actor: Actor, uid: str, *, wanted: bool) -> None:
    """Let a member run the installation, or no longer.

    Raises:
        NotFound: there is no such member.
        Conflict: it is the actor.
    """
    actor.need_operator()
    now = inst.clock()
    with inst.db.write() as conn:
        number = _number(conn, uid)
        if number == actor.member_id:
            raise Conflict(_("You cannot take this from yourself. Another operator can."))
        changed = member.c.operator.is_not(wanted)
        mine = member.update().where(member.c.id == number, changed).values(operator=wanted)
        if conn.execute(mine).rowcount:
            audit(conn, actor, "member.operator_set", uid, {"operator": wanted}, now)


def _number(conn: Connection, uid: str) -> int:
    row = first(conn, select(member.c.id).where(member.c.uid == uid))
    if row is None:
        raise NotFound("There is no such member.")
    number: int = row["id"]
    return number


def _places(conn: Connection, ids: list[int]) -> dict[int, list[tuple[str, str]]]:
    found: dict[int, list[tuple[str, str]]] = {}
    rows = conn.execute(
        select(role.c.member_id, team.c.name, role.c.role)
        .join(team, team.c.id == role.c.team_id)
        .where(role.c.member_id.in_(ids), team.c.removed_at.is_(None))
        .order_by(team.c.name)
    )
    for row in rows:
        found.setdefault(row.member_id, []).append((row.name, row.role))
    return found
