"""The same request of a site's backend twice: done once, and answered alike.

An answer is kept for 30 days. Events are known by keys of their own for as long as the campaign
lives, so that a repeat after that changes nothing either; only its answer says so.
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, select, tuple_

from tombola.api import Invalid
from tombola.db.sets import insert_new, members, update_each
from tombola.widget.models import idempotency
from tombola.widget.parts import Posted

KEPT = timedelta(days=30)
_KEY = re.compile(r"[\x21-\x7e]{1,200}")
USED_OTHERWISE = (
    "This key was used for another request. Send each request under a key of its own, and repeat "
    "it unchanged."
)


def checked(key: str | None) -> str | None:
    """A request's key as it is. Raises Invalid for what is none."""
    if key is not None and not _KEY.fullmatch(key):
        raise Invalid({"Idempotency-Key": "It has 1 to 200 printable ASCII characters, no spaces."})
    return key


def claim(conn: Connection, posted: Sequence[Posted]) -> list[Posted]:
    """Those that are done here and now: without a key, or the first under theirs.

    On PostgreSQL whoever comes second waits here until the first has committed.
    """
    keyed = [each for each in posted if each.key is not None]
    if not keyed:
        return list(posted)
    rows: dict[tuple[int, str | None], tuple[object, ...]] = {
        (each.token_id, each.key): (
            each.place.campaign.team_id, each.token_id, each.key, each.body_hash, [], each.at
        )
        for each in reversed(keyed)
    }  # fmt: skip
    ordered = [rows[place] for place in sorted(rows, key=str)]
    columns = ("team_id", "token_id", "key", "body_hash", "answer", "at")
    fresh = insert_new(conn, idempotency, columns, ordered)
    of_fresh = conn.execute(
        select(idempotency.c.token_id, idempotency.c.key).where(
            members(conn, idempotency.c.id, fresh)
        )
    )
    new = {(row.token_id, row.key) for row in of_fresh}
    mine = []
    for each in posted:
        if each.key is None or (each.token_id, each.key) in new:
            mine.append(each)
            new.discard((each.token_id, each.key or ""))
    return mine


def answer(conn: Connection, posted: Sequence[Posted], mine: Sequence[Posted]) -> None:
    """Keep the answers of what was done, and give the kept ones to the others."""
    done = {id(each) for each in mine}
    keyed = [each for each in posted if each.key is not None]
    if not keyed:
        return
    wanted = sorted({(each.token_id, str(each.key)) for each in keyed})
    found = conn.execute(
        select(
            idempotency.c.id, idempotency.c.token_id, idempotency.c.key, idempotency.c.body_hash,
            idempotency.c.answer,
        ).where(tuple_(idempotency.c.token_id, idempotency.c.key).in_(wanted))
    ).mappings()  # fmt: skip
    kept = {(row["token_id"], row["key"]): dict(row) for row in found}
    for each in keyed:
        row = kept[each.token_id, each.key]
        if id(each) in done:
            row["answer"] = each.answer
    for each in keyed:
        row = kept[each.token_id, each.key]
        if id(each) not in done:
            each.answer = row["answer"] if row["body_hash"] == each.body_hash else None
    fresh = [
        (kept[each.token_id, each.key]["id"], each.answer) for each in keyed if id(each) in done
    ]
    update_each(conn, idempotency, "id", ("answer",), sorted(fresh, key=lambda row: row[0]))


def prune(conn: Connection, now: datetime) -> None:
    """Forget answers that nobody asks for any more."""
    conn.execute(idempotency.delete().where(idempotency.c.at < now - KEPT))
