"""The installation's log of draws: numbered, and each record's hash covers the one before it.

A record's body is one of these, all values being text: ``commit`` (draw, campaign, commitment),
``secret`` (draw, secret), ``result`` (draw, result), ``pass`` (draw, rank, reason) and ``void``
(draw, reason), each with its kind and the moment ``at``. Reasons are hashes of what the draw's page
says. Draws are numbered from 1 without gaps by their ``commit`` records.
"""

from collections.abc import Sequence

from tombola.fairness.bundle import LogRecord
from tombola.fairness.hashing import record_hash

#: What stands before the first record.
GENESIS = "0" * 64


def broken(records: Sequence[LogRecord]) -> str | None:
    """Why a stretch of the log does not hold together; None when it does."""
    before: LogRecord | None = None
    last = None
    for record in records:
        seq = int(record.seq)
        if record.hash != record_hash(seq, record.prev, record.body):
            return f"Record {seq} is not what its hash says."
        if seq == 1 and record.prev != GENESIS:
            return "The first record follows another one."
        if before is not None and (record.prev != before.hash or seq != int(before.seq) + 1):
            return f"Between the records {before.seq} and {seq} something is missing."
        if record.body.get("kind") == "commit":
            number = int(record.body.get("draw", "0"))
            if number != (last + 1 if last is not None else number) or (seq == 1 and number != 1):
                return f"Between the draws {last} and {number} something is missing."
            last = number
        before = record
    return None
