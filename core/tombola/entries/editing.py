"""Changes of a campaign that decide its entries anew, with what they will do beforehand."""

from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import ColumnElement, Connection, func, or_, select

from tombola.api import Outdated
from tombola.campaigns import actions, service
from tombola.campaigns.models import campaign_version
from tombola.campaigns.rules import ActionForm, CampaignForm
from tombola.db.sets import lock_alone
from tombola.entries.changes import Act, decide_campaign
from tombola.entries.models import entry
from tombola.entries.rules import State
from tombola.installation import Installation
from tombola.outbox.service import announce
from tombola.teams.rules import Actor, Role

_DATES = ("zone", "starts_at", "ends_at", "count_history")


class Effects(BaseModel):
    """What a change of dates does to the entries that are there."""

    model_config = ConfigDict(frozen=True)

    #: Entries outside the dates now that will lie inside.
    come_in: int
    #: Entries that count now and will lie outside.
    drop_out: int


def effects(inst: Installation, actor: Actor, uid: str, form: CampaignForm) -> Effects:
    """Count what ``update_campaign`` with this form would move. Writes nothing."""
    actor.need(Role.EDITOR)
    with inst.db.read() as conn:
        found = service.of_team(conn, actor, uid)
        early = entry.c.sort_at < form.starts_at
        out = entry.c.sort_at >= form.ends_at
        outside = out if form.count_history else or_(early, out)
        return Effects(
            come_in=_count(conn, found.id, State.OUTSIDE, ~outside),
            drop_out=_count(conn, found.id, State.VALID, outside),
        )


def update_campaign(
    inst: Installation,
    actor: Actor,
    uid: str,
    form: CampaignForm,
    *,
    version: int | None = None,
) -> service.Campaign:
    """Change a campaign and, in the same act, decide its entries by the new dates and zone.

    Raises:
        Invalid: It would become another kind.
        NotFound: The team has no such campaign.
        Outdated: It is not at ``version`` any more, where one is given.
    """
    now = inst.clock()
    with inst.db.write() as conn:
        before = _locked(conn, actor, uid)
        if version not in {None, before.version}:
            raise Outdated("Somebody has changed it since you read it. Read it again.")
        if service.save(conn, actor, before, form, now):
            decide_campaign(conn, before.id, Act("dates", actor, "", uid, now))
        after = service.of_team(conn, actor, uid)
        if after.version != before.version:
            payload = {"before": before.version, "after": after.version}
            announce(conn, actor.team_id, before.id, "campaign_changed", payload, now)
        return after


def update_action(
    inst: Installation, actor: Actor, campaign_uid: str, uid: str, form: ActionForm
) -> service.Action:
    """Change an action; another interval decides its entries anew, another worth new ones only."""
    now = inst.clock()
    judged = actions.judge(inst, actor, form)
    with inst.db.write() as conn:
        found = _locked(conn, actor, campaign_uid)
        before = actions.of_campaign(conn, found.id, uid)
        after = actions.save(conn, actor, before, judged, now)
        if after.interval != before.interval:
            decide_campaign(conn, found.id, Act("dates", actor, "", uid, now))
        return after


def last_dates(inst: Installation, actor: Actor, uid: str) -> CampaignForm | None:
    """The form with the dates and zone of before they were changed last; None: never were."""
    actor.need(Role.EDITOR)
    with inst.db.read() as conn:
        found = service.of_team(conn, actor, uid)
        rows = conn.execute(
            select(*(campaign_version.c[name] for name in _DATES))
            .where(campaign_version.c.campaign_id == found.id)
            .order_by(campaign_version.c.n.desc())
        )
        now = tuple(getattr(found, name) for name in _DATES)
        before = next((tuple(row) for row in rows if tuple(row) != now), None)
    if before is None:
        return None
    return form_of(found, **dict(zip(_DATES, before, strict=True)))


def form_of(found: service.Campaign, **changed: Any) -> CampaignForm:
    """A campaign's form as it stands, with some of it changed."""
    values = found.model_dump(include=set(CampaignForm.model_fields))
    return CampaignForm.model_validate(values | changed)


def _locked(conn: Connection, actor: Actor, uid: str) -> service.Campaign:
    """The campaign, held alone before anything else is: writers of entries come the same way."""
    lock_alone(conn, service.of_team(conn, actor, uid).id)
    return service.of_team(conn, actor, uid)


def _count(conn: Connection, campaign_id: int, state: State, condition: ColumnElement[bool]) -> int:
    mine = (entry.c.campaign_id == campaign_id, entry.c.state == state.value)
    query = select(func.count()).select_from(entry).where(*mine, condition)
    return conn.execute(query).scalar_one()
