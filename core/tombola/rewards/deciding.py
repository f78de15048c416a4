"""What a team does to claims of rewards: deliver, take back, give back. Each can be undone."""

from collections.abc import Collection

from sqlalchemy import Connection, RowMapping, select

from tombola.api import Conflict, Invalid, NotFound
from tombola.campaigns.models import prize
from tombola.campaigns.prizes import Delivery, Prize
from tombola.campaigns.service import of_team
from tombola.db.rows import first
from tombola.db.sets import members
from tombola.entrants.models import identity
from tombola.entries.totals import changed
from tombola.installation import Installation
from tombola.rewards import codes
from tombola.rewards.models import reward_claim
from tombola.rewards.rules import State
from tombola.rewards.service import count
from tombola.rewards.shelf import supplies
from tombola.teams.audit import audit
from tombola.teams.rules import Actor, Role

#: Characters of a reason, which the entrant reads.
LONGEST_REASON = 300


def deliver(inst: Installation, actor: Actor, campaign_uid: str, uids: Collection[str]) -> int:
    """Note that claims are delivered. Returns how many changed."""
    return _mark(inst, actor, campaign_uid, uids, State.CLAIMED, State.DELIVERED)


def undeliver(inst: Installation, actor: Actor, campaign_uid: str, uids: Collection[str]) -> int:
    """Note that claims are not delivered after all. Returns how many changed."""
    return _mark(inst, actor, campaign_uid, uids, State.DELIVERED, State.CLAIMED)


def take_back(inst: Installation, actor: Actor, campaign_uid: str, uid: str, reason: str) -> bool:
    """Take a reward back from somebody, who reads why. Idempotent.

    Its place in the stock is free again; its code only where nobody has seen it.

    Returns:
        Whether a code is free again.

    Raises:
        NotFound: No such claim of the team.
        Invalid: No reason, or too long a one; the field is ``reason``.
    """
    actor.need(Role.EDITOR)
    said = reason.strip()
    if not said or len(said) > LONGEST_REASON:
        raise Invalid({"reason": "Say why in up to 300 characters; the person reads it."})
    now = inst.clock()
    with inst.db.write() as conn:
        campaign = of_team(conn, actor, campaign_uid)
        row, found = _held(conn, campaign.id, uid)
        if row["state"] == State.UNDONE:
            return False
        unseen = row["code_id"] is not None and row["shown_at"] is None
        values = {"code_id": None} if unseen else {}
        _update(
            conn, row, state=State.UNDONE.value, undone_at=now, reason=said,
            decided_by=actor.member_id, **values,
        )  # fmt: skip
        if unseen:
            codes.put_back(conn, found.id, row["code_id"])
        count(conn, found.id, -1)
        audit(conn, actor, "reward.taken_back", uid, {"reason": said, "code": unseen}, now)
        return unseen


def give_back(inst: Installation, actor: Actor, campaign_uid: str, uid: str) -> None:
    """Give a reward again to whom it was taken from. Idempotent.

    Raises:
        NotFound: No such claim of the team.
        Conflict: Nothing is left of it.
    """
    actor.need(Role.EDITOR)
    now = inst.clock()
    with inst.db.write() as conn:
        campaign = of_team(conn, actor, campaign_uid)
        row, found = _held(conn, campaign.id, uid)
        if row["state"] != State.UNDONE:
            return
        values: dict[str, object] = {}
        kept_code = row["code_id"] is not None
        if not _may_give(conn, found, kept_code=kept_code):
            raise Conflict("Nothing is left of this reward. Raise its stock or add codes first.")
        if found.delivery is Delivery.CODE and not kept_code:
            values["code_id"] = codes.hand_out(conn, found.id, row["id"])
        state = State.CLAIMED if row["delivered_at"] is None else State.DELIVERED
        _update(
            conn, row, state=state.value, undone_at=None, reason=None,
            decided_by=actor.member_id, **values,
        )  # fmt: skip
        count(conn, found.id, 1)
        audit(conn, actor, "reward.given_back", uid, {}, now)


def _may_give(conn: Connection, found: Prize, *, kept_code: bool) -> bool:
    if kept_code:
        return found.stock is None or found.claimed < found.stock
    return supplies(conn, [found])[found.id].in_stock


def _mark(
    inst: Installation,
    actor: Actor,
    campaign_uid: str,
    uids: Collection[str],
    before: State,
    after: State,
) -> int:
    actor.need(Role.EDITOR)
    now = inst.clock()
    with inst.db.write() as conn:
        campaign = of_team(conn, actor, campaign_uid)
        rows = conn.execute(
            select(reward_claim).where(
                reward_claim.c.campaign_id == campaign.id,
                reward_claim.c.state == before.value,
                members(conn, reward_claim.c.uid, sorted(set(uids))),
            )
        ).mappings()
        found = rows.all()
        delivered_at = now if after is State.DELIVERED else None
        for row in found:
            _update(
                conn, row, state=after.value, delivered_at=delivered_at,
                decided_by=actor.member_id,
            )  # fmt: skip
        if found:
            audit(conn, actor, f"reward.{after.value}", campaign_uid, {"claims": len(found)}, now)
        return len(found)


def _held(conn: Connection, campaign_id: int, uid: str) -> tuple[RowMapping, Prize]:
    """A claim and its prize, the prize held first, as those who claim do."""
    mine = (reward_claim.c.campaign_id == campaign_id, reward_claim.c.uid == uid)
    number = conn.execute(select(reward_claim.c.prize_id).where(*mine)).scalar()
    held = select(prize).where(prize.c.id == number).with_for_update()
    found = first(conn, held)
    row = first(conn, select(reward_claim).where(*mine))
    if row is None or found is None:
        raise NotFound("There is no such claim.")
    return row, Prize.model_validate(found)


def _update(conn: Connection, row: RowMapping, **values: object) -> None:
    """Write a claim, and let its owner's pages notice."""
    conn.execute(reward_claim.update().where(reward_claim.c.id == row["id"]).values(**values))
    whose = select(identity.c.entrant_id).where(identity.c.id == row["identity_id"])
    entrant_id = conn.execute(whose).scalar_one()
    changed(conn, row["team_id"], row["campaign_id"], entrant_id)
