"""What a team says of pictures: shown, hidden or removed, their words, and what follows."""

from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict
from sqlalchemy import ColumnElement, Connection, and_, exists, select, update

from tombola.api import Conflict, NotFound
from tombola.campaigns import service as campaigns
from tombola.db.sets import lock_alone, members
from tombola.entrants.models import identity
from tombola.entries.changes import Act, mark
from tombola.entries.models import entry
from tombola.entries.rules import State
from tombola.importing.media import ask_for_pictures
from tombola.importing.media_files import ask_to_drop
from tombola.importing.models import item, media, picture_rule, source
from tombola.importing.rules import clean
from tombola.installation import Installation
from tombola.teams.audit import audit
from tombola.teams.rules import Actor, Role

#: Pictures that one act may name.
MOST = 500
ALT_LENGTH = 1_000
#: Why entries were taken back here. An entry that a person took back for another reason stays so.
HIDDEN = "its picture was hidden"
REMOVED = "its picture was removed"


class Review(StrEnum):
    """What the team has said of a picture; WAITING is nothing yet."""

    WAITING = "waiting"
    SHOWN = "shown"
    HIDDEN = "hidden"
    REMOVED = "removed"


class Verb(StrEnum):
    """What a member does to pictures; AGAIN fetches those that could not be fetched."""

    SHOW = "show"
    HIDE = "hide"
    REMOVE = "remove"
    AGAIN = "again"


class Rule(BaseModel):
    """What a campaign wants of its pictures.

    Attributes:
        approve_first: Others see only pictures that somebody has let through.
        takes_back: The entry of a picture that is hidden or removed is taken back with it.
    """

    model_config = ConfigDict(frozen=True, from_attributes=True)

    approve_first: bool = False
    takes_back: bool = False


_GIVEN = {Verb.SHOW: Review.SHOWN, Verb.HIDE: Review.HIDDEN, Verb.REMOVE: Review.REMOVED}
_PAST = {Verb.SHOW: "shown", Verb.HIDE: "hidden", Verb.REMOVE: "removed", Verb.AGAIN: "asked_again"}


def rule_of(conn: Connection, campaign_id: int) -> Rule:
    """A campaign's rule."""
    row = conn.execute(select(picture_rule).where(picture_rule.c.campaign_id == campaign_id))
    found = row.first()
    return Rule() if found is None else Rule.model_validate(found)


def set_rule(inst: Installation, actor: Actor, campaign_uid: str, rule: Rule) -> None:
    """Change a campaign's rule; pictures that were judged before stay as they are."""
    actor.need(Role.EDITOR)
    now = inst.clock()
    with inst.db.write() as conn:
        found = campaigns.of_team(conn, actor, campaign_uid)
        mine = picture_rule.c.campaign_id == found.id
        if conn.execute(update(picture_rule).where(mine).values(**rule.model_dump())).rowcount == 0:
            row = {"team_id": actor.team_id, "campaign_id": found.id, **rule.model_dump()}
            conn.execute(picture_rule.insert().values(**row))
        audit(conn, actor, "pictures.rule_changed", campaign_uid, rule.model_dump(), now)


def judge(
    inst: Installation, actor: Actor, campaign_uid: str, uids: Sequence[str], verb: Verb
) -> int:
    """Show, hide or remove pictures, or fetch them again; entries follow by the campaign's rule.

    Removing is for good: the files go, unless another picture is the same. An entry that goes with
    its picture is revoked with the reason, can be restored like any, and comes back by itself when
    the picture is shown again. Idempotent.

    Returns:
        How many of the pictures changed.

    Raises:
        Conflict: More than ``MOST``.
        NotFound: The campaign is another team's. Pictures that are not the campaign's are left.
    """
    actor.need(Role.EDITOR)
    if len(uids) > MOST:
        raise Conflict(f"Choose at most {MOST} pictures at a time.")
    now = inst.clock()
    with inst.db.write() as conn:
        found = campaigns.of_team(conn, actor, campaign_uid)
        mine = (media.c.campaign_id == found.id, members(conn, media.c.uid, sorted(set(uids))))
        if verb is Verb.AGAIN:
            changed = _fetch_again(conn, actor, mine, now)
        else:
            # Alone before any row: entries may follow, and their writers take the campaign first.
            lock_alone(conn, found.id)
            changed = _review(conn, actor, mine, _GIVEN[verb], now)
            _follow(conn, actor, found, changed, _GIVEN[verb], now)
        if changed:
            act = f"pictures.{_PAST[verb]}"
            audit(conn, actor, act, campaign_uid, {"pictures": len(changed)}, now)
    return len(changed)


def describe(inst: Installation, actor: Actor, campaign_uid: str, uid: str, alt: str) -> None:
    """Say in words what a picture shows, for those who do not see it. Raises NotFound."""
    actor.need(Role.EDITOR)
    now = inst.clock()
    with inst.db.write() as conn:
        found = campaigns.of_team(conn, actor, campaign_uid)
        mine = (media.c.campaign_id == found.id, media.c.uid == uid)
        words = clean(" ".join(alt.split()), ALT_LENGTH)
        if conn.execute(update(media).where(*mine).values(alt=words)).rowcount != 1:
            raise NotFound("There is no such picture.")
        audit(conn, actor, "picture.described", uid, {}, now)


def forget_pictures(conn: Connection, provider: str, value: str, now: datetime) -> int:
    """Remove every picture that an account has posted, in every team. Returns how many.

    For whoever tells a network that they are to be forgotten; while the account still is known.
    """
    theirs = (
        select(item.c.id)
        .join(identity, identity.c.id == item.c.identity_id)
        .where(identity.c.kind == provider, identity.c.value == value)
    )
    mine = (media.c.item_id.in_(theirs),)
    rows = conn.execute(select(media.c.id, media.c.team_id, media.c.sha256).where(*mine)).all()
    _empty(conn, [row.id for row in rows])
    for team in sorted({row.team_id for row in rows}):
        ask_to_drop(conn, team, [row.sha256 for row in rows if row.team_id == team], now)
    return len(rows)


def _review(
    conn: Connection,
    actor: Actor,
    mine: tuple[ColumnElement[bool], ...],
    given: Review,
    now: datetime,
) -> list[int]:
    """Give pictures a state; the numbers of the items of those that changed."""
    judged = (*mine, media.c.review.not_in([given, Review.REMOVED]))
    rows = conn.execute(select(media.c.id, media.c.item_id, media.c.sha256).where(*judged)).all()
    if given is Review.REMOVED:
        _empty(conn, [row.id for row in rows])
        ask_to_drop(conn, actor.team_id, [row.sha256 for row in rows], now)
    else:
        chosen = members(conn, media.c.id, [row.id for row in rows])
        conn.execute(update(media).where(chosen).values(review=given))
    return [row.item_id for row in rows]


def _empty(conn: Connection, ids: Collection[int]) -> None:
    """Forget what a picture is: its file, its address, its words."""
    gone = {"review": Review.REMOVED, "state": "removed", "sha256": None, "url": None, "alt": ""}
    conn.execute(update(media).where(members(conn, media.c.id, ids)).values(**gone, reason=None))


def _fetch_again(
    conn: Connection, actor: Actor, mine: tuple[ColumnElement[bool], ...], now: datetime
) -> list[int]:
    failed = (*mine, media.c.state == "failed", media.c.url.is_not(None))
    rows = conn.execute(select(media.c.id, media.c.item_id, media.c.source_id).where(*failed)).all()
    wanted = {"state": "wanted", "attempts": 0, "reason": None, "renewed": False}
    chosen = members(conn, media.c.id, [row.id for row in rows])
    conn.execute(update(media).where(chosen).values(**wanted))
    for source_id in sorted({row.source_id for row in rows}):
        ask_for_pictures(conn, actor.team_id, source_id, now)
    return [row.item_id for row in rows]


def _follow(
    conn: Connection,
    actor: Actor,
    found: campaigns.Campaign,
    items: Collection[int],
    given: Review,
    now: datetime,
) -> None:
    """Let entries go with their pictures where the campaign wants it, and come back with them."""
    if not items:
        return
    of_items = (
        entry.c.campaign_id == found.id,
        entry.c.item_id == item.c.id,
        members(conn, item.c.id, sorted(set(items))),
    )
    if given is Review.SHOWN:
        others = exists().where(
            media.c.item_id == item.c.id,
            media.c.review.in_([Review.HIDDEN, Review.REMOVED]),
        )
        taken = and_(entry.c.state == State.REVOKED, entry.c.reason.in_([HIDDEN, REMOVED]))
        ids = _entries(conn, *of_items, taken, item.c.state == "kept", ~others)
        act = Act("restore", actor, "its picture is shown again", found.uid, now)
        if ids:
            mark(conn, found.id, ids, State.VALID, act)
        return
    if not rule_of(conn, found.id).takes_back:
        return
    standing = entry.c.state.not_in([State.REVOKED, State.REFUSED])
    reason = REMOVED if given is Review.REMOVED else HIDDEN
    ids = _entries(conn, *of_items, standing)
    if ids:
        mark(conn, found.id, ids, State.REVOKED, Act("revoke", actor, reason, found.uid, now))


def _entries(conn: Connection, *needed: ColumnElement[bool]) -> list[int]:
    """The entries of items; each is found by its action and its post's id."""
    made = and_(entry.c.action_id == source.c.action_id, entry.c.key == item.c.external_id)
    posts = item.join(source, source.c.id == item.c.source_id).join(entry, made)
    return list(conn.execute(select(entry.c.id).select_from(posts).where(*needed)).scalars())
