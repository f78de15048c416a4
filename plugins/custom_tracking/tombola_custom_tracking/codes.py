"""Right answers: kept in versions of a list, found, used once or by many, guessed so many times."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import uuid4

from sqlalchemy import delete, func, insert, or_, select, text

from tombola.api import Ctx, Db
from tombola_custom_tracking.answers import plainly, spelt
from tombola_custom_tracking.tables import code, guess, use

#: Rows written in one transaction, so that others may write between two of them.
SET = 500
#: What guesses are counted in.
SPAN = timedelta(hours=1)

#: A try is taken before the answer is looked at and given back if it was right; the row's lock
#: lets two tries at once count as two.
_TRY = text(
    "INSERT INTO custom_tracking_guess (list, entrant, since_s, n) "
    "VALUES (:list, :entrant, :now_s, 1) ON CONFLICT (list, entrant) DO UPDATE SET "
    "n = CASE WHEN custom_tracking_guess.since_s <= :old_s THEN 1 "
    "ELSE custom_tracking_guess.n + 1 END, "
    "since_s = CASE WHEN custom_tracking_guess.since_s <= :old_s THEN :now_s "
    "ELSE custom_tracking_guess.since_s END "
    "RETURNING n, since_s"
)
_KEEP_USES = text(
    "INSERT INTO custom_tracking_use (list, plain, entrant, at_s) "
    "SELECT list, plain, '', min(at_s) FROM custom_tracking_use "
    "WHERE entrant = :entrant GROUP BY list, plain ON CONFLICT DO NOTHING"
)


@dataclass(frozen=True, slots=True)
class Name:
    """What the configuration calls a list: its own name and the version that answers."""

    list: str
    version: int

    @classmethod
    def read(cls, value: str) -> "Name":
        """From the configuration's text; of nothing, a new list without any version."""
        name, _, version = value.partition(".")
        return cls(name, int(version)) if name and version.isdigit() else cls(uuid4().hex, 0)

    def __str__(self) -> str:
        return f"{self.list}.{self.version}"


class Found(StrEnum):
    """What a list says of an answer."""

    RIGHT = "right"
    WRONG = "wrong"
    TAKEN = "taken"
    TOO_MANY = "too many"


@dataclass(frozen=True, slots=True)
class Judged:
    """``at``: when this entrant gave it first, or from when on it may be tried again."""

    found: Found
    plain: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """What came of a list of lines."""

    name: Name
    new: int
    doubled: int


def keep(ctx: Ctx, before: Name, lines: Sequence[str], *, add: bool, exact: bool) -> Kept:
    """Keep lines as the list's next version; with ``add`` in the version that is there.

    Lines that say the same are kept once. Versions older than the one before are forgotten.
    Repeatable: what was written by a call that broke off is written over.
    """
    name = before if add else Name(before.list, before.version + 1)
    known: dict[str, str] = {}
    for line in lines:
        answer = spelt(line)
        known.setdefault(answer if exact else plainly(answer), answer)
    _forget(ctx, name, all_of_it=not add)
    new = 0
    for some in _sets(list(known.values())):
        with ctx.db() as db:
            fresh = _unknown(db, name, some, exact=exact)
            new += len(fresh)
            if fresh:
                db.execute(insert(code), [_row(name, answer) for answer in fresh])
    return Kept(name, new, len(lines) - new)


def remove(ctx: Ctx, name: Name) -> None:
    """Forget a list with all its versions, who used it, and who guessed."""
    with ctx.db() as db:
        for table in (code, use, guess):
            db.execute(delete(table).where(table.c.list == name.list))


def count(ctx: Ctx, name: Name) -> tuple[int, int]:
    """How many answers a list has, and how many different ones were given."""
    with ctx.db() as db:
        kept = select(func.count()).where(code.c.list == name.list, code.c.version == name.version)
        given = select(func.count(func.distinct(use.c.plain))).where(use.c.list == name.list)
        return int(db.execute(kept).scalar_one()), int(db.execute(given).scalar_one())


def judge(
    ctx: Ctx, name: Name, entrant: str, answer: str, *, exact: bool, shared: bool, tries: int
) -> Judged:
    """Look an answer up, and note that it was given or that it was wrong. One transaction.

    Args:
        ctx: the plugin's world.
        name: of the list.
        entrant: who answers.
        answer: as it was given.
        exact: capitals and spaces count.
        shared: several people may give the same answer.
        tries: wrong answers within an hour, after which no other is looked at.
    """
    now_s = int(ctx.now.timestamp())
    who = {"list": name.list, "entrant": entrant}
    with ctx.db() as db:
        old_s = now_s - int(SPAN.total_seconds())
        n, since_s = db.execute(_TRY, {**who, "now_s": now_s, "old_s": old_s}).one()
        if n > tries:
            return Judged(Found.TOO_MANY, at=_moment(since_s) + SPAN)
        plain = _look_up(db, name, answer, exact=exact, alone=not shared)
        if plain is None:
            return Judged(Found.WRONG)
        given = (use.c.list == name.list, use.c.plain == plain)
        mine = db.execute(select(use.c.at_s).where(*given, use.c.entrant == entrant)).scalar()
        if mine is None:
            if not shared and db.execute(select(use.c.at_s).where(*given).limit(1)).first():
                return Judged(Found.TAKEN)
            db.execute(insert(use).values(plain=plain, at_s=now_s, **who))
        my_tries = (guess.c.list == name.list, guess.c.entrant == entrant)
        db.execute(guess.update().where(*my_tries).values(n=guess.c.n - 1))
        return Judged(Found.RIGHT, plain, _moment(now_s if mine is None else mine))


def forget_entrant(ctx: Ctx, entrant: str) -> None:
    """Forget who it was; what was given once stays given."""
    with ctx.db() as db:
        db.execute(_KEEP_USES, {"entrant": entrant})
        for table in (use, guess):
            db.execute(delete(table).where(table.c.entrant == entrant))


def _look_up(db: Db, name: Name, answer: str, *, exact: bool, alone: bool) -> str | None:
    """What a right answer is noted as. ``alone`` locks it, so that one of two at once is first."""
    said = spelt(answer)
    mine = code.c.code == said if exact else code.c.plain == plainly(said)
    wanted = (
        select(code.c.code, code.c.plain)
        .where(code.c.list == name.list, code.c.version == name.version, mine)
        .order_by(code.c.code)
        .limit(1)
    )
    row = db.execute(wanted.with_for_update() if alone else wanted).first()
    if row is None:
        return None
    return str(row.code if exact else row.plain)


def _unknown(db: Db, name: Name, answers: Sequence[str], *, exact: bool) -> list[str]:
    """Those of some answers that the version does not have yet."""
    column = code.c.code if exact else code.c.plain
    said = {answer if exact else plainly(answer): answer for answer in answers}
    rows = db.execute(
        select(column).where(
            code.c.list == name.list, code.c.version == name.version, column.in_(list(said))
        )
    )
    there = set(rows.scalars())
    return [answer for key, answer in said.items() if key not in there]


def _forget(ctx: Ctx, name: Name, *, all_of_it: bool) -> None:
    """Take away versions that answer nobody any more, and what a broken call left of this one."""
    old = code.c.version < name.version - 1
    gone = or_(old, code.c.version >= name.version) if all_of_it else old
    with ctx.db() as db:
        db.execute(delete(code).where(code.c.list == name.list, gone))


def _row(name: Name, answer: str) -> dict[str, object]:
    return {
        "list": name.list, "version": name.version, "code": answer, "plain": plainly(answer)
    }  # fmt: skip


def _sets(answers: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(answers), SET):
        yield answers[start : start + SET]


def _moment(at_s: int) -> datetime:
    return datetime.fromtimestamp(at_s, UTC)
