"""The audit log: every act of an admin, in the transaction of the act, each record chained."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, text

from tombola.db.types import time_text
from tombola.teams.models import audit as audit_table
from tombola.teams.rules import Actor, chained

#: What stands before the first record.
GENESIS = "0" * 64
#: PostgreSQL's advisory lock of the log, since a chain has one end. Any constant number serves.
LOCK = 0x70B0_1A


def audit(
    conn: Connection,
    actor: Actor,
    act: str,
    subject: str,
    detail: Mapping[str, Any],
    now: datetime,
) -> None:
    """Append one record, in the transaction of the act itself.

    Args:
        conn: The act's write transaction. On PostgreSQL the log is locked until its end.
        actor: Who did it.
        act: Verb in the past tense with its noun, such as ``campaign.created``.
        subject: Public name (uid or key) of what was acted on.
        detail: JSON values; never a secret. A program's token is added by its public name.
        now: The act's moment.
    """
    if conn.dialect.name == "postgresql":
        conn.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    last = conn.execute(
        select(audit_table.c.hash).order_by(audit_table.c.seq.desc()).limit(1)
    ).scalar()
    record: dict[str, Any] = {
        "team_id": actor.team_id or None,
        "member_id": actor.member_id,
        "at": now,
        "act": act,
        "subject": subject,
        "detail": {**detail, "token": actor.token_uid} if actor.token_uid else dict(detail),
    }
    prev_hash = last or GENESIS
    digest = chained(prev_hash, record | {"at": time_text(now)})
    conn.execute(audit_table.insert().values(**record, prev_hash=prev_hash, hash=digest))


def broken_links(conn: Connection) -> Iterator[int]:
    """Numbers of the records at which the chain does not hold, in order; none if all is well."""
    return (number for number, _why in breaks(conn))


def breaks(conn: Connection, anchor: tuple[int, str] | None = None) -> Iterator[tuple[int, str]]:
    """Where the chain does not hold, in order, each with the reason.

    A record that was changed breaks at itself; one that was taken out or put in, at the next. What
    was cut off the end is noticed by an anchor alone, which somebody has written down elsewhere.

    Args:
        conn: A read transaction.
        anchor: Number and hash of a record as they once were.
    """
    prev_hash = GENESIS
    met = anchor is None
    last = 0
    asked = select(audit_table).order_by(audit_table.c.seq).execution_options(yield_per=1_000)
    for row in conn.execute(asked).mappings():
        record = {name: row[name] for name in ("team_id", "member_id", "act", "subject", "detail")}
        digest = chained(row["prev_hash"], record | {"at": time_text(row["at"])})
        last = row["seq"]
        if row["hash"] != digest:
            yield last, "it is not what was written"
        if row["prev_hash"] != prev_hash:
            yield last, "it does not follow the record before it"
        if anchor is not None and last == anchor[0]:
            met = row["hash"] == anchor[1]
            if not met:
                yield last, "it is not the record that was written down"
        prev_hash = row["hash"]
    if anchor is not None and not met and last < anchor[0]:
        yield anchor[0], "it was written down, and is not there"
