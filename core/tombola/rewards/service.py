"""Claiming a reward: one transaction in which nobody gets a piece that is not there."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, select

from tombola.api import Invalid, NotFound
from tombola.campaigns.models import prize as prize_table
from tombola.campaigns.prizes import Delivery, Prize
from tombola.campaigns.requirements import progress
from tombola.campaigns.rules import Kind
from tombola.campaigns.service import Campaign
from tombola.db import new_uid
from tombola.db.rows import first, insert_one
from tombola.db.sets import insert_ignore
from tombola.entrants import service as entrants
from tombola.entries import doing
from tombola.entries.totals import changed
from tombola.installation import Installation
from tombola.mail import service as mail
from tombola.rewards import codes, warning
from tombola.rewards.models import reward_basis, reward_claim
from tombola.rewards.rules import Standing, State, standing
from tombola.rewards.shelf import Claim, of_entrant, supply_of
from tombola.web.i18n import marked

#: What for a mail with a reward is.
PURPOSE = "reward"


class Came(StrEnum):
    """What came of pressing the button."""

    CLAIMED = "claimed"
    #: It was theirs already.
    KNOWN = "known"
    LOCKED = "locked"
    SOLD_OUT = "sold out"
    #: The team has taken it back.
    UNDONE = "undone"
    SHUT = "shut"
    #: Nobody is known in this browser.
    ENTER = "enter"


#: What came of it, by what the reward showed in the claim's own transaction.
_REFUSED = {
    Standing.LOCKED: Came.LOCKED,
    Standing.SOLD_OUT: Came.SOLD_OUT,
    Standing.UNDONE: Came.UNDONE,
    Standing.SHUT: Came.SHUT,
    Standing.CLAIMED: Came.KNOWN,
}

#: Makes subject and text of the mail that brings a reward: of the prize and its code, if any.
Writes = Callable[[Prize, str | None], tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Who claims what.

    Attributes:
        mandatory: Numbers of the actions that have to be done and can be.
        write: The mail's words.
    """

    campaign: Campaign
    prize_uid: str
    entrant_id: int
    mandatory: Collection[int]
    write: Writes


def claim(inst: Installation, wanted: Wanted) -> Came:
    """Give somebody a reward, once. Idempotent: the second time it is theirs already.

    The prize's row is held from the first statement to the commit, so that claims of one prize
    wait in line. Code, count, mail and warning are written in the same transaction.

    Raises:
        NotFound: The campaign has no such reward.
    """
    now = inst.clock()
    with inst.db.write() as conn:
        found = _held(conn, wanted)
        came, low = _claim(conn, inst, wanted, found, now)
    if came is Came.CLAIMED or low:
        inst.bell.ring(mail.MAIL)
    return came


def show(inst: Installation, claims: Sequence[Claim]) -> dict[int, str]:
    """Open the codes of claims that their owner looks at now, by the claim's number.

    What is seen for the first time counts as delivered from then on.
    """
    with inst.db.read() as conn:
        numbers = [each.code_id for each in claims if each.code_id is not None]
        texts = codes.opened(conn, inst.vault, numbers) if numbers else {}
    fresh = [each.id for each in claims if each.shown_at is None and _is_shown(each.prize)]
    if fresh:
        with inst.db.write() as conn:
            conn.execute(
                reward_claim.update()
                .where(reward_claim.c.id.in_(fresh), reward_claim.c.shown_at.is_(None))
                .where(reward_claim.c.state == State.CLAIMED.value)
                .values(_shown(inst.clock()))
            )
    return {each.id: texts[each.code_id] for each in claims if each.code_id in texts}


def _held(conn: Connection, wanted: Wanted) -> Prize:
    row = first(
        conn,
        select(prize_table)
        .where(
            prize_table.c.campaign_id == wanted.campaign.id,
            prize_table.c.uid == wanted.prize_uid,
            prize_table.c.removed_at.is_(None),
        )
        .with_for_update(),
    )
    if row is None or wanted.campaign.kind is not Kind.REWARD:
        raise NotFound(marked("There is no such reward."))
    return Prize.model_validate(row)


def _claim(
    conn: Connection, inst: Installation, wanted: Wanted, found: Prize, now: datetime
) -> tuple[Came, bool]:
    """What came of it, and whether the team was told that stock is low."""
    team_id, campaign = found.team_id, wanted.campaign
    mine = entrants.identities_of(conn, team_id, wanted.entrant_id)
    if not mine:
        return Came.ENTER, False
    before = of_entrant(conn, campaign.id, wanted.entrant_id).get(found.id)
    did = doing.done(conn, campaign.id, wanted.entrant_id)
    codes.lock(conn, found.id)
    kept = codes.counts(conn, [found.id]).get(found.id, codes.NONE)
    shows = standing(
        campaign.phase(now),
        before.state if before is not None else None,
        left=progress(did, found.needs, wanted.mandatory).left,
        in_stock=supply_of(found, kept).in_stock,
    )
    if shows is not Standing.UNLOCKED:
        return _REFUSED[shows], False
    values = {"team_id": team_id, "campaign_id": campaign.id, "prize_id": found.id}
    number = insert_one(
        conn, reward_claim, uid=new_uid(now), identity_id=mine[0].id, state=State.CLAIMED.value,
        needs=found.needs, claimed_at=now, **values,
    )  # fmt: skip
    code_id = None
    if found.delivery is Delivery.CODE:
        code_id = codes.hand_out(conn, found.id, number)
        _update(conn, number, code_id=code_id)
    count(conn, found.id, 1)
    must = set(wanted.mandatory)
    columns = ("team_id", "claim_id", "action_id", "mandatory")
    basis = [(team_id, number, each, each in must) for each in sorted(did)]
    insert_ignore(conn, reward_basis, columns, basis)
    changed(conn, team_id, campaign.id, wanted.entrant_id)
    if _mail(conn, inst, wanted, found, (number, code_id), now):
        _update(conn, number, **_shown(now))
    return Came.CLAIMED, warning.warn(conn, inst, campaign, found.id, now)


def count(conn: Connection, prize_id: int, more: int) -> None:
    """Count a prize's claims up or down."""
    conn.execute(
        prize_table.update()
        .where(prize_table.c.id == prize_id)
        .values(claimed=prize_table.c.claimed + more)
    )


def _mail(
    conn: Connection,
    inst: Installation,
    wanted: Wanted,
    found: Prize,
    given: tuple[int, int | None],
    now: datetime,
) -> bool:
    """Write to an entrant whose address is known; whether the reward itself is in the mail.

    ``given``: the numbers of the claim and of its code.
    """
    email = entrants.get(conn, found.team_id, wanted.entrant_id).email
    if not email or not mail.is_on(inst):
        return False
    number, code_id = given
    code = codes.opened(conn, inst.vault, [code_id])[code_id] if code_id is not None else None
    subject, text = wanted.write(found, code)
    try:
        mail.post(conn, found.team_id, PURPOSE, str(number), email, subject, text, now)
    except Invalid:
        return False  # an address as typed that no mail can go to; the page shows it all
    return _is_shown(found)


def _is_shown(of: Prize) -> bool:
    """Whether seeing it is having it."""
    return of.delivery is not Delivery.CONTACT


def _shown(now: datetime) -> dict[str, object]:
    return {"shown_at": now, "delivered_at": now, "state": State.DELIVERED.value}


def _update(conn: Connection, number: int, **values: object) -> None:
    conn.execute(reward_claim.update().where(reward_claim.c.id == number).values(**values))
