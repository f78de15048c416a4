"""Teams and their members."""

import re
import unicodedata
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints
from sqlalchemy import Connection, RowMapping, func, select

from tombola.api import Conflict, Invalid, NotFound
from tombola.db import Database, new_uid
from tombola.db.rows import insert_one
from tombola.installation import Installation
from tombola.teams.audit import audit
from tombola.teams.models import member, role, team
from tombola.teams.passwords import hasher
from tombola.teams.rules import Actor, Role

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{1,39}$")]
Email = Annotated[
    str,
    StringConstraints(strip_whitespace=True, to_lower=True, pattern=r"^[^@\s]+@[^@\s]+$"),
    Field(max_length=254),
]


class Team(BaseModel):
    """A team as pages and callers see it."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: int
    uid: str
    slug: str
    name: str
    plan: str
    second_step: bool = False


class Member(BaseModel):
    """A person who works here; ``operator`` runs the installation."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: int
    uid: str
    email: str
    name: str
    operator: bool


class NewMember(BaseModel):
    """What is asked of a new member."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name
    email: Email
    password: Annotated[SecretStr, Field(min_length=10, max_length=200)]


class NewTeam(BaseModel):
    """What is asked of a new team; without a slug one is made from the name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name
    slug: Slug | None = None
    plan: str = "free"


def has_operator(inst: Installation) -> bool:
    """Whether anyone runs this installation yet."""
    return is_run_by_somebody(inst.db)


def is_run_by_somebody(db: Database) -> bool:
    """The same for those who have no installation at hand."""
    with db.read() as conn:
        return _operators(conn) > 0


def create_first_operator(inst: Installation, form: NewMember) -> Member:
    """Make the first operator. Raises Conflict once there is one."""
    now = inst.clock()
    digest = hasher(inst.settings).hash(form.password.get_secret_value())
    with inst.db.write() as conn:
        if _operators(conn):
            raise Conflict("This installation has an operator already; log in instead.")
        return add_member(conn, form, digest, operator=True, now=now)


def create_team(inst: Installation, actor: Actor, form: NewTeam) -> Team:
    """Make a team and its maker its owner. Raises Conflict when the slug is taken."""
    actor.need_operator()
    now = inst.clock()
    slug = form.slug or slug_of(form.name)
    with inst.db.write() as conn:
        if conn.execute(select(team.c.id).where(team.c.slug == slug)).first():
            raise Conflict(f"A team with the address {slug} exists already; choose another.")
        values = {"uid": new_uid(now), "slug": slug, "name": form.name, "plan": form.plan}
        team_id = insert_one(conn, team, **values, created_at=now)
        if actor.member_id is not None:
            conn.execute(
                role.insert().values(team_id=team_id, member_id=actor.member_id, role=Role.OWNER)
            )
        audit(conn, actor.within(team_id, values["uid"]), "team.created", slug, values, now)
        return _team(conn, team.c.id == team_id)


def set_plan(inst: Installation, actor: Actor, team_slug: str, plan: str) -> Team:
    """Move a team to another plan; what the new one lacks pauses and loses nothing."""
    actor.need_operator()
    now = inst.clock()
    with inst.db.write() as conn:
        found = _team(conn, team.c.slug == team_slug)
        conn.execute(team.update().where(team.c.id == found.id).values(plan=plan))
        detail = {"from": found.plan, "to": plan}
        audit(conn, actor.within(found.id, found.uid), "team.plan_set", team_slug, detail, now)
        return _team(conn, team.c.id == found.id)


def all_teams(inst: Installation, actor: Actor) -> list[Team]:
    """Every team of the installation by name; for operators."""
    actor.need_operator()
    with inst.db.read() as conn:
        there = select(team).where(team.c.removed_at.is_(None)).order_by(team.c.name)
        rows = conn.execute(there).mappings()
        return [Team.model_validate(row) for row in rows]


def teams_of(inst: Installation, member_id: int) -> list[Team]:
    """The teams that a member works in, by name."""
    with inst.db.read() as conn:
        joined = select(team).join(role, role.c.team_id == team.c.id)
        mine = (role.c.member_id == member_id, team.c.removed_at.is_(None))
        rows = conn.execute(joined.where(*mine).order_by(team.c.name))
        return [Team.model_validate(row) for row in rows.mappings()]


def actor_in(inst: Installation, who: Member, team_slug: str) -> tuple[Actor, Team]:
    """The member as an actor in a team. Raises NotFound where the member has no role.

    The role is read anew each time, so that a change holds from the next request on.
    """
    with inst.db.read() as conn:
        joined = select(team, role.c.role).join(role, role.c.team_id == team.c.id)
        mine = (role.c.member_id == who.id, team.c.slug == team_slug, team.c.removed_at.is_(None))
        row = conn.execute(joined.where(*mine)).mappings().first()
    if row is None:
        raise NotFound("There is no such team, or you have no part in it.")
    actor = Actor(row["id"], row["uid"], who.id, who.name, Role(row["role"]), who.operator)
    return actor, Team.model_validate(row)


def operator_actor(who: Member) -> Actor:
    """The member as an operator, outside any team."""
    return Actor(0, "", who.id, who.name, Role.VIEWER, who.operator)


def team_by_id(conn: Connection, team_id: int) -> Team:
    """One team, for callers that hold a transaction."""
    return _team(conn, team.c.id == team_id)


def slug_of(name: str) -> str:
    """An address made from a name: lower-case words with hyphens, never empty; ö is o, ß is ss."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    plain = "".join(char for char in letters if not unicodedata.combining(char))
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    return (words if words[:1].isalpha() and len(words) > 1 else f"team-{words}").rstrip("-")[:40]


def _operators(conn: Connection) -> int:
    condition = member.c.operator.is_(True) & member.c.disabled_at.is_(None)
    return conn.execute(select(func.count()).select_from(member).where(condition)).scalar_one()


def add_member(
    conn: Connection, form: NewMember, digest: str, *, operator: bool, now: datetime
) -> Member:
    """Make an account. Raises Invalid when the address has one."""
    if conn.execute(select(member.c.id).where(member.c.email == form.email)).first():
        raise Invalid({"email": "Somebody with this address is a member already."})
    values: dict[str, Any] = {"uid": new_uid(now), "email": form.email}
    values |= {"name": form.name, "operator": operator}
    member_id = insert_one(conn, member, **values, password_hash=digest, created_at=now)
    actor = Actor(0, "", member_id, form.name, Role.OWNER, operator)
    audit(conn, actor, "member.created", values["uid"], {"operator": operator}, now)
    return Member(id=member_id, **values)


def _team(conn: Connection, condition: object) -> Team:
    row: RowMapping | None = conn.execute(select(team).where(condition)).mappings().first()  # type: ignore[arg-type] # a column expression
    if row is None:
        raise NotFound("There is no such team.")
    return Team.model_validate(row)
