"""What entrants see of rewards: the prizes with what is left of them, and what is theirs."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection, RowMapping, select

from tombola.campaigns import prizes
from tombola.campaigns.models import prize
from tombola.campaigns.prizes import Delivery, Prize
from tombola.entrants.models import identity
from tombola.rewards import codes
from tombola.rewards.codes import NONE
from tombola.rewards.models import reward_claim
from tombola.rewards.rules import State, Supply, supply


class Claim(BaseModel):
    """A prize that somebody has.

    Attributes:
        code_id: Number of its code; None where it has none.
        shown_at: When its code or text was first on a page or in a mail.
        reason: Why the team took it back.
    """

    model_config = ConfigDict(frozen=True)

    id: int
    uid: str
    prize: Prize
    identity_id: int
    state: State
    needs: int
    code_id: int | None
    claimed_at: datetime
    shown_at: datetime | None
    delivered_at: datetime | None
    undone_at: datetime | None
    reason: str | None


def supplies(conn: Connection, found: list[Prize]) -> dict[int, Supply]:
    """What is left of each prize, by number."""
    kept = codes.counts(conn, [each.id for each in found])
    return {each.id: supply_of(each, kept.get(each.id, NONE)) for each in found}


def supply_of(found: Prize, kept: codes.Counts) -> Supply:
    """What is left of one prize, given its codes."""
    with_codes = found.delivery is Delivery.CODE
    given = kept.codes if with_codes else None
    return supply(found.stock, found.claimed, given, kept.free)


def on_sale(conn: Connection, campaign_id: int) -> tuple[tuple[Prize, ...], frozenset[int]]:
    """A campaign's prizes in their order, and the numbers of those that nobody can claim now."""
    found = prizes.of_campaign(conn, campaign_id)
    left = supplies(conn, found) if found else {}
    return tuple(found), frozenset(n for n, each in left.items() if not each.in_stock)


def of_entrant(conn: Connection, campaign_id: int, entrant_id: int) -> dict[int, Claim]:
    """What an entrant has claimed in a campaign, by the prize's number; removed prizes too.

    Of two claims of one prize, made before two entrants turned out to be one person, the first.
    """
    rows = conn.execute(
        select(reward_claim)
        .join(identity, identity.c.id == reward_claim.c.identity_id)
        .where(identity.c.entrant_id == entrant_id, reward_claim.c.campaign_id == campaign_id)
        .order_by(reward_claim.c.id.desc())
    ).mappings()
    claims = {row["prize_id"]: row for row in rows}
    if not claims:
        return {}
    known = conn.execute(select(prize).where(prize.c.id.in_(sorted(claims)))).mappings()
    by_id = {row["id"]: Prize.model_validate(row) for row in known}
    return {number: claim_of(row, by_id[number]) for number, row in claims.items()}


def claim_of(row: RowMapping, of: Prize) -> Claim:
    """A row of ``reward_claim`` with its prize."""
    return Claim.model_validate({**row, "prize": of})
