"""Entries that a team's own program gives: many at a time, each to somebody whom it names.

They go the way of all entries: people first, then the gates, then the ledger, in sets. A person is
named by an e-mail address, for which the team vouches (it is proven only once a code has come
back), or by a name of the team's own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from tombola.api import EntryDraft, Identity, Invalid, NotAllowed, Proof
from tombola.api.entries import Denied
from tombola.campaigns import actions
from tombola.campaigns import service as campaigns
from tombola.campaigns.service import Action, Campaign
from tombola.db.sets import members
from tombola.entrants import codes
from tombola.entrants import service as entrants
from tombola.entrants.models import entrant
from tombola.entrants.service import EXTERNAL
from tombola.entries.models import entry
from tombola.entries.record import Outcome, load_rules, record
from tombola.entries.rules import AHEAD
from tombola.installation import Installation
from tombola.teams.rules import Actor, Role
from tombola.widget import gates

#: What such entries say of where they come from.
CAUSE = "api"
#: How long ago an entry may have happened: within it every date has its day in every zone.
OLDEST = timedelta(days=3_650)


@dataclass(frozen=True, slots=True)
class Gift:
    """One entry to give.

    Attributes:
        key: Of the team's own; the same again in the same action is the same entry.
        email: Of the person; None when ``external_id`` names them.
        external_id: What the team calls them.
        at: When it happened, aware; None for now.
        worth: None for the action's.
    """

    key: str
    email: str | None
    external_id: str | None
    name: str | None
    at: datetime | None
    worth: int | None
    details: dict[str, str]


@dataclass(frozen=True, slots=True)
class Became:
    """What became of one: the ledger's word, and the public names of the entry and its person."""

    key: str
    outcome: Outcome
    entry_uid: str
    entrant_uid: str


def give(
    inst: Installation,
    actor: Actor,
    campaign_uid: str,
    action_uid: str,
    gifts: Sequence[Gift],
) -> list[Became]:
    """Record entries for people whom a team's program names. Idempotent by action and key.

    Sets are committed one after the other; whoever repeats a request that was cut off gets the
    first ones as known.

    Args:
        inst: The installation.
        actor: An editor or more; another team's campaign is not found.
        campaign_uid: The campaign.
        action_uid: One of its actions whose entries do not come from a network.
        gifts: In any order.

    Returns:
        What became of each, in their order.

    Raises:
        NotFound: No such campaign or action.
        NotAllowed: The plan, a switch or a gate says no to the action.
        Invalid: Complaints by field, such as ``entries.3.email``; nothing was recorded.
    """
    actor.need(Role.EDITOR)
    with inst.db.read() as conn:
        found = campaigns.of_team(conn, actor, campaign_uid)
        of = actions.of_campaign(conn, found.id, action_uid)
        view = campaigns.view(conn, found)
    _need_open(inst, actor, of)
    authors = _authors(inst, gifts)
    became: list[Became] = []
    for begin in range(0, len(gifts), inst.db.set_size):
        part = slice(begin, begin + inst.db.set_size)
        now = inst.clock()
        with inst.db.write() as conn:
            known = entrants.resolve(conn, actor.team_id, authors[part], now)
        drafts = [
            _draft(of, each, known[author.provider, author.uid])
            for each, author in zip(gifts[part], authors[part], strict=True)
        ]
        refused = gates.refusals(inst, actor, view, drafts)
        with inst.db.write() as conn:
            outcomes = record(conn, drafts, load_rules(conn, found.id), now, refused=refused)
            became += _named(conn, found, gifts[part], outcomes)
    return became


def _need_open(inst: Installation, actor: Actor, of: Action) -> None:
    if inst.plugins.importer(of.type_key) is not None:
        raise Invalid({"action": "The entries of an import come from its sources."})
    shut = gates.shut_reason(inst, actor, of)
    if shut is not None:
        raise NotAllowed(Denied(shut, "switch"))


def _authors(inst: Installation, gifts: Sequence[Gift]) -> list[Identity]:
    now = inst.clock()
    found, errors = [], {}
    for number, each in enumerate(gifts):
        place = f"entries.{number}"
        if (each.email is None) == (each.external_id is None):
            errors[place] = "Say who it is for: give email or external_id, one of them."
        elif each.email is not None:
            try:
                found.append(Identity(codes.EMAIL, codes.normal(each.email), name=each.name))
            except Invalid as wrong:
                errors[f"{place}.email"] = str(wrong.errors["email"])
        else:
            found.append(Identity(EXTERNAL, str(each.external_id), name=each.name))
        if each.at is not None and not now - OLDEST <= each.at <= now + AHEAD:
            errors[f"{place}.occurred_at"] = (
                "It lies more than ten years back, or in the future. Check the clock and the zone."
            )
    if errors:
        raise Invalid(errors)
    return found


def _draft(of: Action, each: Gift, known: entrants.Known) -> EntryDraft:
    return EntryDraft(
        action_id=of.id,
        identity_id=known.id,
        entrant_id=known.entrant_id,
        key=f"api:{each.key}",
        cause_kind=CAUSE,
        occurred_at=each.at,
        worth=each.worth,
        details=each.details,
        proof=Proof.SERVER,
    )


def _named(
    conn: Connection, found: Campaign, gifts: Sequence[Gift], outcomes: Sequence[Outcome]
) -> list[Became]:
    numbers = sorted({each.entry_id for each in outcomes})
    rows = conn.execute(
        select(entry.c.id, entry.c.uid, entrant.c.uid.label("who"))
        .join(entrant, entrant.c.id == entry.c.entrant_id)
        .where(entry.c.campaign_id == found.id, members(conn, entry.c.id, numbers))
    )
    names = {row.id: (row.uid, row.who) for row in rows}
    return [
        Became(each.key, outcome, *names[outcome.entry_id])
        for each, outcome in zip(gifts, outcomes, strict=True)
    ]
