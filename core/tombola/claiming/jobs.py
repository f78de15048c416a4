"""The room's duties: weighing claims, giving accounts their posts, finding what was missed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, RowMapping, and_, exists, select

from tombola.api import (
    ClaimView,
    Ctx,
    Evidence,
    FetchError,
    PluginFailed,
    PluginUnavailable,
    SourceConfig,
    Throttled,
    Who,
    render,
)
from tombola.claiming import arriving, deciding, rules, settling
from tombola.claiming.arriving import CLAIM, OWNED
from tombola.claiming.models import claim, owned
from tombola.claiming.rules import OPEN, Post, State
from tombola.claiming.service import hand_over
from tombola.db.rows import first
from tombola.entrants import service as entrants
from tombola.entrants.models import entrant, identity
from tombola.entrants.models import link as link_table
from tombola.entries.changes import Act
from tombola.importing.models import item, source
from tombola.importing.work import CALL, LEASE
from tombola.installation import Installation
from tombola.plugins.world import TeamRef
from tombola.queue.kinds import Again, Done, Kind, Parked, Result
from tombola.queue.tasks import ATTEMPTS, Claim
from tombola.teams.models import team
from tombola.teams.rules import Actor

SWEEP = "claim_sweep"
#: Rows that one sweep wakes at most; the next one goes on.
MOST = 500
#: Tries of a network that does not answer; a moderator decides without its word after that.
TRIES = ATTEMPTS
IN_TEXT = "The code stands in the words of the post."
LOGGED_IN = "A log-in shows the post to be theirs."


@dataclass(frozen=True, slots=True)
class Open:
    """A claim that is to be weighed, with its posts and what is known of the claimant."""

    row: RowMapping
    team: TeamRef
    posts: Sequence[Post]
    source: RowMapping | None
    permalink: str | None
    who: Who
    owned: bool


def kinds() -> Sequence[Kind]:
    """Claims, owners, and the sweep for those whom a post has passed by unseen."""
    return (
        Kind(CLAIM, weigh, lease=LEASE),
        Kind(OWNED, give),
        Kind(SWEEP, sweep, every=timedelta(minutes=10), concurrency=1),
    )


def weigh(inst: Installation, held: Claim) -> Result:
    """Find a claim's post, and proof; what has none is left to a moderator. Idempotent."""
    now = inst.clock()
    found = _read(inst, held.payload["claim"])
    if found is None:
        return Done()
    number, team_id = found.row["id"], found.team.team_id
    act = Act("link", Actor.system(team_id, found.team.team_uid), "", found.row["uid"], now)
    if found.row["state"] == State.APPROVED:
        with inst.db.write() as conn:
            settling.extend(conn, team_id, number, act)
        return Done()
    if not _match(inst, found, act):
        return Done()
    proof = _proof(found)
    if not proof and found.row["looked_at"] is None:
        try:
            said = _ask(inst, found)
        except PluginUnavailable as away:
            raise Parked(render(away.reason)) from away
        except Throttled as full:
            return Again(full.until)
        except (FetchError, PluginFailed):
            # A moderator can decide meanwhile; the network's word would only make it easier.
            if held.attempts < TRIES:
                raise
            said = Evidence(note="The network did not answer.")
        proof = _keep(inst, found, said, now)
    if proof and not rules.is_taken(found.posts, found.row["entrant_id"]):
        deciding.settle(inst, team_id, number, act, proof)
    return Done()


def give(inst: Installation, held: Claim) -> Result:
    """Give an account the posts that it owns, some in each transaction."""
    with inst.db.read() as conn:
        row = first(
            conn,
            select(identity.c.team_id, identity.c.kind).where(
                identity.c.id == held.payload["identity"]
            ),
        )
    while row is not None and not held.over():
        if not hand_over(inst, row["team_id"], row["kind"], held.payload["identity"]):
            return Done()
    return Done() if row is None else Again(inst.clock())


def sweep(inst: Installation, held: Claim) -> Result:  # noqa: ARG001 - as every handler
    """Wake whom a post has passed by: both were written at once, and neither saw the other."""
    now = inst.clock()
    here = and_(item.c.team_id == claim.c.team_id, item.c.claim_key == claim.c.claim_key)
    waiting = (
        select(claim.c.id, claim.c.team_id)
        .where(
            claim.c.state == State.WAITING.value,
            exists().where(here, item.c.identity_id.is_not(None)),
        )
        .limit(MOST)
    )
    undone = exists().where(
        link_table.c.identity_id == item.c.identity_id, link_table.c.undone_at.is_not(None)
    )
    mine = and_(item.c.team_id == owned.c.team_id, item.c.claim_key == owned.c.claim_key)
    missed = (
        select(owned.c.identity_id, owned.c.team_id)
        .join(item, mine)
        .join(identity, identity.c.id == item.c.identity_id)
        .join(entrant, entrant.c.id == identity.c.entrant_id)
        .where(identity.c.kind == entrants.ITEM, entrant.c.kind == entrants.ITEM, ~undone)
        .distinct()
        .limit(MOST)
    )
    with inst.db.write() as conn:
        for number, team_id in conn.execute(waiting).all():
            arriving.wake(conn, team_id, number, now)
        for number, team_id in conn.execute(missed).all():
            arriving.wake_owner(conn, team_id, number, now)
    return Done()


def _read(inst: Installation, number: int) -> Open | None:
    with inst.db.read() as conn:
        row = first(
            conn,
            select(claim, team.c.uid.label("team_uid"))
            .join(team, team.c.id == claim.c.team_id)
            .where(claim.c.id == number),
        )
        if row is None or row["state"] not in {*OPEN, State.APPROVED}:
            return None
        team_id = row["team_id"]
        posts = settling.posts_of(conn, team_id, row["claim_key"])
        nameless = next((post for post in posts if post.nameless), None)
        known = entrants.identities_of(conn, team_id, row["entrant_id"])
        person = entrants.get(conn, team_id, row["entrant_id"])
        proven = tuple(each.api for each in known if each.proven_at)
        return Open(
            row=row,
            team=TeamRef(team_id, row["team_uid"]),
            posts=posts,
            source=_source(conn, nameless.source_id) if nameless else None,
            permalink=_permalink(conn, nameless) if nameless else None,
            who=Who(person.uid, proven, person.name),
            owned=_is_owned(conn, row["claim_key"], [each.id for each in known if each.proven_at]),
        )


def _source(conn: Connection, source_id: int) -> RowMapping | None:
    return first(conn, select(source).where(source.c.id == source_id))


def _permalink(conn: Connection, post: Post) -> str | None:
    found: str | None = conn.execute(
        select(item.c.permalink).where(item.c.id == post.item_id)
    ).scalar()
    return found


def _is_owned(conn: Connection, key: str, identities: Sequence[int]) -> bool:
    query = select(owned.c.at).where(owned.c.claim_key == key, owned.c.identity_id.in_(identities))
    return conn.execute(query).first() is not None


def _match(inst: Installation, found: Open, act: Act) -> bool:
    """Let a claim that waits meet its post; whether it is to be weighed further."""
    state = rules.standing(found.posts)
    if state is State.PENDING and found.row["state"] == State.PENDING:
        return True
    with inst.db.write() as conn:
        row = settling.row_of(conn, found.team.team_id, found.row["id"])
        if row is None or row["state"] not in OPEN:
            return False
        if state is State.REJECTED:
            settling.end_named(conn, row, act)
        elif state is not row["state"]:
            conn.execute(claim.update().where(claim.c.id == row["id"]).values(state=state.value))
    return state is State.PENDING


def _proof(found: Open) -> str:
    """What proves a claim without the network's help; "" when nothing does."""
    nameless = [post for post in found.posts if post.nameless]
    if rules.shows(found.row["code"], nameless):
        return IN_TEXT
    return LOGGED_IN if found.owned else ""


def _ask(inst: Installation, found: Open) -> Evidence:
    origin = found.source
    importer = inst.plugins.importer(origin["importer_key"]) if origin is not None else None
    if origin is None or importer is None:
        return Evidence()
    key = origin["importer_key"]
    config = inst.plugins.config_of(key, origin["config"], origin["config_version"], found.team)
    if not isinstance(config, SourceConfig):
        return Evidence()
    view = ClaimView(
        claim_key=found.row["claim_key"],
        permalink=found.permalink,
        handle=found.row["handle"],
        code=found.row["code"],
        who=found.who,
    )

    def ask(ctx: Ctx) -> Evidence:
        said = importer.evidence(ctx, config, view)
        if not isinstance(said, Evidence):
            raise TypeError(f"evidence() gave {type(said).__name__}, not Evidence")
        return said

    return inst.plugins.call(key, found.team, "evidence", ask, deadline=CALL, passes=(FetchError,))


def _keep(inst: Installation, found: Open, said: Evidence, now: datetime) -> str:
    """Note what the network said; gives what proves the claim, if it does."""
    note = render(said.note)[: rules.LONGEST_NOTE]
    with inst.db.write() as conn:
        mine = claim.update().where(
            claim.c.id == found.row["id"], claim.c.state == State.PENDING.value
        )
        conn.execute(mine.values(note=note, looked_at=now))
    return (note or "The network shows the claimant to be the author.") if said.proven else ""
