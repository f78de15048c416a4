"""What everybody can check: a draw's bundle, and each person's own private proof."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from tombola.api import Conflict, NotFound
from tombola.db.rows import first
from tombola.draws import log
from tombola.draws.drawing import stretch
from tombola.draws.models import draw, exclusion, pool, pool_block, witness
from tombola.draws.store import row_by_uid
from tombola.draws.types import DrawForm, Inclusion, State
from tombola.entrants.models import entrant
from tombola.fairness.bundle import KIND, Commitment, Row, write
from tombola.fairness.hashing import SALT
from tombola.fairness.tree import leaf, path
from tombola.installation import Installation

#: Stretches of the pool that one look into the database brings.
STEP = 8


def bundle(inst: Installation, uid: str) -> Iterator[str]:
    """A committed draw's proof, piece by piece, for everybody.

    Raises:
        NotFound: There is no such draw.
        Conflict: Nothing has been committed to yet.
    """
    with inst.db.read() as conn:
        row = row_by_uid(conn, uid)
        if row["commitment"] is None:
            raise Conflict("Nothing has been committed to yet, so there is nothing to prove.")
        head = _head(conn, row)
    return write(head, _rows(inst, row["id"]))


def _rows(inst: Installation, draw_id: int) -> Iterator[Row]:
    """The pool in its order, in short transactions: it never changes once committed to."""
    last = b""
    while True:
        with inst.db.read() as conn:
            part = conn.execute(
                select(pool.c.tag, pool.c.weight)
                .where(pool.c.draw_id == draw_id, pool.c.tag > last)
                .order_by(pool.c.tag)
                .limit(STEP * 1024)
            ).all()
        if not part:
            return
        yield from ((tag, weight) for tag, weight in part)
        last = part[-1].tag


def _head(conn: Connection, row: RowMapping) -> dict[str, Any]:
    said = Commitment.model_validate_json(row["commitment"])
    shown = row["revealed"]
    signed = shown.get("beacons") or {}
    phrases = conn.execute(
        select(witness.c.phrase).where(witness.c.draw_id == row["id"]).order_by(witness.c.position)
    ).scalars()
    spoken = list(phrases)
    every = len(signed) == len(said.randomness.beacons)
    left = conn.execute(
        select(exclusion.c.tag, exclusion.c.weight, exclusion.c.reason)
        .where(exclusion.c.draw_id == row["id"])
        .order_by(exclusion.c.tag)
    ).all()
    return {
        "kind": KIND,
        "commitment": json.loads(row["commitment"]),
        "log": [record.model_dump() for record in log.proof(conn, row["uid"])],
        "reveals": {
            "secret": shown.get("secret") or "",
            "fallback": bool(shown.get("fallback")),
            "beacons": [signed[str(n)] for n in range(len(signed))] if every else [],
            "phrases": spoken if all(spoken) else [],
            "dice": shown.get("dice") or "",
        },
        "result": json.loads(row["result"]) if row["result"] else None,
        "exclusions": [[tag.hex(), str(weight), reason] for tag, weight, reason in left],
    }


def inclusion(conn: Connection, entrant_id: int, campaign_id: int) -> list[Inclusion]:
    """Somebody's private proofs about a campaign's committed draws, the newest first."""
    draws = conn.execute(
        select(draw)
        .where(
            draw.c.campaign_id == campaign_id,
            draw.c.number.is_not(None),
        )
        .order_by(draw.c.number.desc())
    ).mappings()
    found = []
    for row in draws.all():
        for table in (pool, exclusion):
            mine = first(
                conn,
                select(table).where(
                    table.c.draw_id == row["id"],
                    table.c.entrant_id == entrant_id,
                    table.c.salt.is_not(None),
                ),
            )
            if mine is not None:
                found.append(_inclusion(conn, row, mine))
    return found


def token_of(tag: bytes, salt: bytes) -> str:
    """What a private link says of its holder; ``receipt`` opens it."""
    return urlsafe_b64encode(tag + salt).decode()


def receipt(inst: Installation, draw_uid: str, token: str) -> Inclusion:
    """The private proof behind a link, for whoever holds it. Raises NotFound."""
    tag, salt = _opened(token)
    with inst.db.read() as conn:
        row = row_by_uid(conn, draw_uid)
        for table in (pool, exclusion):
            query = select(table).where(table.c.draw_id == row["id"], table.c.tag == tag)
            mine = first(conn, query)
            if mine is not None and mine["salt"] == salt:
                return _inclusion(conn, row, mine)
    raise NotFound("This link leads nowhere, or its person has been erased.")


def _inclusion(conn: Connection, row: RowMapping, mine: RowMapping) -> Inclusion:
    reason = mine.get("reason")
    subject = conn.execute(select(entrant.c.uid).where(entrant.c.id == mine["entrant_id"])).scalar()
    way = () if reason else _path(conn, row["id"], mine["tag"])
    return Inclusion(
        token=token_of(mine["tag"], mine["salt"]),
        draw_uid=row["uid"],
        number=row["number"],
        title=DrawForm.model_validate(row["form"]).title,
        state=State(row["state"]),
        subject=str(subject),
        salt=mine["salt"].hex(),
        tag=mine["tag"].hex(),
        weight=mine["weight"],
        total=row["total"],
        people=row["people"],
        root=row["root"],
        excluded=reason,
        path=[(side, digest.hex(), weight) for side, digest, weight in way],
    )


def _path(conn: Connection, draw_id: int, tag: bytes) -> Sequence[tuple[str, bytes, int]]:
    """Through the person's own stretch, then over the stretches."""
    blocks = conn.execute(
        select(pool_block.c.first, pool_block.c.hash, pool_block.c.weight)
        .where(pool_block.c.draw_id == draw_id)
        .order_by(pool_block.c.n)
    ).all()
    n = bisect_right([one.first for one in blocks], tag) - 1
    part = stretch(conn, draw_id, blocks[n].first)
    leaves = [(leaf(one.tag, one.weight), one.weight) for one in part]
    place = [one.tag for one in part].index(tag)
    tops = [(one.hash, one.weight) for one in blocks]
    return [*path(leaves, place), *path(tops, n)]


def _opened(token: str) -> tuple[bytes, bytes]:
    try:
        both = urlsafe_b64decode(token.encode())
    except ValueError:
        both = b""
    return both[:32], both[32:] if len(both) == 32 + SALT else b"-"
