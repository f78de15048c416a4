"""Log-in and the sessions it opens: rows that can be revoked, never a cookie that says it all."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection, select

from tombola.api import Invalid, NotFound
from tombola.db import new_uid
from tombola.db.rows import first
from tombola.installation import Installation
from tombola.teams import failures, second_step
from tombola.teams.audit import audit
from tombola.teams.models import member, web_session
from tombola.teams.passwords import hasher, is_right
from tombola.teams.rules import SESSION_END, session_lives, token_hash
from tombola.teams.service import Member, operator_actor
from tombola.web.i18n import gettext as _

#: One answer for every reason, so that nobody learns which addresses exist.
WRONG = "This address and password do not belong together, or there were too many tries lately."


class Session(BaseModel):
    """An open session as its owner sees it."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    uid: str
    address: str
    agent: str
    created_at: datetime
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class HalfWay:
    """The password was right, and the second step is still to come: sent with this token."""

    token: str


def log_in(
    inst: Installation, email: str, password: str, *, address: str, agent: str
) -> str | HalfWay:
    """Check a password and open a session, or say that the second step is next.

    Returns:
        The session's token, for the cookie; only its hash is kept. HalfWay for a member who has
        a second step.

    Raises:
        Invalid: The address and password do not belong together, or this account and address
            wait after failed tries. The words are the same, and so is the time taken.
    """
    now = inst.clock()
    email = email.strip().lower()
    key = failures.key_of(email, address)
    with inst.db.read() as conn:
        row = first(conn, select(member).where(member.c.email == email))
        blocked = failures.is_blocked(conn, key, now)
    stored = row["password_hash"] if row is not None and row["disabled_at"] is None else ""
    right = is_right(hasher(inst.settings), stored, password)
    with inst.db.write() as conn:
        if not right or row is None or blocked:
            failures.count(conn, key, now)
        else:
            failures.forget(conn, key)
            if second_step.is_on(conn, row["id"]):
                return HalfWay(second_step.half_way(conn, row["id"], now))
            who = Member.model_validate(dict(row))
            return _open(conn, who, address=address, agent=agent, now=now)
    raise Invalid({"": WRONG})


def finish(inst: Installation, half: str, typed: str, *, address: str, agent: str) -> str:
    """Check the second step and open the session. Returns its token.

    Raises:
        NotFound: this log-in has ended, or took too long.
        Invalid: what was typed is wrong.
    """
    who = second_step.finish(inst, half, typed)
    now = inst.clock()
    with inst.db.write() as conn:
        return _open(conn, who, address=address, agent=agent, now=now)


def need_password(inst: Installation, who: Member, password: str, *, address: str) -> None:
    """Ask a member for the password once more, before an act that could cost them their account.

    Raises:
        Invalid: it is wrong, or there were too many tries; the field is ``password``.
    """
    now = inst.clock()
    key = failures.key_of("again", who.uid, address)
    with inst.db.read() as conn:
        stored = conn.execute(
            select(member.c.password_hash).where(member.c.id == who.id)
        ).scalar_one()
        blocked = failures.is_blocked(conn, key, now)
    right = is_right(hasher(inst.settings), stored, password) and not blocked
    with inst.db.write() as conn:
        if right:
            failures.forget(conn, key)
        else:
            failures.count(conn, key, now)
    if not right:
        raise Invalid({"password": _("This is not your password, or there were too many tries.")})


def member_of(inst: Installation, token: str) -> Member | None:
    """The member behind a session's token, or None; keeps the session awake once a minute."""
    now = inst.clock()
    with inst.db.read() as conn:
        joined = select(
            web_session.c.id.label("session_id"),
            web_session.c.seen_at,
            web_session.c.expires_at,
            web_session.c.revoked_at,
            member,
        ).join(member, member.c.id == web_session.c.member_id)
        row = first(conn, joined.where(web_session.c.token_hash == token_hash(token)))
    if row is None or row["disabled_at"] is not None:
        return None
    if not session_lives(row["seen_at"], row["expires_at"], row["revoked_at"], now):
        return None
    if (now - row["seen_at"]).total_seconds() > 60:  # noqa: PLR2004 # a minute
        with inst.db.write() as conn:
            mine = web_session.update().where(web_session.c.id == row["session_id"])
            conn.execute(mine.values(seen_at=now))
    return Member.model_validate(dict(row))


def log_out(inst: Installation, token: str) -> None:
    """End the session of this token. Harmless for a token that opens nothing."""
    now = inst.clock()
    with inst.db.write() as conn:
        conn.execute(
            web_session.update()
            .where(web_session.c.token_hash == token_hash(token))
            .where(web_session.c.revoked_at.is_(None))
            .values(revoked_at=now)
        )


def open_sessions(inst: Installation, who: Member) -> list[Session]:
    """The member's own living sessions, newest first."""
    now = inst.clock()
    with inst.db.read() as conn:
        rows = conn.execute(
            select(web_session)
            .where(web_session.c.member_id == who.id)
            .order_by(web_session.c.id.desc())
        ).mappings()
        return [
            Session.model_validate(dict(row))
            for row in rows
            if session_lives(row["seen_at"], row["expires_at"], row["revoked_at"], now)
        ]


def uid_of(inst: Installation, token: str) -> str | None:
    """The public name of a token's session, so that a list can say which one is here."""
    with inst.db.read() as conn:
        found = select(web_session.c.uid).where(web_session.c.token_hash == token_hash(token))
        return conn.execute(found).scalar()


def revoke_session(inst: Installation, who: Member, uid: str) -> None:
    """End one of the member's own sessions. Raises NotFound for anyone else's."""
    now = inst.clock()
    with inst.db.write() as conn:
        done = conn.execute(
            web_session.update()
            .where(web_session.c.uid == uid, web_session.c.member_id == who.id)
            .values(revoked_at=now)
        )
        if not done.rowcount:
            raise NotFound("There is no such session.")
        audit(conn, operator_actor(who), "session.revoked", uid, {}, now)


def revoke_others(inst: Installation, who: Member, token: str) -> int:
    """End all of the member's sessions but the one of this token. Returns how many."""
    now = inst.clock()
    with inst.db.write() as conn:
        ended = revoke_all(conn, who.id, now, but=token)
        if ended:
            audit(conn, operator_actor(who), "sessions.revoked", who.uid, {"n": ended}, now)
    return ended


def revoke_all(conn: Connection, member_id: int, now: datetime, *, but: str = "") -> int:
    """End a member's sessions, except that of a token; for acts that do so by the way."""
    theirs = (web_session.c.member_id == member_id, web_session.c.revoked_at.is_(None))
    others = web_session.c.token_hash != token_hash(but)
    living = web_session.c.expires_at > now
    ended = conn.execute(web_session.update().where(*theirs, others, living).values(revoked_at=now))
    return ended.rowcount


def _open(conn: Connection, who: Member, *, address: str, agent: str, now: datetime) -> str:
    token = secrets.token_urlsafe(32)
    uid = new_uid(now)
    conn.execute(
        web_session.insert().values(
            uid=uid,
            token_hash=token_hash(token),
            member_id=who.id,
            address=address[:64],
            agent=agent[:200],
            created_at=now,
            seen_at=now,
            expires_at=now + SESSION_END,
        )
    )
    audit(conn, operator_actor(who), "session.opened", uid, {"address": address[:64]}, now)
    return token
