"""Log-in and the sessions it opens: rows that can be revoked, never a cookie that says it all."""

import secrets
from datetime import datetime

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection, select

from tombola.api import Invalid, NotFound
from tombola.db import new_uid
from tombola.installation import Installation
from tombola.teams.audit import audit
from tombola.teams.models import log_in_failure, member, web_session
from tombola.teams.rules import SESSION_END, block_after, session_lives, token_hash
from tombola.teams.service import Member, hasher, operator_actor

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


def log_in(inst: Installation, email: str, password: str, *, address: str, agent: str) -> str:
    """Check a password and open a session.

    Returns:
        The session's token, for the cookie; only its hash is kept.

    Raises:
        Invalid: The address and password do not belong together, or this account and address
            wait after failed tries. The words are the same, and so is the time taken.
    """
    now = inst.clock()
    email = email.strip().lower()
    key = token_hash(f"{email}\n{address}")
    with inst.db.read() as conn:
        row = conn.execute(select(member).where(member.c.email == email)).mappings().first()
        blocked = conn.execute(
            select(log_in_failure.c.blocked_until).where(log_in_failure.c.key == key)
        ).scalar()
    stored = row["password_hash"] if row is not None and row["disabled_at"] is None else ""
    right = _verify(hasher(inst.settings), stored, password)
    with inst.db.write() as conn:
        if not right or row is None or (blocked is not None and blocked > now):
            _count_failure(conn, key, now)
        else:
            conn.execute(log_in_failure.delete().where(log_in_failure.c.key == key))
            who = Member.model_validate(row)
            return _open(conn, who, address=address, agent=agent, now=now)
    raise Invalid({"": WRONG})


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
        row = (
            conn.execute(joined.where(web_session.c.token_hash == token_hash(token)))
            .mappings()
            .first()
        )
    if row is None or row["disabled_at"] is not None:
        return None
    if not session_lives(row["seen_at"], row["expires_at"], row["revoked_at"], now):
        return None
    if (now - row["seen_at"]).total_seconds() > 60:  # noqa: PLR2004 # a minute
        with inst.db.write() as conn:
            conn.execute(
                web_session.update()
                .where(web_session.c.id == row["session_id"])
                .values(seen_at=now)
            )
    return Member.model_validate(row)


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
            Session.model_validate(row)
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


def _verify(hasher: PasswordHasher, stored: str, password: str) -> bool:
    # A hash of nothing, so that an unknown address takes as long as a wrong password.
    try:
        return hasher.verify(stored or hasher.hash(secrets.token_hex(8)), password) and bool(stored)
    except (VerificationError, InvalidHashError):
        return False


def _count_failure(conn: Connection, key: str, now: datetime) -> None:
    before = conn.execute(
        select(log_in_failure.c.failures).where(log_in_failure.c.key == key)
    ).scalar()
    failures = (before or 0) + 1
    values = {"failures": failures, "blocked_until": now + block_after(failures)}
    if before is None:
        conn.execute(log_in_failure.insert().values(key=key, **values))
    else:
        conn.execute(log_in_failure.update().where(log_in_failure.c.key == key).values(**values))


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
