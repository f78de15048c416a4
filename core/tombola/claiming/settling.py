"""What settles claims, within a transaction: finding posts, giving them to people, taking back."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection, RowMapping, select

from tombola.api import NotFound
from tombola.claiming.models import claim, owned
from tombola.claiming.rules import MOST_OWNED, NAMED, TAKEN, Post, State
from tombola.db.sets import insert_ignore, members
from tombola.entrants import service as entrants
from tombola.entrants.models import entrant, identity
from tombola.entrants.models import link as link_table
from tombola.entries.changes import Act, hold_campaigns
from tombola.entries.linking import link, unlink
from tombola.importing.models import item, source
from tombola.teams.audit import audit

#: Why a claim's link was made, as it is written with the link.
WHY = "claim"


def posts_of(conn: Connection, team_id: int, key: str) -> list[Post]:
    """The team's posts of a claim key that made entries, the oldest first."""
    return posts_by_key(conn, team_id, [key]).get(key, [])


def posts_by_key(
    conn: Connection, team_id: int, keys: Collection[str], importers: Collection[str] | None = None
) -> dict[str, list[Post]]:
    """The same for many keys; of these importers alone, if they are given."""
    query = (
        select(
            item.c.id, item.c.claim_key, item.c.source_id, item.c.identity_id, item.c.text,
            identity.c.kind, identity.c.entrant_id, entrant.c.kind.label("owner_kind"),
        )
        .join(identity, identity.c.id == item.c.identity_id)
        .join(entrant, entrant.c.id == identity.c.entrant_id)
        .where(
            item.c.team_id == team_id,
            item.c.claim_key.is_not(None),
            members(conn, item.c.claim_key, sorted(keys)),
        )
        .order_by(item.c.id)
    )  # fmt: skip
    if importers is not None:
        query = query.join(source, source.c.id == item.c.source_id).where(
            source.c.importer_key.in_(sorted(importers))
        )
    found: dict[str, list[Post]] = {}
    for row in conn.execute(query):
        post = Post(
            item_id=row.id,
            source_id=row.source_id,
            identity_id=row.identity_id,
            owner_id=row.entrant_id,
            nameless=row.kind == entrants.ITEM,
            unclaimed=row.owner_kind == entrants.ITEM,
            text=row.text,
        )
        found.setdefault(row.claim_key, []).append(post)
    return found


def hold(conn: Connection, team_id: int, posts: Sequence[Post]) -> None:
    """Hold what the posts' entries stand in, before anything else is locked."""
    hold_campaigns(conn, team_id, sorted({post.identity_id for post in posts}))


def row_of(conn: Connection, team_id: int, claim_id: int) -> RowMapping | None:
    """A claim's row, held until the transaction ends."""
    mine = (claim.c.team_id == team_id, claim.c.id == claim_id)
    return conn.execute(select(claim).where(*mine).with_for_update()).mappings().first()


def approve(conn: Connection, team_id: int, claim_id: int, act: Act, *, note: str = "") -> bool:
    """Let the posts of a claim count for the claimant; other people's claims on them end.

    Idempotent, and safe under two who decide at once: one of them finds it decided.

    Args:
        conn: A write transaction that holds nothing yet.
        team_id: The claim's team.
        claim_id: The claim.
        act: Who decides; its kind is ``link``.
        note: What proved it; "" leaves what is noted.

    Returns:
        Whether it was decided now. A claim that is not for a moderator, or no longer, stays as it
        is.
    """
    first = conn.execute(
        select(claim.c.claim_key).where(claim.c.team_id == team_id, claim.c.id == claim_id)
    ).scalar()
    if first is None:
        return False
    hold(conn, team_id, posts_of(conn, team_id, first))
    rivals = _hold_rivals(conn, team_id, first)
    row = rivals.pop(claim_id)
    posts = [post for post in posts_of(conn, team_id, first) if post.nameless]
    if row["state"] != State.PENDING or not posts:
        return False
    links = give(conn, team_id, posts, row["entrant_id"], act)
    noted = {"note": note} if note else {}
    decide(conn, row, State.APPROVED, None, act, links=links, **noted)
    for rival in rivals.values():
        _lose(conn, rival, row["entrant_id"], act)
    audit(conn, act.actor, "claim.approved", row["uid"], {"posts": len(links)}, act.at)
    return True


def give(
    conn: Connection, team_id: int, posts: Sequence[Post], entrant_id: int, act: Act
) -> list[int]:
    """Link posts to an entrant; gives the links' numbers. What counts for them already stays."""
    made = []
    for identity_id in sorted({post.identity_id for post in posts}):
        known = entrants.by_id(conn, team_id, identity_id)
        number = link(conn, known, entrant_id, WHY, act) if known is not None else None
        if number is not None:
            made.append(number)
    return made


def end_named(conn: Connection, row: RowMapping, act: Act) -> None:
    """End a claim of a post that names its author."""
    decide(conn, row, State.REJECTED, NAMED, act)


def take_back(conn: Connection, team_id: int, claim_id: int, act: Act) -> None:
    """Undo an approval: posts and counts are as they were, and it is for a moderator again.

    Raises:
        NotFound: it is not approved, or somebody has moved the posts on meanwhile.
    """
    identities = select(link_table.c.identity_id)
    before = conn.execute(
        select(claim.c.links, claim.c.claim_key).where(
            claim.c.team_id == team_id, claim.c.id == claim_id
        )
    ).first()
    numbers = list(before.links) if before is not None else []
    mine = (link_table.c.team_id == team_id, members(conn, link_table.c.id, numbers))
    hold_campaigns(conn, team_id, list(conn.execute(identities.where(*mine)).scalars()))
    key = before.claim_key if before is not None else ""
    rivals = _hold_rivals(conn, team_id, key)
    row = rivals.pop(claim_id, None)
    if row is None or row["state"] != State.APPROVED:
        raise NotFound("There is no such approval to take back.")
    for number in reversed(row["links"]):
        unlink(conn, number, act)
    _reopen(conn, row, State.PENDING)
    for rival in rivals.values():
        if rival["entrant_id"] == row["entrant_id"] and rival["state"] == State.APPROVED:
            _reopen(conn, rival, State.PENDING)  # it rested on the same links
        if rival["state"] == State.REJECTED and rival["reason"] == TAKEN:
            _reopen(conn, rival, State.APPROVED if rival["links"] else State.PENDING)
    audit(conn, act.actor, "claim.taken_back", row["uid"], {"posts": len(row["links"])}, act.at)


def own(
    conn: Connection, team_id: int, identity_id: int, keys: Sequence[str], now: datetime
) -> None:
    """Keep which posts a log-in has shown to be an account's."""
    rows = [(team_id, identity_id, key, now) for key in sorted(set(keys))[:MOST_OWNED]]
    insert_ignore(conn, owned, ("team_id", "identity_id", "claim_key", "at"), rows)


def hand_over(
    conn: Connection,
    team_id: int,
    identity_id: int,
    importers: Collection[str],
    act: Act,
    *,
    most: int,
) -> int:
    """Give an account's owner the unclaimed posts that it owns; their claims are settled by it.

    A link that somebody has undone is not made again.

    Args:
        conn: A write transaction that holds nothing yet.
        team_id: The team.
        identity_id: The account, proven by a log-in.
        importers: Keys of the importers whose items are of that network.
        act: Its kind is ``link``.
        most: How many claim keys are settled in this transaction.

    Returns:
        How many posts were given; 0 says that there are no more.
    """
    keys = conn.execute(select(owned.c.claim_key).where(owned.c.identity_id == identity_id))
    wanted = list(keys.scalars())
    found = posts_by_key(conn, team_id, wanted, importers)
    found = {key: posts for key, posts in found.items() if any(p.unclaimed for p in posts)}
    hold(conn, team_id, [post for posts in found.values() for post in posts])
    found = posts_by_key(conn, team_id, sorted(found), importers)
    owner = entrants.by_id(conn, team_id, identity_id)
    if owner is None:
        return 0
    given = settled = 0
    for key in sorted(found):
        if settled == most:
            break
        rivals = _hold_rivals(conn, team_id, key)
        fresh = _fresh(conn, team_id, found[key], owner.entrant_id)
        links = give(conn, team_id, fresh, owner.entrant_id, act)
        given += len(links)
        settled += bool(links)
        if links:
            for rival in rivals.values():
                _lose(conn, rival, owner.entrant_id, act, links)
    return given


def extend(conn: Connection, team_id: int, claim_id: int, act: Act) -> int:
    """Give posts that came after a claim was approved to the claimant as well."""
    row = row_of(conn, team_id, claim_id)
    if row is None or row["state"] != State.APPROVED:
        return 0
    posts = _fresh(conn, team_id, posts_of(conn, team_id, row["claim_key"]), row["entrant_id"])
    links = give(conn, team_id, posts, row["entrant_id"], act)
    mine = claim.update().where(claim.c.id == claim_id)
    conn.execute(mine.values(links=[*row["links"], *links]))
    return len(links)


def _fresh(conn: Connection, team_id: int, posts: Sequence[Post], entrant_id: int) -> list[Post]:
    """Those that count for nobody, and that nobody has taken from this entrant."""
    ids = [post.identity_id for post in posts]
    undone = conn.execute(
        select(link_table.c.identity_id).where(
            link_table.c.team_id == team_id,
            members(conn, link_table.c.identity_id, ids),
            link_table.c.to_entrant_id == entrant_id,
            link_table.c.undone_at.is_not(None),
        )
    )
    taken = set(undone.scalars())
    return [
        post for post in posts if post.nameless and post.unclaimed and post.identity_id not in taken
    ]


def _hold_rivals(conn: Connection, team_id: int, key: str) -> dict[int, RowMapping]:
    """All claims on a post, held until the transaction ends, by number."""
    rows = conn.execute(
        select(claim)
        .where(claim.c.team_id == team_id, claim.c.claim_key == key)
        .order_by(claim.c.id)
        .with_for_update()
    ).mappings()
    return {row["id"]: row for row in rows}


def _lose(
    conn: Connection, rival: RowMapping, winner_id: int, act: Act, links: Sequence[int] = ()
) -> None:
    """End another claim on posts that count for somebody now; the winner's own ones come true."""
    if rival["state"] in {State.WITHDRAWN, State.REJECTED}:
        return
    if rival["entrant_id"] == winner_id:
        if rival["state"] != State.APPROVED:
            decide(conn, rival, State.APPROVED, None, act, links=list(links))
        return
    decide(conn, rival, State.REJECTED, TAKEN, act, links=rival["links"])


def decide(
    conn: Connection,
    row: RowMapping,
    state: State,
    reason: str | None,
    act: Act,
    **more: object,
) -> None:
    """Write a decision on a claim that is held."""
    decided = {"decided_at": act.at, "decided_by": act.actor.member_id, "reason": reason}
    mine = claim.update().where(claim.c.id == row["id"])
    conn.execute(mine.values(state=state.value, **decided, **more))


def _reopen(conn: Connection, row: RowMapping, state: State) -> None:
    links = row["links"] if state is State.APPROVED else []
    decided = {"decided_at": None, "decided_by": None, "reason": None}
    mine = claim.update().where(claim.c.id == row["id"])
    conn.execute(mine.values(state=state.value, links=links, **decided))


def follow(conn: Connection, team_id: int, from_id: int, to_id: int) -> None:
    """The claims of one entrant are another's from now on, but for those that both have made."""
    both = select(claim.c.action_id, claim.c.claim_key).where(claim.c.entrant_id == to_id)
    theirs = {(row.action_id, row.claim_key) for row in conn.execute(both)}
    mine = select(claim.c.id, claim.c.action_id, claim.c.claim_key).where(
        claim.c.team_id == team_id, claim.c.entrant_id == from_id
    )
    ids = [row.id for row in conn.execute(mine) if (row.action_id, row.claim_key) not in theirs]
    conn.execute(claim.update().where(members(conn, claim.c.id, ids)).values(entrant_id=to_id))
