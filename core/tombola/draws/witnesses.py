"""Grade C: people who commit to a phrase before the freeze and say it after, or dice."""

from sqlalchemy import Connection, RowMapping, select

from tombola.api import Conflict, Invalid, NotFound
from tombola.db.rows import first
from tombola.draws.models import draw, witness
from tombola.draws.store import DRAW, change, key, row_of, view
from tombola.draws.types import Draw, DrawForm, State, Witness
from tombola.fairness.bundle import DICE, PHRASE, Commitment
from tombola.fairness.hashing import witness_commitment
from tombola.installation import Installation
from tombola.queue import tasks
from tombola.teams.audit import audit
from tombola.teams.rules import Actor, Role

_DIGITS = 64


def of_draw(inst: Installation, actor: Actor, uid: str) -> list[Witness]:
    """The witnesses of a draw with their links' tokens, in their order."""
    actor.need(Role.EDITOR)
    with inst.db.read() as conn:
        row = row_of(conn, actor, uid)
        rows = conn.execute(
            select(witness).where(witness.c.draw_id == row["id"]).order_by(witness.c.position)
        ).mappings()
        return [_view(each, row) for each in rows]


def by_token(inst: Installation, token: str) -> Witness:
    """A witness by the token of their own link. Raises NotFound."""
    with inst.db.read() as conn:
        row = _witness(conn, token)
        return _view(row, _draw(conn, row))


def commit_witness(inst: Installation, token: str, commitment: str) -> Witness:
    """Take the hash of a phrase, which may be changed until the draw is closed.

    Raises:
        Invalid: It is no hash.
        Conflict: The draw was closed.
    """
    said = commitment.strip().lower()
    if len(said) != _DIGITS or set(said) - set("0123456789abcdef"):
        raise Invalid({"commitment": "This is no commitment: it has 64 digits from 0 to f."})
    now = inst.clock()
    with inst.db.write() as conn:
        row = _witness(conn, token)
        of = _draw(conn, row)
        if of["state"] != State.PLANNED:
            raise Conflict("This draw was closed; commitments can no longer be changed.")
        mine = witness.c.id == row["id"]
        conn.execute(witness.update().where(mine).values(commitment=said, committed_at=now))
        return _view(_witness(conn, token), of)


def reveal_witness(inst: Installation, token: str, phrase: str) -> Witness:
    """Take the phrase that a witness had committed to; the draw goes on after the last one.

    Raises:
        Invalid: It is another phrase.
        Conflict: The pool is not frozen yet, or the draw is over.
    """
    now = inst.clock()
    with inst.db.write() as conn:
        row = _witness(conn, token)
        of = _draw(conn, row)
        if row["phrase"] == phrase:
            return _view(row, of)
        _check_waiting(of)
        if len(phrase) < PHRASE or witness_commitment(row["name"], phrase) != row["commitment"]:
            raise Invalid({"phrase": "This is not the phrase that you committed to."})
        mine = witness.c.id == row["id"]
        conn.execute(witness.update().where(mine).values(phrase=phrase, revealed_at=now))
        _go_on(inst, conn, of)
        found = _view(_witness(conn, token), of)
    inst.bell.ring(DRAW)
    return found


def enter_dice(inst: Installation, actor: Actor, uid: str, rolled: str) -> Draw:
    """Take the dice as they were rolled in public, digits from 1 to 6 in their order, once.

    Raises:
        Invalid: Too few, too many, or other digits.
        Conflict: The pool is not frozen yet, the dice are in, or this draw takes none.
    """
    actor.need(Role.EDITOR)
    said = "".join(rolled.split())
    if len(said) != DICE or set(said) - set("123456"):
        raise Invalid({"dice": f"Enter {DICE} digits from 1 to 6, in the order of the rolls."})
    now = inst.clock()
    with inst.db.write() as conn:
        row = row_of(conn, actor, uid, alone=True)
        if row["revealed"].get("dice") == said:
            return view(conn, row)
        _check_waiting(row)
        if not int(Commitment.model_validate_json(row["commitment"]).randomness.dice):
            raise Conflict("This draw takes no dice.")
        if row["revealed"].get("dice"):
            raise Conflict("The dice are in; they cannot be rolled again.")
        change(conn, row["id"], revealed={**row["revealed"], "dice": said})
        audit(conn, actor, "draw.dice_entered", uid, {"dice": said}, now)
        _go_on(inst, conn, row)
        found = view(conn, row_of(conn, actor, uid))
    inst.bell.ring(DRAW)
    return found


def _check_waiting(row: RowMapping) -> None:
    if row["state"] != State.WAITING:
        raise Conflict("This draw does not wait for anybody: it is not frozen, or it is over.")


def _go_on(inst: Installation, conn: Connection, row: RowMapping) -> None:
    now, payload = inst.clock(), {"draw": row["id"]}
    tasks.put(conn, DRAW, key(row["id"]), now, team_id=row["team_id"], payload=payload)


def _witness(conn: Connection, token: str) -> RowMapping:
    row = first(conn, select(witness).where(witness.c.token == token))
    if row is None:
        raise NotFound("There is no such witness.")
    return row


def _draw(conn: Connection, row: RowMapping) -> RowMapping:
    found = first(conn, select(draw).where(draw.c.id == row["draw_id"]).with_for_update())
    if found is None:
        raise NotFound("There is no such draw.")
    return found


def _view(row: RowMapping, of: RowMapping) -> Witness:
    return Witness(
        name=row["name"],
        token=row["token"],
        commitment=row["commitment"],
        phrase=row["phrase"],
        draw_uid=of["uid"],
        draw_title=DrawForm.model_validate(of["form"]).title,
        draw_state=State(of["state"]),
    )
