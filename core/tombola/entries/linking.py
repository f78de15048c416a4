"""Linking identities to entrants: one act with its entries, and its undo."""

from datetime import datetime

from sqlalchemy import Connection, select

from tombola.api import Identity, NotFound
from tombola.db import new_uid
from tombola.db.rows import first, insert_one
from tombola.entrants import service as entrants
from tombola.entrants.models import link as link_table
from tombola.entries.changes import Act, hold_campaigns, move
from tombola.outbox.service import announce
from tombola.teams.audit import audit
from tombola.teams.rules import Actor


def link(conn: Connection, known: entrants.Known, to_id: int, why: str, act: Act) -> int | None:
    """Let an identity and all that it did count for another entrant.

    Args:
        conn: A write transaction.
        known: The identity, whose entrant is about to change.
        to_id: An entrant of the same team.
        why: log-in, claim or admin.
        act: Who does it and when; its kind is ``link``.

    Returns:
        The number of the link, for its undo; None when the identity counts for them already.
    """
    if known.entrant_id == to_id:
        return None
    team_id = act.actor.team_id
    hold_campaigns(conn, team_id, [known.id])
    number = insert_one(
        conn, link_table, uid=new_uid(act.at), team_id=team_id, identity_id=known.id,
        from_entrant_id=known.entrant_id, to_entrant_id=to_id, why=why, at=act.at,
    )  # fmt: skip
    entrants.set_entrant(conn, known.id, to_id)
    moved = move(conn, known.id, known.entrant_id, to_id, act)
    audit(conn, act.actor, "identity.linked", known.uid, {"why": why, "entries": moved}, act.at)
    payload = {"identity": known.id, "entrant": to_id}
    announce(conn, team_id, None, "identity_linked", payload, act.at)
    return number


def unlink(conn: Connection, link_id: int, act: Act) -> None:
    """Undo a link: the identity and its entries go back, and each place with them.

    Raises NotFound when the link is another team's, undone already, or no longer the last of its
    identity.
    """
    team_id = act.actor.team_id
    row = first(
        conn,
        select(link_table).where(
            link_table.c.id == link_id,
            link_table.c.team_id == team_id,
            link_table.c.undone_at.is_(None),
        ),
    )
    held = None if row is None else entrants.by_id(conn, team_id, row["identity_id"])
    if row is None or held is None or held.entrant_id != row["to_entrant_id"]:
        raise NotFound("There is no such link to undo.")
    hold_campaigns(conn, team_id, [held.id])
    conn.execute(link_table.update().where(link_table.c.id == link_id).values(undone_at=act.at))
    entrants.set_entrant(conn, held.id, row["from_entrant_id"])
    moved = move(conn, held.id, row["to_entrant_id"], row["from_entrant_id"], act)
    audit(conn, act.actor, "identity.unlinked", held.uid, {"entries": moved}, act.at)


def recognise(
    conn: Connection,
    team_id: int,
    entrant_id: int | None,
    seen: Identity,
    now: datetime,
    *,
    consented: bool,
) -> int:
    """Say which entrant a visitor is who has just proven an identity, linking what it did before.

    Imports may have met the identity earlier, or meet it later: both end in one entrant.

    Args:
        conn: A write transaction.
        team_id: The team whose campaign was entered.
        entrant_id: Who the visitor was already, or None.
        seen: The proven identity; ``uid`` is the network's own id, never a display name.
        now: The moment.
        consented: Whether the person agreed to the linking, as the network's terms ask. Without
            consent a visitor who was somebody already keeps the two apart.

    Returns:
        The entrant that the visitor is from now on.
    """
    known = entrants.find(conn, team_id, seen.provider, seen.uid)
    if known is None and entrant_id is not None and consented:
        known = entrants.attach(conn, team_id, seen, entrant_id, now)
    if known is None:
        known = entrants.resolve(conn, team_id, [seen], now)[seen.provider, seen.uid]
    if entrant_id is not None and consented:
        act = Act("link", Actor.system(team_id), "", known.uid, now)
        link(conn, known, entrant_id, "log-in", act)
    entrants.prove(conn, known, now, consented=consented)
    return known.entrant_id if entrant_id is None else entrant_id


def recognise_also(
    conn: Connection,
    team_id: int,
    account: entrants.Known,
    before_id: int | None,
    other: Identity,
    now: datetime,
) -> None:
    """Let another identity of an account that was just proven count for whom the account does.

    It is the same account under another name, so that no consent of its own is asked for. Names
    change hands: one that somebody else has proven stays with them.

    Args:
        conn: A write transaction.
        team_id: The team whose campaign was entered.
        account: The identity that was proven, as it is now.
        before_id: The entrant that it counted for before, or None.
        other: What the account is known by, too.
        now: The moment.
    """
    to_id = account.entrant_id
    known = entrants.find(conn, team_id, other.provider, other.uid)
    if known is None:
        known = entrants.attach(conn, team_id, other, to_id, now)
    if known.proven_at is not None and known.entrant_id not in {to_id, before_id}:
        return
    link(conn, known, to_id, "log-in", Act("link", Actor.system(team_id), "", known.uid, now))
    entrants.prove(conn, known, now, consented=account.consented_at is not None)
