"""What entrants do with claims: make one, have it looked at again, withdraw it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection, RowMapping, func, select

from tombola.api import Invalid, NotFound, PluginFailed, PluginUnavailable
from tombola.campaigns.service import Action, Campaign
from tombola.claiming import arriving, rules, settling
from tombola.claiming.arriving import CLAIM, OWNED
from tombola.claiming.models import claim
from tombola.claiming.rules import OPEN, State
from tombola.db import new_uid
from tombola.db.rows import first, insert_one
from tombola.entrants.codes import client_hash
from tombola.entrants.models import entrant
from tombola.entries.changes import Act
from tombola.installation import Installation
from tombola.plugins.world import Team
from tombola.teams.audit import audit
from tombola.teams.rules import Actor
from tombola.web.i18n import gettext as _


@dataclass(frozen=True, slots=True)
class Wanted:
    """Somebody's word that a post is theirs.

    Attributes:
        entrant_id: who says so.
        visitor_id: in which browser.
        client: the address that the request came from.
        link: the post's address, as pasted.
        handle: what they say they are called there, as typed; "" when they do not say.
    """

    entrant_id: int
    visitor_id: int
    client: str
    link: str
    handle: str = ""


class Claim(BaseModel):
    """A claim as its entrant sees it. ``reason`` is a message id or a moderator's words."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: int
    uid: str
    action_id: int
    claim_key: str
    permalink: str
    handle: str | None
    code: str
    state: State
    created_at: datetime
    looked_at: datetime | None
    reason: str | None


def make(
    inst: Installation, campaign: Campaign, team: Team, action: Action, wanted: Wanted
) -> Claim:
    """Claim a post. The same claim made twice is one; a withdrawn one is open again.

    Args:
        inst: The installation.
        campaign: The campaign.
        team: Whose it is.
        action: The import action under whose posts it should be.
        wanted: Who claims what.

    Raises:
        Invalid: no address of the action's network, a post that names its author or counts for
            this person already, or too many claims. The field is ``link``, or "" for the whole.
    """
    key = _key_of(inst, team, action, wanted.link)
    handle = rules.tidy_handle(wanted.handle)
    now = inst.clock()
    with inst.db.write() as conn:
        _alone(conn, team.team_id, wanted.entrant_id)
        mine = (
            claim.c.action_id == action.id,
            claim.c.entrant_id == wanted.entrant_id,
            claim.c.claim_key == key,
        )
        known = first(conn, select(claim).where(*mine))
        if known is not None and known["state"] != State.WITHDRAWN:
            return Claim.model_validate(dict(known))
        client = client_hash(inst.vault, wanted.client)
        _need_room(conn, wanted, client, now)
        state = _first_state(conn, team.team_id, key, wanted.entrant_id)
        if known is not None:
            number = known["id"]
            again = claim.update().where(claim.c.id == number)
            conn.execute(again.values(state=state.value, handle=handle, created_at=now))
        else:
            number = insert_one(
                conn, claim, uid=new_uid(now), team_id=team.team_id, campaign_id=campaign.id,
                action_id=action.id, entrant_id=wanted.entrant_id, visitor_id=wanted.visitor_id,
                client=client, claim_key=key, permalink=wanted.link.strip()[:1000], handle=handle,
                code=rules.new_code(), state=state.value, note="", created_at=now, links=[],
            )  # fmt: skip
        row = first(conn, select(claim).where(claim.c.id == number))
        made = Claim.model_validate(dict(row or {}))
        arriving.wake(conn, team.team_id, number, now)
        actor = Actor.system(team.team_id, team.team_uid)
        audit(conn, actor, "claim.made", made.uid, {"post": key}, now)
    inst.bell.ring(CLAIM)
    return made


def look_again(inst: Installation, team_id: int, entrant_id: int, uid: str) -> Claim:
    """Have the network asked again: the entrant has written the code beneath their post.

    Raises:
        NotFound: no such claim of theirs that is open.
        Invalid: it was asked just now.
    """
    now = inst.clock()
    with inst.db.write() as conn:
        row = _open_claim(conn, team_id, entrant_id, uid)
        asked = row["looked_at"]
        if asked is not None and now - asked < rules.LOOK_AGAIN:
            raise Invalid({"": _("We looked a moment ago. Please try again in a minute.")})
        conn.execute(claim.update().where(claim.c.id == row["id"]).values(looked_at=None))
        arriving.wake(conn, team_id, row["id"], now)
    inst.bell.ring(CLAIM)
    return Claim.model_validate(dict(row))


def withdraw(inst: Installation, team_id: int, entrant_id: int, uid: str) -> None:
    """Take a claim back that is not decided. Raises NotFound."""
    now = inst.clock()
    with inst.db.write() as conn:
        row = _open_claim(conn, team_id, entrant_id, uid)
        gone = claim.update().where(claim.c.id == row["id"])
        conn.execute(gone.values(state=State.WITHDRAWN.value))
        audit(conn, Actor.system(team_id), "claim.withdrawn", uid, {}, now)


def of_entrant(conn: Connection, campaign_id: int, entrant_id: int) -> dict[int, list[Claim]]:
    """An entrant's claims in a campaign by action, the newest first; withdrawn ones left out."""
    rows = conn.execute(
        select(claim)
        .where(
            claim.c.entrant_id == entrant_id,
            claim.c.campaign_id == campaign_id,
            claim.c.state != State.WITHDRAWN.value,
        )
        .order_by(claim.c.id.desc())
        .limit(rules.MOST_OPEN * 2)
    ).mappings()
    found: dict[int, list[Claim]] = {}
    for row in rows:
        found.setdefault(row["action_id"], []).append(Claim.model_validate(dict(row)))
    return found


def own(
    inst: Installation, team_id: int, provider: str, identity_id: int, keys: Sequence[str]
) -> int:
    """Give an account the posts that its log-in has shown to be its own, now and as they come.

    Args:
        inst: The installation.
        team_id: The team.
        provider: Key of the identity provider.
        identity_id: The account, which the log-in has proven.
        keys: Claim keys; a plugin's word, so that what is none is passed over.

    Returns:
        How many posts were given now.
    """
    whole = [key for key in keys if isinstance(key, str) and 0 < len(key) <= rules.LONGEST_KEY]
    if not whole:
        return 0
    now = inst.clock()
    with inst.db.write() as conn:
        settling.own(conn, team_id, identity_id, whole, now)
        # What is more than one request may take, a worker does.
        arriving.wake_owner(conn, team_id, identity_id, now)
    given = hand_over(inst, team_id, provider, identity_id)
    inst.bell.ring(OWNED)
    return given


def hand_over(inst: Installation, team_id: int, provider: str, identity_id: int) -> int:
    """Give an account some of the unclaimed posts that it owns; 0 says that none is left."""
    importers = [
        key
        for each in inst.plugins.importers()
        if each.claims and each.identity == provider
        for key in (each.key, *each.formerly)
    ]
    now = inst.clock()
    act = Act("link", Actor.system(team_id), "", "", now)
    with inst.db.write() as conn:
        return settling.hand_over(
            conn, team_id, identity_id, importers, act, most=rules.MOST_AT_ONCE
        )


def _key_of(inst: Installation, team: Team, action: Action, link: str) -> str:
    importer = inst.plugins.importer(action.type_key)
    if importer is None or not importer.claims:
        raise Invalid({"": _("Posts of this action cannot be claimed.")})
    try:
        key = inst.plugins.call(
            action.type_key, team, "claim_key", lambda _ctx: importer.claim_key(link.strip())
        )
    except (PluginFailed, PluginUnavailable) as away:
        raise Invalid(
            {"": _("This is not available at the moment. Please try again later.")}
        ) from away
    if not isinstance(key, str) or not 0 < len(key) <= rules.LONGEST_KEY:
        said = _(
            "This is not the address of a post there. Open your post, copy its link, paste it."
        )
        raise Invalid({"link": said})
    return key


def _first_state(conn: Connection, team_id: int, key: str, entrant_id: int) -> State:
    posts = settling.posts_of(conn, team_id, key)
    if rules.is_theirs(posts, entrant_id):
        raise Invalid({"link": _("This post counts for you already.")})
    state = rules.standing(posts)
    if state is State.REJECTED:
        raise Invalid({"link": _(rules.NAMED)})
    return state


def _alone(conn: Connection, team_id: int, entrant_id: int) -> None:
    """Let no two claims of a person meet until the commit."""
    mine = (entrant.c.team_id == team_id, entrant.c.id == entrant_id)
    conn.execute(select(entrant.c.id).where(*mine).with_for_update(key_share=True))


def _need_room(conn: Connection, wanted: Wanted, client: str, now: datetime) -> None:
    open_ones = (claim.c.entrant_id == wanted.entrant_id, claim.c.state.in_([*OPEN]))
    if _count(conn, *open_ones) >= rules.MOST_OPEN:
        raise Invalid({"": _("So many of your claims are open that we take no more for now.")})
    since = claim.c.created_at > now - rules.WINDOW
    for condition, most in (
        (claim.c.visitor_id == wanted.visitor_id, rules.MOST_FROM_VISITOR),
        (claim.c.client == client, rules.MOST_FROM_CLIENT),
    ):
        if _count(conn, condition, since) >= most:
            raise Invalid(
                {"": _("Many posts were claimed from here. Please try again in an hour.")}
            )


def _count(conn: Connection, *conditions: Any) -> int:
    counted: int = conn.execute(
        select(func.count()).select_from(claim).where(*conditions)
    ).scalar_one()
    return counted


def _open_claim(conn: Connection, team_id: int, entrant_id: int, uid: str) -> RowMapping:
    mine = (claim.c.uid == uid, claim.c.team_id == team_id, claim.c.entrant_id == entrant_id)
    row = conn.execute(select(claim).where(*mine).with_for_update()).mappings().first()
    if row is None or row["state"] not in OPEN:
        raise NotFound(_("There is no such claim."))
    return row
