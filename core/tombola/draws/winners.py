"""Who was drawn, and passing a place on to the next in line."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, RowMapping, select

from tombola.api import Conflict, Identity, Invalid, NotFound
from tombola.db.rows import first
from tombola.db.sets import members
from tombola.draws import log, rules
from tombola.draws.models import draw, winner
from tombola.draws.store import row_by_id, row_of
from tombola.draws.types import DrawForm, Place, Winner
from tombola.entrants.models import entrant, identity
from tombola.entrants.service import ITEM, VISITOR
from tombola.fairness.hashing import sha256
from tombola.installation import Installation
from tombola.outbox.service import announce
from tombola.teams.audit import audit
from tombola.teams.rules import Actor, Role


def winners(inst: Installation, actor: Actor, uid: str) -> list[Winner]:
    """Everybody drawn, in their order; empty before the draw."""
    with inst.db.read() as conn:
        return listed(conn, row_of(conn, actor, uid))


def listed(conn: Connection, row: RowMapping) -> list[Winner]:
    """The same for callers that hold a transaction and the draw's row."""
    form = DrawForm.model_validate(row["form"])
    rows = (
        conn.execute(
            select(
                winner,
                entrant.c.uid.label("person"),
                entrant.c.kind,
                entrant.c.name,
                entrant.c.erased_at,
            )
            .outerjoin(entrant, entrant.c.id == winner.c.entrant_id)
            .where(winner.c.draw_id == row["id"])
            .order_by(winner.c.rank)
        )
        .mappings()
        .all()
    )
    people = [one["entrant_id"] for one in rows if one["entrant_id"] is not None]
    known = _identities(conn, row["team_id"], people)
    return [_view(one, form, known) for one in rows]


def pass_over(inst: Installation, actor: Actor, winner_uid: str, reason: str) -> list[Winner]:
    """Let the next in line take a place, for a reason that stays with it. Idempotent.

    The prize goes to the first backup that has no place yet; where there is none, it stays open.
    That it happened stands in the log, and with it the hash of the reason.

    Returns:
        Everybody drawn, as ``winners``.

    Raises:
        Invalid: Without a reason.
        Conflict: The draw was declared void.
    """
    actor.need(Role.EDITOR)
    said = reason.strip()[:1_000]
    if not said:
        raise Invalid({"reason": "Say why; the reason is kept with the place."})
    now = inst.clock()
    with inst.db.write() as conn:
        log.hold(conn)
        row, of = _mine(conn, actor, winner_uid)
        if of["state"] not in rules.COUNTS:
            raise Conflict("The winners of this draw do not count.")
        if row["passed_at"] is None:
            passed = {"passed_at": now, "pass_reason": said}
            conn.execute(winner.update().where(winner.c.id == row["id"]).values(**passed))
            hashed = sha256(said.encode()).hex()
            rank = str(row["rank"])
            log.append(conn, of["uid"], of["number"], "pass", now, rank=rank, reason=hashed)
            told = {"rank": row["rank"], "reason": said}
            audit(conn, actor, "draw.passed_over", of["uid"], told, now)
            if row["prize"] is not None:
                _move_up(inst, conn, of, row["prize"])
        return listed(conn, of)


def _move_up(inst: Installation, conn: Connection, of: RowMapping, prize: int) -> None:
    """Give a prize to the first backup without a place."""
    now = inst.clock()
    free = (
        winner.c.draw_id == of["id"],
        winner.c.prize.is_(None),
        winner.c.passed_at.is_(None),
    )
    following = conn.execute(
        select(winner.c.id, winner.c.entrant_id).where(*free).order_by(winner.c.rank).limit(1)
    ).first()
    if following is None:
        return
    placed = {"prize": prize, "placed_at": now}
    conn.execute(winner.update().where(winner.c.id == following.id).values(**placed))
    if following.entrant_id is not None:
        told = {"winner": following.id}
        announce(conn, of["team_id"], of["campaign_id"], "winner_drawn", told, now)


def _mine(conn: Connection, actor: Actor, uid: str) -> tuple[RowMapping, RowMapping]:
    row = first(
        conn,
        select(winner)
        .join(draw, draw.c.id == winner.c.draw_id)
        .where(winner.c.uid == uid, draw.c.team_id == actor.team_id),
    )
    if row is None:
        raise NotFound("There is no such place.")
    of = row_by_id(conn, row["draw_id"], alone=True)
    fresh = first(conn, select(winner).where(winner.c.id == row["id"]))
    return fresh or row, of


def _identities(
    conn: Connection, team_id: int, people: Sequence[int]
) -> Mapping[int, list[Identity]]:
    rows = conn.execute(
        select(identity)
        .where(identity.c.team_id == team_id, members(conn, identity.c.entrant_id, people))
        .order_by(identity.c.id)
    ).mappings()
    found: dict[int, list[Identity]] = {}
    for one in rows:
        shown = Identity(one["kind"], one["value"], one["handle"], one["name"])
        found.setdefault(one["entrant_id"], []).append(shown)
    return found


def _view(one: RowMapping, form: DrawForm, known: Mapping[int, list[Identity]]) -> Winner:
    place = Place.BACKUP if one["prize"] is None else Place.WINNER
    prize = form.prizes[one["prize"] - 1] if one["prize"] is not None else None
    erased = one["entrant_id"] is None or one["erased_at"] is not None
    identities = [] if erased else known.get(one["entrant_id"], [])
    accounts = [each for each in identities if each.provider not in {ITEM, VISITOR}]
    names = [one["name"], *(name for each in accounts for name in (each.name, each.handle))]
    return Winner(
        uid=one["uid"],
        rank=one["rank"],
        place=Place.PASSED if one["passed_at"] is not None else place,
        prize=prize.title if prize else None,
        prize_uid=prize.uid if prize else None,
        entrant=None if erased else one["person"],
        name="" if erased else next((name for name in names if name), ""),
        identities=identities,
        unclaimed=one["kind"] == ITEM,
        weight=one["weight"],
        tag=one["tag"].hex(),
        erased=erased,
        passed_at=one["passed_at"],
        reason=one["pass_reason"],
    )
