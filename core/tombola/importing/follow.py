"""What becomes of stored items that a network has deleted, changed or shown again."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from tombola.db.sets import members, update_each
from tombola.entries.changes import Act, mark
from tombola.entries.models import entry
from tombola.entries.rules import State
from tombola.importing.models import item
from tombola.importing.store import CAUSE, EDITED, GONE, Judged
from tombola.importing.work import Work
from tombola.teams.rules import Actor


@dataclass(frozen=True, slots=True)
class Changes:
    """How many items were gone, no longer fit, or came back."""

    gone: int = 0
    edited: int = 0
    back: int = 0


def follow(
    conn: Connection,
    work: Work,
    rows: Mapping[str, Any],
    judged: Sequence[Judged],
    missing: Collection[str],
    now: datetime,
    as_of: datetime | None = None,
) -> Changes:
    """Let stored items and their entries follow what the network shows now.

    Idempotent. Places that fall free go to the earliest entries that asked for them.

    Args:
        conn: A write transaction that holds the source's row.
        work: The source.
        rows: Items by external id, as ``store.stored`` gives them.
        judged: What the network shows of them now.
        missing: External ids of those that it shows no more.
        now: The moment.
        as_of: When the network said this, if not now; what is stored of a later word stays.
    """
    said = as_of or now
    rows = {key: row for key, row in rows.items() if row.as_of <= said}
    shown = {each.item.external_id: each for each in judged if not each.item.deleted}
    gone = {key for key in {*missing, *_deleted(judged)} if key in rows}
    before = {key: _Stood(row.state, row.text) for key, row in rows.items()}
    after = {key: _Stood("deleted", row.text) for key, row in rows.items() if key in gone}
    for key, each in shown.items():
        if key in rows:
            after[key] = _Stood(each.state, each.item.text, each.left_out)
    changed = {key: new for key, new in after.items() if new.differs(before[key])}
    _write(conn, rows, changed, said)
    # Only what stood until now: an entry that a person gave back stays theirs to decide.
    lost = {key: new for key, new in after.items() if new.state != "kept" == before[key].state}
    taken = _take_back(conn, work, lost, now)
    returned = _give_back(conn, work, [k for k, new in after.items() if new.state == "kept"], now)
    return Changes(
        gone=sum(1 for key in taken if after[key].state == "deleted"),
        edited=sum(1 for key in taken if after[key].state == "left_out"),
        back=returned,
    )


@dataclass(frozen=True, slots=True)
class _Stood:
    state: str
    text: str
    left_out: str | None = None

    def differs(self, old: "_Stood") -> bool:
        return (self.state, self.text) != (old.state, old.text)

    @property
    def reason(self) -> str:
        return GONE if self.state == "deleted" else f"{EDITED}: {self.left_out}"


def _deleted(judged: Sequence[Judged]) -> list[str]:
    return [each.item.external_id for each in judged if each.item.deleted]


def _write(
    conn: Connection, rows: Mapping[str, Any], changed: Mapping[str, _Stood], as_of: datetime
) -> None:
    values = [
        (rows[key].id, new.text, new.state, new.reason if new.state != "kept" else None, as_of)
        for key, new in changed.items()
    ]
    update_each(conn, item, "id", ("text", "state", "reason", "as_of"), sorted(values))


def _take_back(
    conn: Connection, work: Work, lost: Mapping[str, _Stood], now: datetime
) -> list[str]:
    """Revoke the entries of items that are gone or no longer fit; the keys of those that were."""
    found = conn.execute(
        select(entry.c.id, entry.c.key).where(
            *_of(conn, work, lost), entry.c.state != State.REVOKED, entry.c.state != State.REFUSED
        )
    ).all()
    by_reason: dict[str, list[int]] = defaultdict(list)
    for number, key in found:
        by_reason[lost[key].reason].append(number)
    for reason in sorted(by_reason):
        mark(conn, work.campaign.id, by_reason[reason], State.REVOKED, _act(work, reason, now))
    return [key for _, key in found]


def _give_back(conn: Connection, work: Work, kept: Sequence[str], now: datetime) -> int:
    """Restore entries that were taken back here and whose items are to be seen again."""
    found = conn.execute(
        select(entry.c.id).where(
            *_of(conn, work, kept),
            entry.c.state == State.REVOKED,
            entry.c.reason.like(f"{EDITED}: %") | (entry.c.reason == GONE),
        )
    ).scalars()
    ids = list(found)
    if ids:
        mark(conn, work.campaign.id, ids, State.VALID, _act(work, "there again", now))
    return len(ids)


def _of(conn: Connection, work: Work, keys: Collection[str]) -> tuple[Any, ...]:
    return (
        entry.c.action_id == work.action_id,
        entry.c.cause_kind == CAUSE,
        members(conn, entry.c.key, sorted(keys)),
    )


def _act(work: Work, reason: str, now: datetime) -> Act:
    return Act("recheck", Actor.system(work.team_id), reason, work.source_uid, now)
