"""API tokens: keys of a team's own programs, shown once and kept as a hash."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy import select

from tombola.api import NotFound
from tombola.db import new_uid
from tombola.db.rows import insert_one
from tombola.installation import Installation
from tombola.teams.audit import audit
from tombola.teams.models import api_token, member, team
from tombola.teams.rules import Actor, Role, Scope, token_hash

#: What every token begins with, so that people and scanners of leaked secrets know it for one.
PREFIX = "tombola_"
#: Letters at a token's end that its list shows.
ENDING = 4
#: How exactly it is known when a token was last used.
NOTED = timedelta(minutes=1)


_SCOPES: Any = {
    "labels": {
        Scope.CAMPAIGNS_READ.value: "Read campaigns, actions, sources and prizes",
        Scope.CAMPAIGNS_WRITE.value: "Make, change and remove campaigns and all in them",
        Scope.ENTRIES_READ.value: "Read and download entries",
        Scope.ENTRIES_WRITE.value: "Give, revoke, archive and restore entries",
        Scope.ENTRANTS_READ.value: "Read people, with names and addresses",
        Scope.ENTRANTS_WRITE.value: "Merge and erase people",
        Scope.DRAWS_READ.value: "Read draws and winners",
        Scope.DRAWS_WRITE.value: "Draw winners",
        Scope.EVENTS_WRITE.value: "Report events of your sites",
        Scope.AUDIT_READ.value: "Read what was done in this team",
    }
}


class NewToken(BaseModel):
    """What a new token needs."""

    model_config = ConfigDict(frozen=True)

    name: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=1, max_length=80),
        Field(title="Name", description="Which program uses it.", examples=["Shop backend"]),
    ]
    scopes: Annotated[
        tuple[Scope, ...], Field(title="It may", min_length=1, json_schema_extra=_SCOPES)
    ] = (Scope.EVENTS_WRITE,)


class Token(BaseModel):
    """A token as its team sees it. Times are aware, in UTC."""

    model_config = ConfigDict(frozen=True)

    uid: str
    name: str
    ending: str
    scopes: tuple[str, ...]
    made_by: str | None
    created_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Known:
    """The token of a running request, and the team for which its program acts."""

    id: int
    scopes: frozenset[str]
    actor: Actor


def make(inst: Installation, actor: Actor, asked: NewToken) -> str:
    """Make a token for the actor's team.

    Returns:
        Its text, 256 random bits behind the prefix. It is never to be had again.
    """
    actor.need(Role.OWNER)
    now = inst.clock()
    text = PREFIX + secrets.token_urlsafe(32)
    uid = new_uid(now)
    scopes = sorted({scope.value for scope in asked.scopes})
    with inst.db.write() as conn:
        insert_one(
            conn, api_token, uid=uid, team_id=actor.team_id, name=asked.name,
            token_hash=token_hash(text), ending=text[-ENDING:], scopes=scopes,
            member_id=actor.member_id, created_at=now,
        )  # fmt: skip
        audit(conn, actor, "api_token.made", uid, {"name": asked.name, "scopes": scopes}, now)
    return text


def listed(inst: Installation, actor: Actor) -> Sequence[Token]:
    """The team's tokens that are good, newest first."""
    actor.need(Role.VIEWER)
    with inst.db.read() as conn:
        rows = conn.execute(
            select(api_token, member.c.name.label("made_by"))
            .outerjoin(member, member.c.id == api_token.c.member_id)
            .where(api_token.c.team_id == actor.team_id, api_token.c.revoked_at.is_(None))
            .order_by(api_token.c.id.desc())
        ).mappings()
        return [Token.model_validate(dict(row)) for row in rows]


def revoke(inst: Installation, actor: Actor, uid: str) -> None:
    """Take a token back; the next request with it is refused. Raises NotFound."""
    actor.need(Role.OWNER)
    now = inst.clock()
    with inst.db.write() as conn:
        done = conn.execute(
            api_token.update()
            .where(api_token.c.team_id == actor.team_id, api_token.c.uid == uid)
            .where(api_token.c.revoked_at.is_(None))
            .values(revoked_at=now)
        )
        if not done.rowcount:
            raise NotFound("There is no such token.")
        audit(conn, actor, "api_token.revoked", uid, {}, now)


def known(inst: Installation, text: str) -> Known | None:
    """Whose token this is; None if it is nobody's or was taken back. Notes its use by the minute.

    It is looked for by its hash, so that the time taken tells nothing about tokens that exist.
    """
    now = inst.clock()
    with inst.db.read() as conn:
        row = conn.execute(
            select(api_token, team.c.uid.label("team_uid"))
            .join(team, team.c.id == api_token.c.team_id)
            .where(api_token.c.token_hash == token_hash(text), api_token.c.revoked_at.is_(None))
            .where(team.c.removed_at.is_(None))
        ).first()
    if row is None:
        return None
    if row.last_used_at is None or now - row.last_used_at >= NOTED:
        with inst.db.write() as conn:
            conn.execute(
                api_token.update().where(api_token.c.id == row.id).values(last_used_at=now)
            )
    # What a program may do is said by its scopes; each route says which role those stand for.
    acts_as = Actor(row.team_id, row.team_uid, None, row.name, Role.VIEWER, token_uid=row.uid)
    return Known(row.id, frozenset(row.scopes), acts_as)
