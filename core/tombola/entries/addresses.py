"""Who a browser is whose person has confirmed an e-mail address."""

from datetime import datetime

from sqlalchemy import Connection, func

from tombola.api import Identity
from tombola.entrants import service as entrants
from tombola.entrants.codes import EMAIL, Proven
from tombola.entrants.models import entrant
from tombola.entries.changes import Act, hold_campaigns
from tombola.entries.linking import link, recognise
from tombola.teams.rules import Actor


def recognise_address(
    conn: Connection, team_id: int, entrant_id: int | None, proven: Proven, now: datetime
) -> int:
    """Say which entrant a browser is whose person has just confirmed an address.

    The first confirmation makes the address an identity of the entrant that the browser was, or of
    a new one. A later one, on any device, finds that entrant again, and what the browser did as
    somebody without an address counts for it. A browser whose entrant has confirmed another address
    was another person's: it changes over, and nothing is linked.

    Args:
        conn: A write transaction.
        team_id: The team whose campaign was entered.
        entrant_id: Who the browser was already, or None.
        proven: The address, and the name for an entrant without one.
        now: The moment.

    Returns:
        The entrant that the browser is from now on.
    """
    seen = Identity(EMAIL, proven.email, name=proven.name)
    owner = entrants.find(conn, team_id, EMAIL, proven.email)
    if entrant_id is not None and _has_another_address(conn, team_id, entrant_id, proven.email):
        entrant_id = None
    if owner is not None and entrant_id is not None and entrant_id != owner.entrant_id:
        _join(conn, team_id, entrant_id, owner.entrant_id, now)
        entrant_id = owner.entrant_id
    found = recognise(conn, team_id, entrant_id, seen, now, consented=True)
    conn.execute(
        entrant.update()
        .where(entrant.c.team_id == team_id, entrant.c.id == found)
        .values(email=proven.email, name=func.coalesce(entrant.c.name, proven.name))
    )
    return found


def is_proven(conn: Connection, team_id: int, entrant_id: int) -> bool:
    """Whether an entrant has shown who they are: by a code, or by a log-in at a network."""
    return any(each.proven_at for each in entrants.identities_of(conn, team_id, entrant_id))


def _has_another_address(conn: Connection, team_id: int, entrant_id: int, email: str) -> bool:
    mine = entrants.identities_of(conn, team_id, entrant_id)
    return any(each.kind == EMAIL and each.value != email for each in mine)


def _join(conn: Connection, team_id: int, from_id: int, to_id: int, now: datetime) -> None:
    """Let all that one entrant is known by count for another, each by a link that can be undone."""
    known_by = entrants.identities_of(conn, team_id, from_id)
    hold_campaigns(conn, team_id, [known.id for known in known_by])
    for known in known_by:
        link(conn, known, to_id, "log-in", Act("link", Actor.system(team_id), "", known.uid, now))
