"""A draw as everybody may see it: results once they are published, and never a person's data.

Names are as short as the team has chosen; erased people are told as such.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from tombola.api import NotFound
from tombola.campaigns.models import campaign
from tombola.draws import announcing
from tombola.draws.announcing import Won
from tombola.draws.models import draw, exclusion
from tombola.draws.store import row_by_number, view
from tombola.draws.types import Draw, Place, State, Winner
from tombola.draws.winners import listed
from tombola.installation import Installation

#: States in which a draw has a place in the log.
_TOLD = frozenset({State.FROZEN, State.WAITING, State.DRAWN, State.PUBLISHED, State.VOIDED})


@dataclass(frozen=True, slots=True)
class Shown:
    """One place of the order: its tag always, a name only where the team shows one."""

    rank: int
    place: Place
    prize: str
    name: str
    tag: str
    erased: bool


@dataclass(frozen=True, slots=True)
class Result:
    """What a draw's public page says.

    Attributes:
        campaign: Its title, and its key for the address.
        places: Of a published draw; empty before.
        left_out: How many did not take part, and why.
    """

    draw: Draw
    campaign: str
    key: str
    places: Sequence[Shown]
    left_out: Sequence[tuple[str, int]]


def result(inst: Installation, number: int) -> Result:
    """The draw of a number in the log. Raises NotFound."""
    with inst.db.read() as conn:
        row = row_by_number(conn, number)
        found = view(conn, row)
        if found.state not in _TOLD and found.number is None:
            raise NotFound("There is no such draw.")
        of = conn.execute(
            select(campaign.c.title, campaign.c.key).where(campaign.c.id == found.campaign_id)
        ).one()
        shows = found.state is State.PUBLISHED
        places = [_shown(each, found) for each in listed(conn, row)] if shows else []
        reasons: dict[str, int] = {}
        left = select(exclusion.c.reason).where(exclusion.c.draw_id == found.id)
        for reason in conn.execute(left).scalars():
            reasons[reason] = reasons.get(reason, 0) + 1
    return Result(found, of.title, of.key, places, sorted(reasons.items()))


def published(conn: Connection, campaign_id: int, most: int) -> list[tuple[Draw, list[Shown]]]:
    """A campaign's published draws with their winners, the newest first, at most so many."""
    rows = conn.execute(
        select(draw)
        .where(draw.c.campaign_id == campaign_id, draw.c.state == State.PUBLISHED.value)
        .order_by(draw.c.number.desc())
        .limit(most)
    ).mappings()
    found = []
    for row in rows.all():
        made = view(conn, row)
        places = [_shown(one, made) for one in listed(conn, row) if one.place is Place.WINNER]
        found.append((made, places))
    return found


def _shown(one: Winner, of: Draw) -> Shown:
    handle = next((each.handle for each in one.identities if each.handle), "")
    name = announcing.shown(Won("", one.name, handle or ""), of.shown_names)
    # Backups and those who were passed over have won nothing: their names are nobody's business.
    known = name if one.place is Place.WINNER and not one.erased else ""
    return Shown(one.rank, one.place, one.prize or "", known, one.tag, one.erased)
