"""The installation's log of draws: appended to in the transaction of what it tells."""

import json
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, select, text

from tombola.draws.models import draw, draw_log
from tombola.draws.store import log_end as log_end  # noqa: PLC0414 # its callers are this file's
from tombola.draws.types import Record, State
from tombola.fairness.bundle import LogRecord, moment_text
from tombola.fairness.hashing import canonical, record_hash
from tombola.installation import Installation

#: PostgreSQL's advisory lock of the log, since a chain has one end. Any constant number serves.
LOCK = 0x70B0_1D


def hold(conn: Connection) -> None:
    """Be the only one who appends, until the transaction ends. On SQLite a writer is so anyway."""
    if conn.dialect.name == "postgresql":
        conn.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})


def append(
    conn: Connection, draw_uid: str, number: int, kind: str, now: datetime, **more: str
) -> datetime:
    """Append a record about a draw.

    Args:
        conn: The transaction in which it becomes true.
        draw_uid: The draw.
        number: Of the draw.
        kind: commit, secret, result, pass or void.
        now: The moment; never before the last record's, should a clock have been set back.
        more: What the body holds besides; no words of a team, since everybody may read it.

    Returns:
        The moment that the record bears.
    """
    hold(conn)
    seq, prev, at = log_end(conn, now)
    body = {"kind": kind, "draw": str(number), "at": moment_text(at), **more}
    conn.execute(
        draw_log.insert().values(
            seq=seq + 1,
            draw_uid=draw_uid,
            kind=kind,
            body=canonical(body),
            prev=prev,
            hash=record_hash(seq + 1, prev, body),
            at=at,
        )
    )
    return at


def last_draw(conn: Connection) -> int:
    """Number of the newest draw with a commitment, whatever became of it; 0 before the first."""
    body = conn.execute(
        select(draw_log.c.body)
        .where(draw_log.c.kind == "commit")
        .order_by(draw_log.c.seq.desc())
        .limit(1)
    ).scalar()
    return int(json.loads(body)["draw"]) if body else 0


def records(inst: Installation, *, after: int = 0, limit: int = 100) -> list[Record]:
    """A page of the log for everybody, from the oldest on."""
    with inst.db.read() as conn:
        rows = conn.execute(
            select(draw_log, draw.c.state, draw.c.void_reason)
            .outerjoin(draw, draw.c.uid == draw_log.c.draw_uid)
            .where(draw_log.c.seq > after)
            .order_by(draw_log.c.seq)
            .limit(limit)
        ).mappings()
        return [_record(row) for row in rows]


def proof(conn: Connection, draw_uid: str) -> list[LogRecord]:
    """The stretch of the log from a draw's first record to its last, for its bundle."""
    own = list(
        conn.execute(
            select(draw_log.c.seq).where(draw_log.c.draw_uid == draw_uid).order_by(draw_log.c.seq)
        ).scalars()
    )
    if not own:
        return []
    between = draw_log.c.seq.between(own[0], own[-1])
    return [_proof(row) for row in _all(conn, between)]


def document(inst: Installation) -> dict[str, Any]:
    """The whole log as everybody may have it, for the ``--log`` of a verifier."""
    with inst.db.read() as conn:
        found = [record.model_dump() for record in whole(conn)]
    return {"kind": "tombola/log/1", "records": found}


def whole(conn: Connection) -> list[LogRecord]:
    """The whole log as verifiers read it."""
    return [_proof(row) for row in _all(conn, draw_log.c.seq > 0)]


def _all(conn: Connection, condition: ColumnElement[bool]) -> list[RowMapping]:
    query = select(draw_log).where(condition).order_by(draw_log.c.seq)
    return list(conn.execute(query).mappings())


def _proof(row: RowMapping) -> LogRecord:
    return LogRecord(
        seq=str(row["seq"]), prev=row["prev"], body=json.loads(row["body"]), hash=row["hash"]
    )


def _record(row: RowMapping) -> Record:
    return Record(
        seq=row["seq"],
        kind=row["kind"],
        draw=int(json.loads(row["body"])["draw"]),
        body=row["body"],
        prev=row["prev"],
        hash=row["hash"],
        at=row["at"],
        state=State(row["state"]) if row["state"] else None,
        reason=row["void_reason"] if row["kind"] == "void" else None,
    )
