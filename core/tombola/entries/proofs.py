"""An entry whose event came again by a road that can be believed more."""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from tombola.api import EntryDraft, Proof
from tombola.db.sets import members, update_each
from tombola.entries.models import entry
from tombola.entries.record import Outcome, Status


def strengthen(conn: Connection, drafts: Sequence[EntryDraft], outcomes: Sequence[Outcome]) -> None:
    """Let entries that were there say what the better report says: its proof and its details.

    What they count for stays. Idempotent; a weaker report changes nothing.

    Args:
        conn: The write transaction in which ``record`` gave the outcomes.
        drafts: A set.
        outcomes: Of those drafts, in their order.
    """
    better = {
        outcome.entry_id: draft
        for draft, outcome in zip(drafts, outcomes, strict=True)
        if outcome.status is Status.KNOWN and draft.proof not in {None, Proof.BROWSER}
    }
    if not better:
        return
    rows = conn.execute(
        select(entry.c.id, entry.c.proof).where(members(conn, entry.c.id, sorted(better)))
    )
    known = {number: proof for number, proof in rows}  # noqa: C416 # rows are no pairs to mypy
    changed = [
        (number, draft.proof, dict(draft.details), draft.alike)
        for number, draft in sorted(better.items())
        if draft.proof is not None and not _meets(known[number], draft.proof)
    ]
    update_each(conn, entry, "id", ("proof", "details", "alike"), changed)


def _meets(proof: str | None, wanted: Proof) -> bool:
    return proof is not None and Proof(proof).meets(wanted)
