"""Campaigns and their actions."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict
from sqlalchemy import ColumnElement, Connection, func, select

from tombola.api import CampaignView, Conflict, Invalid, NotFound
from tombola.campaigns.models import action, campaign, campaign_version
from tombola.campaigns.rules import KEY_LETTERS, CampaignForm, Kind, Phase, new_key, phase
from tombola.campaigns.terms import Asks, Eligibility
from tombola.db import new_uid
from tombola.db.rows import first, insert_one
from tombola.installation import Installation
from tombola.teams.audit import audit
from tombola.teams.models import team
from tombola.teams.rules import Actor, Role


class Campaign(BaseModel):
    """A campaign as pages and callers see it. Times are aware, in UTC."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: int
    uid: str
    team_id: int
    key: str
    kind: Kind
    title: str
    description: str
    zone: str
    starts_at: datetime
    ends_at: datetime
    count_history: bool
    confirm_email: bool
    actions_required: int
    language: str
    terms_url: str
    rules_text: str = ""
    privacy_text: str = ""
    privacy_url: str = ""
    eligibility: Eligibility = Eligibility()
    asks: Asks = Asks()
    words: dict[str, dict[str, str]]
    version: int
    created_at: datetime

    def phase(self, now: datetime) -> Phase:
        """Where it stands at ``now``."""
        return phase(self.starts_at, self.ends_at, now)

    def local(self, at: datetime) -> datetime:
        """A moment on the clock of the campaign's zone."""
        return at.astimezone(ZoneInfo(self.zone))


class Action(BaseModel):
    """An action of a campaign; ``config`` as stored, for the plugin's model to read."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: int
    uid: str
    team_id: int
    campaign_id: int
    type_key: str
    title: str
    description: str
    config: dict[str, Any]
    config_version: int
    interval: str
    worth: int
    position: int
    mandatory: bool
    replaces: str | None = None
    countries: tuple[str, ...] = ()


def create(
    inst: Installation, actor: Actor, form: CampaignForm, *, key: str | None = None
) -> Campaign:
    """Make a campaign. ``key`` is drawn by lot unless a seed names one.

    Raises Conflict when the named key is taken.
    """
    now = inst.clock()
    with inst.db.write() as conn:
        return begin(conn, actor, form, now, key=key)


def begin(
    conn: Connection, actor: Actor, form: CampaignForm, now: datetime, *, key: str | None = None
) -> Campaign:
    """The same as ``create`` for callers that hold a transaction."""
    actor.need(Role.EDITOR)
    values = form.model_dump() | {"kind": form.kind.value}
    number = insert_one(
        conn, campaign, uid=new_uid(now), team_id=actor.team_id, key=_free_key(conn, key),
        version=1, ledger_n=0, created_at=now, **values,
    )  # fmt: skip
    found = _one(conn, campaign.c.id == number)
    _keep_version(conn, actor, found, now)
    audit(conn, actor, "campaign.created", found.uid, _told(found), now)
    return found


def get(inst: Installation, actor: Actor, uid: str) -> Campaign:
    """One campaign of the actor's team. Raises NotFound for anyone else's."""
    with inst.db.read() as conn:
        return of_team(conn, actor, uid)


def of_team(conn: Connection, actor: Actor, uid: str) -> Campaign:
    """The same as ``get`` for callers that hold a transaction."""
    return _one(conn, (campaign.c.uid == uid) & (campaign.c.team_id == actor.team_id))


def by_key(conn: Connection, key: str) -> Campaign:
    """The campaign of a public key. Raises NotFound."""
    return _one(conn, campaign.c.key == key)


def by_id(conn: Connection, campaign_id: int) -> Campaign:
    """The campaign of a number, for workers."""
    return _one(conn, campaign.c.id == campaign_id)


def ever(conn: Connection, campaign_id: int) -> Campaign:
    """The campaign of a number, a removed one too: what happened in it may still be told."""
    row = first(conn, select(campaign).where(campaign.c.id == campaign_id))
    if row is None:
        raise NotFound("There is no such campaign.")
    return Campaign.model_validate(row)


def of(inst: Installation, actor: Actor) -> list[Campaign]:
    """The team's campaigns, the newest first."""
    mine = (campaign.c.team_id == actor.team_id, campaign.c.removed_at.is_(None))
    with inst.db.read() as conn:
        rows = conn.execute(select(campaign).where(*mine).order_by(campaign.c.id.desc()))
        return [Campaign.model_validate(row) for row in rows.mappings()]


def save(
    conn: Connection, actor: Actor, before: Campaign, form: CampaignForm, now: datetime
) -> bool:
    """Write what a team changed; the caller decides the entries anew in the same transaction.

    Returns:
        Whether anything changed that decides which entries count.

    Raises:
        Invalid: Another kind; a campaign keeps its own.
    """
    actor.need(Role.EDITOR)
    if form.kind is not before.kind:
        said = "A campaign stays what it is. Make another one."
        raise Invalid({"kind": said})
    values = form.model_dump() | {"kind": form.kind.value}
    changed = {name: value for name, value in values.items() if getattr(before, name) != value}
    if not changed:
        return False
    conn.execute(
        campaign.update()
        .where(campaign.c.id == before.id, campaign.c.team_id == actor.team_id)
        .values(version=before.version + 1, **changed)
    )
    after = _one(conn, campaign.c.id == before.id)
    _keep_version(conn, actor, after, now)
    detail = {name: [str(getattr(before, name)), str(value)] for name, value in changed.items()}
    audit(conn, actor, "campaign.changed", before.uid, detail, now)
    return bool(changed.keys() & {"zone", "starts_at", "ends_at", "count_history"})


def say(inst: Installation, actor: Actor, uid: str, language: str, words: dict[str, str]) -> None:
    """Keep a team's own words for one language; an empty one gives ours back."""
    actor.need(Role.EDITOR)
    now = inst.clock()
    with inst.db.write() as conn:
        found = of_team(conn, actor, uid)
        chosen = {place: text for place, text in words.items() if text}
        kept = {tag: said for tag, said in found.words.items() if tag != language}
        after = {**kept, language: chosen} if chosen else kept
        if after == found.words:
            return
        touch(conn, actor, found, now, words=after)
        audit(conn, actor, "campaign.changed", uid, {"words": [language, *sorted(chosen)]}, now)


def touch(conn: Connection, actor: Actor, found: Campaign, now: datetime, **values: object) -> None:
    """Give a campaign its next version, since something of it changed that entrants see."""
    conn.execute(
        campaign.update()
        .where(campaign.c.id == found.id, campaign.c.team_id == actor.team_id)
        .values(version=campaign.c.version + 1, **values)
    )
    _keep_version(conn, actor, of_team(conn, actor, found.uid), now)


def remove(inst: Installation, actor: Actor, uid: str) -> None:
    """Take a campaign off the pages; its ledger stays."""
    with inst.db.write() as conn:
        take_off(conn, actor, uid, inst.clock())


def take_off(conn: Connection, actor: Actor, uid: str, now: datetime) -> Campaign:
    """The same within the caller's transaction; gives the campaign as it was."""
    actor.need(Role.OWNER)
    found = of_team(conn, actor, uid)
    conn.execute(campaign.update().where(campaign.c.id == found.id).values(removed_at=now))
    audit(conn, actor, "campaign.removed", uid, _told(found), now)
    return found


def actions_of(conn: Connection, campaign_id: int) -> list[Action]:
    """A campaign's actions in their order, without the removed ones."""
    rows = conn.execute(
        select(action)
        .where(action.c.campaign_id == campaign_id, action.c.removed_at.is_(None))
        .order_by(action.c.position, action.c.id)
    ).mappings()
    return [Action.model_validate(row) for row in rows]


def view(conn: Connection, found: Campaign) -> CampaignView:
    """A campaign as plugins see it."""
    team_uid = conn.execute(select(team.c.uid).where(team.c.id == found.team_id)).scalar_one()
    return CampaignView(
        id=found.uid,
        team_id=team_uid,
        key=found.key,
        kind=found.kind.value,
        title=found.title,
        zone=found.zone,
        starts_at=found.starts_at,
        ends_at=found.ends_at,
    )


def _one(conn: Connection, condition: ColumnElement[bool]) -> Campaign:
    row = first(conn, select(campaign).where(condition, campaign.c.removed_at.is_(None)))
    if row is None:
        raise NotFound("There is no such campaign.")
    return Campaign.model_validate(row)


def _free_key(conn: Connection, wished: str | None) -> str:
    if wished is not None and not set(wished) <= set(KEY_LETTERS):
        raise Conflict("A campaign's key is made of letters and digits.")
    key = wished or new_key()
    while conn.execute(select(func.count()).where(campaign.c.key == key)).scalar_one():
        if wished:
            raise Conflict(f"The key {wished} belongs to another campaign.")
        key = new_key()
    return key


def _keep_version(conn: Connection, actor: Actor, found: Campaign, now: datetime) -> None:
    conn.execute(
        campaign_version.insert().values(
            team_id=found.team_id,
            campaign_id=found.id,
            n=found.version,
            zone=found.zone,
            starts_at=found.starts_at,
            ends_at=found.ends_at,
            count_history=found.count_history,
            at=now,
            member_id=actor.member_id,
        )
    )


def _told(found: Campaign) -> dict[str, str]:
    return {"key": found.key, "title": found.title, "kind": found.kind.value}
