"""Somebody completed an action on a network: whose it is, the entry, the consent, the reply."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Connection, select

from tombola.api import (
    CampaignView,
    Channel,
    Completes,
    Denied,
    EntryDraft,
    NotFound,
    PluginFailed,
    PluginUnavailable,
    Purpose,
    render,
)
from tombola.campaigns import service as campaigns
from tombola.campaigns.models import action as action_table
from tombola.campaigns.rules import Interval
from tombola.campaigns.service import Action, Campaign
from tombola.db.rows import first
from tombola.entrants import service as entrants
from tombola.entrants.models import entrant
from tombola.entries.linking import recognise
from tombola.entries.record import Status, load_rules, record
from tombola.entries.rules import State, decided_at, period
from tombola.entries.service import ask_gates
from tombola.installation import Installation
from tombola.messages import consents, queueing
from tombola.plans.service import allows
from tombola.plugins.world import TeamRef
from tombola.queue.kinds import Parked
from tombola.teams.rules import Actor

log = structlog.get_logger("tombola.messages")


@dataclass(frozen=True, slots=True)
class Prepared:
    """A completion that has been through plan and gates.

    Attributes:
        reason: why the gates refuse it; None when they do not.
    """

    said: Completes
    campaign: Campaign
    draft: EntryDraft
    identity_id: int
    to: queueing.Addressed
    reason: str | None


def prepare(
    inst: Installation, team: TeamRef, channel: Channel, said: Completes
) -> Prepared | None:
    """Find out what a completion is about, and ask plan and gates; None: about nothing of ours.

    The identity becomes the entrant's here, which changes nothing when it is done again. One that
    somebody else has proven stays with them: the entry is the entrant's own then, and the account
    counts once for the action, whoever brings it.

    Raises:
        Parked: the plan or a plugin rests; nothing is lost.
    """
    now = inst.clock()
    with inst.db.write() as conn:
        found = _about(conn, team.team_id, said)
        if found is None:
            log.info("completion_of_nothing", channel=channel.key)
            return None
        action, campaign, entrant_id = found
        view = campaigns.view(conn, campaign)
        known = _their(conn, team.team_id, entrant_id, said, now)
        mine = entrants.identities_of(conn, team.team_id, entrant_id)
    if not mine:
        return None  # all that this entrant was known by counts for another one now
    by = known if known.entrant_id == entrant_id else mine[0]
    _need_plan(inst, team, action)
    draft = EntryDraft(
        action_id=action.id,
        identity_id=by.id,
        entrant_id=entrant_id,
        key=_key(action, campaign, known.id, said, now),
        cause_kind="heard",
        occurred_at=min(said.at, now),
        details=dict(said.details),
    )
    to = queueing.To(known.id, channel.key, said.identity)
    (address,) = queueing.addressed(inst, team, [to])
    return Prepared(said, campaign, draft, known.id, address, _refused(inst, team, view, draft))


def complete(conn: Connection, inst: Installation, channel: Channel, ready: Prepared) -> None:
    """Record the entry, keep the consent, and write the confirmation, in the caller's transaction.

    Idempotent: the entry by its key, the consent by its moment, the confirmation by campaign,
    identity and purpose.
    """
    now = inst.clock()
    said, campaign = ready.said, ready.campaign
    refused = {} if ready.reason is None else {ready.draft.key: ready.reason}
    rules = load_rules(conn, campaign.id)
    (outcome,) = record(conn, [ready.draft], rules, now, refused=refused)
    if outcome.state is State.REFUSED:
        return
    at = min(said.at, now)
    consents.agree(conn, campaign, ready.identity_id, channel.key, "completed", at)
    if said.reply is None or outcome.status is Status.OUTSIDE:
        return
    place = queueing.Place(campaign.team_id, campaign.id, Purpose.CONFIRMATION)
    queueing.queue(conn, place, [ready.to], said.reply, now)


def _about(conn: Connection, team_id: int, said: Completes) -> tuple[Action, Campaign, int] | None:
    """The action, its campaign and the entrant that a completion names."""
    here = (action_table.c.team_id == team_id, action_table.c.uid == said.action_id)
    row = first(conn, select(action_table).where(*here))
    whose = (entrant.c.team_id == team_id, entrant.c.uid == said.entrant_id)
    who = first(conn, select(entrant).where(*whose, entrant.c.erased_at.is_(None)))
    if row is None or who is None or row["removed_at"] is not None:
        return None
    try:
        return Action.model_validate(row), campaigns.by_id(conn, row["campaign_id"]), who["id"]
    except NotFound:
        return None


def _their(
    conn: Connection, team_id: int, entrant_id: int, said: Completes, now: datetime
) -> entrants.Known:
    """Let the identity count for the entrant, unless somebody else has proven it."""
    seen = said.identity
    known = entrants.find(conn, team_id, seen.provider, seen.uid)
    if known is None or known.proven_at is None:
        recognise(conn, team_id, entrant_id, seen, now, consented=True)
    known = entrants.resolve(conn, team_id, [seen], now)[seen.provider, seen.uid]
    if known.entrant_id == entrant_id:
        return entrants.prove(conn, known, now, consented=True)
    return known


def _key(
    action: Action, campaign: Campaign, identity_id: int, said: Completes, now: datetime
) -> str:
    at = decided_at(said.at, now)
    within = period(Interval(action.interval), at, ZoneInfo(campaign.zone))
    proof = sha256(f"{within}\0{said.proof}".encode("utf-8", "replace")).hexdigest()[:32]
    return f"heard:{identity_id}:{proof}"


def _need_plan(inst: Installation, team: TeamRef, action: Action) -> None:
    """Ask the plan; what comes while it says no waits, and counts once it says yes."""
    try:
        stored = action.config, action.config_version
        config = inst.plugins.config_of(action.type_key, *stored, team)
        features = inst.plugins.features_of(action.type_key, config, team)
    except (PluginFailed, PluginUnavailable) as failed:
        raise Parked(str(failed)) from failed
    for feature in features:
        answer = allows(inst, team.team_id, feature, running=True)
        if isinstance(answer, Denied):
            raise Parked(render(answer.reason))


def _refused(
    inst: Installation, team: TeamRef, view: CampaignView, draft: EntryDraft
) -> str | None:
    if not inst.plugins.listeners("gate_entries"):
        return None
    actor = Actor.system(team.team_id, team.team_uid)
    return ask_gates(inst, actor, view, [draft]).get(draft.key)
