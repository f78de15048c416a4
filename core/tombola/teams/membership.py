"""Who is in a team and with which role. A team always has an owner who can log in."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection, func, select

from tombola.api import Conflict, NotFound
from tombola.db.rows import first
from tombola.installation import Installation
from tombola.teams.audit import audit
from tombola.teams.models import member, role, second_step, team, web_session
from tombola.teams.rules import Actor, Role
from tombola.teams.service import Team, team_by_id
from tombola.web.i18n import gettext as _


class Seat(BaseModel):
    """A member in a team. ``seen_at``: their newest session's last sign of life."""

    model_config = ConfigDict(frozen=True)

    uid: str
    name: str
    email: str
    role: Role
    second_step: bool
    disabled: bool
    seen_at: datetime | None


def seats(inst: Installation, actor: Actor) -> list[Seat]:
    """The team's members, owners first, then by name."""
    actor.need(Role.VIEWER)
    seen = (
        select(web_session.c.member_id, func.max(web_session.c.seen_at).label("seen_at"))
        .group_by(web_session.c.member_id)
        .subquery()
    )
    with inst.db.read() as conn:
        rows = conn.execute(
            select(
                member.c.uid, member.c.name, member.c.email, member.c.disabled_at, role.c.role,
                second_step.c.confirmed_at, seen.c.seen_at,
            )
            .join(role, role.c.member_id == member.c.id)
            .outerjoin(second_step, second_step.c.member_id == member.c.id)
            .outerjoin(seen, seen.c.member_id == member.c.id)
            .where(role.c.team_id == actor.team_id)
        ).all()  # fmt: skip
    found = [
        Seat(
            uid=row.uid,
            name=row.name,
            email=row.email,
            role=Role(row.role),
            second_step=row.confirmed_at is not None,
            disabled=row.disabled_at is not None,
            seen_at=row.seen_at,
        )
        for row in rows
    ]
    order = list(Role)
    return sorted(found, key=lambda seat: (order.index(seat.role), seat.name.casefold()))


def change_role(inst: Installation, actor: Actor, member_uid: str, wanted: Role) -> None:
    """Give a member another role; it holds from their next request on.

    Raises:
        NotFound: no such member in the team.
        Conflict: the last owner would be no owner any more.
    """
    actor.need(Role.OWNER)
    now = inst.clock()
    with inst.db.write() as conn:
        number, before = _held(conn, actor.team_id, member_uid)
        if before is wanted:
            return
        conn.execute(
            role.update()
            .where(role.c.team_id == actor.team_id, role.c.member_id == number)
            .values(role=wanted.value)
        )
        _need_owner(conn, actor.team_id)
        detail = {"from": before.value, "to": wanted.value}
        audit(conn, actor, "member.role_changed", member_uid, detail, now)


def remove(inst: Installation, actor: Actor, member_uid: str) -> None:
    """Take a member out of the team; their next request finds no team. The account stays.

    Raises:
        NotFound: no such member in the team.
        Conflict: it is the last owner.
    """
    actor.need(Role.OWNER)
    _take_out(inst, actor, member_uid, "member.removed")


def leave(inst: Installation, actor: Actor, member_uid: str) -> None:
    """The actor leaves the team. Raises Conflict for the last owner."""
    actor.need(Role.VIEWER)
    _take_out(inst, actor, member_uid, "member.left")


def rename(inst: Installation, actor: Actor, name: str) -> Team:
    """Give the team another name; its address stays."""
    actor.need(Role.OWNER)
    now = inst.clock()
    with inst.db.write() as conn:
        conn.execute(team.update().where(team.c.id == actor.team_id).values(name=name))
        audit(conn, actor, "team.renamed", actor.team_uid, {"to": name}, now)
        return team_by_id(conn, actor.team_id)


def ask_second_step(inst: Installation, actor: Actor, *, wanted: bool) -> None:
    """Ask for a second step of everybody's log-in, or do not any more.

    Whoever has none comes to its set-up first with the next request.
    """
    if not actor.operator:
        actor.need(Role.OWNER)
    now = inst.clock()
    with inst.db.write() as conn:
        changed = conn.execute(
            team.update()
            .where(team.c.id == actor.team_id, team.c.second_step.is_not(wanted))
            .values(second_step=wanted)
        )
        if changed.rowcount:
            detail = {"wanted": wanted}
            audit(conn, actor, "team.second_step_asked", actor.team_uid, detail, now)


def add(conn: Connection, team_id: int, member_id: int, wanted: Role) -> bool:
    """Give a member a role in a team. False, and nothing changes, for one who has a role there."""
    mine = (role.c.team_id == team_id, role.c.member_id == member_id)
    if conn.execute(select(role.c.role).where(*mine)).first() is not None:
        return False
    conn.execute(role.insert().values(team_id=team_id, member_id=member_id, role=wanted.value))
    return True


def _take_out(inst: Installation, actor: Actor, member_uid: str, act: str) -> None:
    now = inst.clock()
    with inst.db.write() as conn:
        number, held = _held(conn, actor.team_id, member_uid)
        mine = (role.c.team_id == actor.team_id, role.c.member_id == number)
        conn.execute(role.delete().where(*mine))
        _need_owner(conn, actor.team_id)
        audit(conn, actor, act, member_uid, {"role": held.value}, now)


def _held(conn: Connection, team_id: int, member_uid: str) -> tuple[int, Role]:
    """The member's row and role. Two owners who remove each other meet at the team's row."""
    conn.execute(select(team.c.id).where(team.c.id == team_id).with_for_update())
    joined = select(role.c.member_id, role.c.role).join(member, member.c.id == role.c.member_id)
    row = first(conn, joined.where(role.c.team_id == team_id, member.c.uid == member_uid))
    if row is None:
        raise NotFound("There is no such member in this team.")
    return row["member_id"], Role(row["role"])


def _need_owner(conn: Connection, team_id: int) -> None:
    owners = conn.execute(
        select(func.count())
        .select_from(role)
        .join(member, member.c.id == role.c.member_id)
        .where(
            role.c.team_id == team_id,
            role.c.role == Role.OWNER.value,
            member.c.disabled_at.is_(None),
        )
    ).scalar_one()
    if not owners:
        raise Conflict(_("A team needs an owner. Make somebody else one first."))
