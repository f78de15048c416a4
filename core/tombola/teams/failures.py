"""Failed tries, counted by who was meant and where they came from: each costs a longer wait."""

from datetime import datetime

from sqlalchemy import Connection, select

from tombola.teams.models import log_in_failure
from tombola.teams.rules import block_after, token_hash


def key_of(*parts: str) -> str:
    """What tries are counted by; nobody reads an address out of it."""
    return token_hash("\n".join(parts))


def is_blocked(conn: Connection, key: str, now: datetime) -> bool:
    """Whether the next try has to wait."""
    until = conn.execute(
        select(log_in_failure.c.blocked_until).where(log_in_failure.c.key == key)
    ).scalar()
    return until is not None and until > now


def count(conn: Connection, key: str, now: datetime) -> None:
    """One more."""
    before = conn.execute(
        select(log_in_failure.c.failures).where(log_in_failure.c.key == key)
    ).scalar()
    failures = (before or 0) + 1
    values = {"failures": failures, "blocked_until": now + block_after(failures)}
    if before is None:
        conn.execute(log_in_failure.insert().values(key=key, **values))
    else:
        conn.execute(log_in_failure.update().where(log_in_failure.c.key == key).values(**values))


def forget(conn: Connection, key: str) -> None:
    """A try went well."""
    conn.execute(log_in_failure.delete().where(log_in_failure.c.key == key))
