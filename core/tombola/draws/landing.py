"""What a campaign's own page says of its draws: published winners, and the reader's own proof."""

from collections.abc import Sequence

from flask import url_for

from tombola.draws import proofs, showing
from tombola.draws.types import Inclusion, Place, State
from tombola.installation import Installation
from tombola.widget.outcomes import Outcome

#: Draws that the page tells of, the newest first; the public log has them all.
SHOWN = 10


def outcomes(inst: Installation, campaign_id: int, entrant_id: int | None) -> Sequence[Outcome]:
    """Published draws of a campaign, and of an entrant's committed ones the private links."""
    told = showing.published(inst, campaign_id)[:SHOWN]
    if not told:
        return []
    mine = {}
    if entrant_id is not None:
        with inst.db.read() as conn:
            own = proofs.inclusion(conn, entrant_id, campaign_id)
        mine = {one.number: one for one in own if one.state is State.PUBLISHED}
    return [_outcome(inst, number, mine.get(number)) for number, _at in told]


def _outcome(inst: Installation, number: int, mine: Inclusion | None) -> Outcome:
    found = showing.result(inst, number)
    prizes: dict[str, list[str]] = {}
    for one in found.places:
        if one.place is Place.WINNER:
            prizes.setdefault(one.prize, []).append(one.name)
    link = ""
    if mine is not None:
        link = url_for("draws_public.receipt", number=number, token=mine.token)
    return Outcome(
        href=url_for("draws_public.result", number=number),
        prizes=list(prizes.items()),
        mine=link,
        weight=mine.weight if mine is not None and mine.excluded is None else 0,
        total=mine.total if mine is not None else 0,
    )
