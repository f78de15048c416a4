"""Claims as a file for spreadsheets, one batch in memory."""

import csv
from collections.abc import Iterator
from datetime import datetime
from io import StringIO

from tombola.campaigns.service import of_team
from tombola.entries.exporting import harmless
from tombola.installation import Installation
from tombola.rewards import listing
from tombola.rewards.listing import Filter, Line
from tombola.teams.audit import audit
from tombola.teams.rules import Actor, Role

BATCH = 500
COLUMNS = (
    "claim", "reward", "entrant", "name", "email", "state", "code", "claimed_at", "shown_at",
    "delivered_at", "undone_at", "reason", "doubtful",
)  # fmt: skip


def export(
    inst: Installation, actor: Actor, campaign_uid: str, wanted: Filter
) -> tuple[str, Iterator[bytes]]:
    """Begin a CSV of claims, newest first, with their codes, and write it into the audit log.

    Returns:
        The file's name and its parts in order (RFC 4180, UTF-8); no cell begins a formula.
    """
    actor.need(Role.EDITOR)
    now = inst.clock()
    filters = sorted(wanted.model_dump(exclude_defaults=True))
    with inst.db.write() as conn:
        found = of_team(conn, actor, campaign_uid)
        audit(conn, actor, "rewards.exported", found.uid, {"filters": filters}, now)
    return f"rewards-{found.key}-{now:%Y-%m-%d}.csv", _parts(inst, actor, campaign_uid, wanted)


def _parts(inst: Installation, actor: Actor, campaign_uid: str, wanted: Filter) -> Iterator[bytes]:
    before: int | None = None
    lines: list[Line] = []
    yield _rows([COLUMNS])
    while before is None or lines:
        lines = listing.page(inst, actor, campaign_uid, wanted, before, BATCH)
        if not lines:
            return
        before = lines[-1].id
        yield _rows([_cells(line) for line in lines])


def _cells(line: Line) -> tuple[str, ...]:
    said = (
        line.uid, line.prize, line.entrant, line.name, line.email, line.state.value, line.code,
        _time(line.claimed_at), _time(line.shown_at), _time(line.delivered_at),
        _time(line.undone_at), line.reason, "yes" if line.doubtful else "",
    )  # fmt: skip
    return tuple(harmless(text or "") for text in said)


def _rows(rows: list[tuple[str, ...]]) -> bytes:
    written = StringIO(newline="")
    csv.writer(written).writerows(rows)
    return written.getvalue().encode("utf-8", "replace")


def _time(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat().replace("+00:00", "Z")
