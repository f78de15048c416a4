"""Taking a person out of rewards: that something was claimed stays, so that stock still adds up."""

from sqlalchemy import Connection, select

from tombola.db.sets import members
from tombola.entrants.erasing import Doomed
from tombola.rewards.models import reward_claim, reward_code


def erase(conn: Connection, doomed: Doomed) -> None:
    """Forget which codes they had, and why something was taken back. Idempotent.

    Their codes stay spent: what was seen never goes to somebody else.
    """
    mine = (
        reward_claim.c.team_id == doomed.team_id,
        members(conn, reward_claim.c.identity_id, doomed.identities),
    )
    theirs = select(reward_claim.c.id).where(*mine)
    conn.execute(
        reward_code.update()
        .where(reward_code.c.team_id == doomed.team_id, reward_code.c.claim_id.in_(theirs))
        .values(sealed="")
    )
    conn.execute(reward_claim.update().where(*mine).values(code_id=None, reason=None))
