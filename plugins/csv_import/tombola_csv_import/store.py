"""Files as they are kept: sent, described, read in pages, taken away."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import entry_points
from typing import Any, Final, TypeVar
from uuid import uuid4

from sqlalchemy import Select, delete, func, insert, select, update

from tombola.api import Ctx, Db, NotFound, Text, render
from tombola_csv_import.columns import Choices, guessed
from tombola_csv_import.reading import Lines
from tombola_csv_import.rows import Reader, Wrong
from tombola_csv_import.tables import file, row, wrong

T = TypeVar("T")

#: Rows written in one transaction, so that others may write between two of them.
SET: Final = 500
#: Lines that are shown, and by which columns are guessed.
LOOKED_AT: Final = 20
#: Files that a team is offered.
OFFERED: Final = 50

GONE: Final = "This file is not there any more."


@dataclass(frozen=True, slots=True)
class Stored:
    """A file as it stands.

    Attributes:
        choices: what its columns are; None until somebody has said so.
        lines: all; ``good`` can be imported, ``wrong`` not, ``again`` repeat an earlier one.
        made_at: aware UTC.
    """

    id: str
    name: str
    heads: tuple[str, ...]
    choices: Choices | None
    lines: int
    good: int
    wrong: int
    again: int
    made_at: datetime

    @property
    def label(self) -> str:
        """How it is called where one is chosen."""
        return f"{self.made_at:%Y-%m-%d} · {self.name} · {self.good:,} lines"


def keep(ctx: Ctx, name: str, raw: bytes, lines: Lines) -> tuple[str, bool]:
    """Keep a file; one that is there already is that one.

    Returns:
        Its id, and whether it was there.
    """
    digest = hashlib.sha256(raw).hexdigest()
    with ctx.db() as db:
        mine = select(file.c.id).where(file.c.team == _team(ctx), file.c.digest == digest)
        known = db.execute(mine).scalar()
    if known is not None:
        return str(known), True
    made = _id_of(name)
    for part in _sets(lines.rows):
        cells = [
            {"file": made, "line": line, "cells": json.dumps(each, ensure_ascii=False)}
            for line, each in part
        ]
        with ctx.db() as db:
            db.execute(insert(row), cells)
    values = {
        "id": made,
        "team": _team(ctx),
        "digest": digest,
        "name": name[:200] or "file.csv",
        "heads": json.dumps(lines.heads, ensure_ascii=False),
        "choices": "",
        "lines": len(lines.rows),
        "good": 0,
        "wrong": 0,
        "again": 0,
        "made_s": int(ctx.now.timestamp()),
    }
    with ctx.db() as db:  # last: a file that is there is whole
        db.execute(insert(file), [values])
    return made, False


def get(ctx: Ctx, file_id: str) -> Stored:
    """Give one of the team's files. Raises NotFound."""
    with ctx.db() as db:
        found = db.execute(_mine(ctx).where(file.c.id == file_id)).mappings().first()
    if found is None:
        raise NotFound(GONE)
    return _stored(found)


def files(ctx: Ctx) -> list[Stored]:
    """Give the team's newest files, newest first."""
    newest = _mine(ctx).order_by(file.c.made_s.desc(), file.c.id).limit(OFFERED)
    with ctx.db() as db:
        return [_stored(each) for each in db.execute(newest).mappings()]


def some(ctx: Ctx, file_id: str, after: int, count: int) -> list[tuple[int, tuple[str, ...]]]:
    """Give (line, cells) of the lines that follow one, in the order of the file."""
    wanted = (
        select(row.c.line, row.c.cells)
        .where(row.c.file == file_id, row.c.line > after)
        .order_by(row.c.line)
        .limit(count)
    )
    with ctx.db() as db:
        return [(line, tuple(json.loads(cells))) for line, cells in db.execute(wanted)]


def every(ctx: Ctx, file_id: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Give (line, cells) of all lines, a set at a time."""
    after = 0
    while found := some(ctx, file_id, after, SET):
        yield from found
        after = found[-1][0]


def guess(ctx: Ctx, stored: Stored, zone: str) -> Choices:
    """Say what the columns are: as somebody has said, or as their headings sound."""
    samples = [cells for _, cells in some(ctx, stored.id, 0, LOOKED_AT)]
    return stored.choices or guessed(stored.heads, samples, zone)


def reader(stored: Stored, choices: Choices) -> Reader:
    """Give what reads the lines of a file."""
    return Reader(stored.heads, choices, has_x=bool(_x_plugin()))


def choose(ctx: Ctx, stored: Stored, choices: Choices) -> Stored:
    """Keep what the columns are, and what is then wrong with which line. Repeatable."""
    reads = reader(stored, choices)
    seen: set[str] = set()
    good = again = 0
    bad: list[dict[str, object]] = []
    for line, cells in every(ctx, stored.id):
        try:
            item = reads.item(cells)
        except Wrong as error:
            bad.append({"file": stored.id, "line": line, "reason": _said(error.reason)})
            continue
        good += item.external_id not in seen
        again += item.external_id in seen
        seen.add(item.external_id)
    with ctx.db() as db:
        db.execute(delete(wrong).where(wrong.c.file == stored.id))
    for part in _sets(bad):
        with ctx.db() as db:
            db.execute(insert(wrong), list(part))
    counts = {"good": good, "wrong": len(bad), "again": again}
    values = {"choices": choices.model_dump_json(), **counts}
    with ctx.db() as db:
        db.execute(update(file).where(file.c.id == stored.id).values(**values))
    return get(ctx, stored.id)


def wrong_lines(
    ctx: Ctx, file_id: str, *, after: int = 0, count: int = SET
) -> list[tuple[int, str]]:
    """Give (line, reason) of lines that are not imported, in the order of the file."""
    wanted = (
        select(wrong.c.line, wrong.c.reason)
        .where(wrong.c.file == file_id, wrong.c.line > after)
        .order_by(wrong.c.line)
        .limit(count)
    )
    with ctx.db() as db:
        return [(line, reason) for line, reason in db.execute(wanted)]


def every_wrong(ctx: Ctx, file_id: str) -> Iterator[tuple[int, str]]:
    """Give (line, reason) of all lines that are not imported."""
    after = 0
    while found := wrong_lines(ctx, file_id, after=after):
        yield from found
        after = found[-1][0]


def remove(ctx: Ctx, stored: Stored) -> None:
    """Take a file away with all its lines. What was imported from it stays. Idempotent."""
    with ctx.db() as db:
        db.execute(delete(file).where(file.c.id == stored.id))
        db.execute(delete(wrong).where(wrong.c.file == stored.id))
    while _remove_some(ctx, stored.id):
        pass


def _remove_some(ctx: Ctx, file_id: str) -> int:
    with ctx.db() as db:
        upto = _line_after(db, file_id)
        if upto is None:
            return 0
        gone = delete(row).where(row.c.file == file_id, row.c.line <= upto)
        return int(db.execute(gone).rowcount)


def _line_after(db: Db, file_id: str) -> int | None:
    few = select(row.c.line).where(row.c.file == file_id).order_by(row.c.line).limit(SET).subquery()
    found: int | None = db.execute(select(func.max(few.c.line))).scalar()
    return found


def _id_of(name: str) -> str:
    """Name a file so that somebody who sees its id knows which one it is."""
    words = re.sub(r"[^a-z0-9]+", "-", name.casefold().rpartition(".")[0]).strip("-")
    return f"{words[:40] or 'file'}-{uuid4().hex[:12]}"


def _mine(ctx: Ctx) -> Select[Any]:
    return select(file).where(file.c.team == _team(ctx))


def _stored(found: Mapping[Any, Any]) -> Stored:
    return Stored(
        id=found["id"],
        name=found["name"],
        heads=tuple(json.loads(found["heads"])),
        choices=Choices.model_validate_json(found["choices"]) if found["choices"] else None,
        lines=found["lines"],
        good=found["good"],
        wrong=found["wrong"],
        again=found["again"],
        made_at=datetime.fromtimestamp(found["made_s"], UTC),
    )


def _sets(given: Sequence[T]) -> Iterator[Sequence[T]]:
    return (given[at : at + SET] for at in range(0, len(given), SET))


def _said(reason: Text) -> str:
    return render(reason)


def _team(ctx: Ctx) -> str:
    return ctx.team_id or ""


def _x_plugin() -> Sequence[object]:
    return entry_points(group="tombola.plugins.v1", name="twitter_import")
