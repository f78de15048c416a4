"""Posts that arrive meet the claims that wait for them: the duties that follow, nothing else.

Called within the transaction of an imported page, which may hold campaigns for others; so nothing
is linked here.
"""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import Connection, select

from tombola.claiming.models import claim, owned
from tombola.claiming.rules import State
from tombola.db.sets import members
from tombola.queue import tasks

#: The kind of duty that weighs one claim; its key is the claim's number.
CLAIM = "claim"
#: The kind of duty that gives an account the posts that it owns; its key is the identity's number.
OWNED = "owned"
_WAKES = [State.WAITING, State.PENDING, State.APPROVED]


def notice(
    conn: Connection,
    team_id: int,
    words: Mapping[str, str],
    fresh: Collection[str],
    now: datetime,
) -> None:
    """Wake claims and accounts that these posts concern.

    Args:
        conn: The page's write transaction.
        team_id: Whose posts they are.
        words: The posts' text by claim key.
        fresh: The keys of those that are new.
        now: The moment.
    """
    if not words:
        return
    rows = conn.execute(
        select(claim.c.id, claim.c.claim_key, claim.c.state, claim.c.code).where(
            claim.c.team_id == team_id,
            members(conn, claim.c.claim_key, sorted(words)),
            claim.c.state.in_(_WAKES),
        )
    ).all()
    for row in rows:
        told = row.state == State.PENDING and row.code.casefold() in words[row.claim_key].casefold()
        if row.state == State.WAITING or row.claim_key in fresh or told:
            wake(conn, team_id, row.id, now)
    if fresh:
        known = select(owned.c.identity_id).where(
            owned.c.team_id == team_id, members(conn, owned.c.claim_key, sorted(fresh))
        )
        for identity_id in conn.execute(known.distinct()).scalars():
            wake_owner(conn, team_id, identity_id, now)


def wake(conn: Connection, team_id: int, claim_id: int, now: datetime) -> None:
    """Have a claim weighed after the commit."""
    tasks.put(conn, CLAIM, str(claim_id), now, team_id=team_id, payload={"claim": claim_id})


def wake_owner(conn: Connection, team_id: int, identity_id: int, now: datetime) -> None:
    """Have an account's posts given to it after the commit."""
    payload = {"identity": identity_id}
    tasks.put(conn, OWNED, str(identity_id), now, team_id=team_id, payload=payload)
