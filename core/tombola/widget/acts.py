"""An entrant does an action: the plugin judges, the ledger records."""

from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel
from sqlalchemy import Connection

from tombola.api import (
    ActionType,
    Ask,
    Completed,
    Config,
    Ctx,
    EntryDraft,
    NeedsIdentity,
    NotFound,
    Pending,
    Phrase,
    PluginFailed,
    PluginUnavailable,
    Redirect,
    Rejected,
    Step,
    Text,
    View,
    Who,
    render,
)
from tombola.campaigns.rules import Interval, Phase
from tombola.campaigns.service import Action
from tombola.entrants import service as entrants
from tombola.entries.record import Outcome, Status, load_rules, record
from tombola.entries.rules import State, decided_at, period
from tombola.installation import Installation
from tombola.plugins.world import About
from tombola.web.i18n import marked
from tombola.widget import admitting, entering, gates
from tombola.widget.directory import Place
from tombola.widget.rules import Standing
from tombola.widget.standing import progress
from tombola.widget.visitors import Visitor


class Came(StrEnum):
    """What came of pressing the button."""

    DONE = "done"
    KNOWN = "known"
    SPENT = "spent"
    REFUSED = "refused"
    WAITING = "waiting"
    REJECTED = "rejected"
    ENTER = "enter"
    CONFIRM = "confirm"
    STATE = "state"
    LOG_IN = "log in"
    GO = "go"
    ASK = "ask"
    LOCKED = "locked"
    CLOSED = "closed"
    AWAY = "away"


#: What is told of several entries: the first of these that became of one.
_CAME = {
    Status.NEW: Came.DONE,
    Status.KNOWN: Came.KNOWN,
    Status.SPENT: Came.SPENT,
    Status.REFUSED: Came.REFUSED,
    Status.OUTSIDE: Came.CLOSED,
}


@dataclass(frozen=True, slots=True)
class Result:
    """What came of an act.

    Attributes:
        message: the plugin's words for the entrant.
        url: where to go, for GO and WAITING.
        label: words on the link there, for WAITING.
        code: what may be typed there instead, for WAITING.
        provider: what to log in with, for LOG_IN.
        model: what to ask, for ASK.
    """

    came: Came
    message: Text = ""
    url: str = ""
    label: Text = ""
    code: str = ""
    provider: str = ""
    model: type[BaseModel] | None = None


def find(place: Place, uid: str) -> Action:
    """An action of a campaign by its public name. Raises NotFound."""
    for action in place.actions.values():
        if action.uid == uid:
            return action
    raise NotFound(marked("There is no such action."))


def do(
    inst: Installation, place: Place, met: Visitor | None, uid: str, data: BaseModel | None
) -> Result:
    """Let a visitor start an action, or answer what it asks.

    Args:
        inst: The installation.
        place: The campaign.
        met: The visitor; None or nobody's is asked to enter first.
        uid: The action.
        data: The answer, validated by the model that the action asks with; None starts it.

    Raises:
        NotFound: There is no such action, or its entries come from a network.
    """
    action = find(place, uid)
    if place.campaign.phase(inst.clock()) is not Phase.RUNNING:
        return Result(Came.CLOSED)
    if action.id in place.shut:
        return Result(Came.AWAY)
    if met is None or met.entrant_id is None:
        return Result(Came.ENTER)
    return _act(inst, place, action, met, met.entrant_id, data)


def _act(
    inst: Installation,
    place: Place,
    action: Action,
    met: Visitor,
    entrant_id: int,
    data: BaseModel | None,
) -> Result:
    kind = inst.plugins.action_type(action.type_key)
    if kind is None:
        raise NotFound(marked("This action needs nothing to be done here."))
    with inst.db.read() as conn:
        who = entering.who_is(conn, place.campaign.team_id, entrant_id)
        standings = progress(conn, place, entrant_id, inst.clock()).standings
        asked = admitting.asking(conn, inst, place, met)
    if standings[action.id] is Standing.LOCKED:
        return Result(Came.LOCKED)
    if place.campaign.confirm_email and not who.identities:
        return Result(Came.CONFIRM)
    if asked.blocks:
        return Result(Came.STATE)
    for provider in kind.identities:
        if who.identity(provider) is None:
            return _log_in(inst, provider)
    try:
        step = inst.plugins.call(
            action.type_key,
            place.team,
            "submit" if data is not None else "start",
            lambda ctx: _step(ctx, kind, gates.config_of(inst, kind, action), who, data),
            about=About(action.uid, place.view),
        )
    except (PluginFailed, PluginUnavailable):
        return Result(Came.AWAY)
    return _follow(inst, place, action, entrant_id, step)


def asked(inst: Installation, place: Place, action: Action) -> type[BaseModel] | None:
    """The model with which an action asks at once, if it does."""
    kind = inst.plugins.action_type(action.type_key)
    if kind is None or action.id in place.shut:
        return None

    def view(ctx: Ctx) -> View:
        return kind.view(ctx, gates.config_of(inst, kind, action), None)

    try:
        return inst.plugins.call(action.type_key, place.team, "view", view).ask
    except (PluginFailed, PluginUnavailable):
        return None


def _step(
    ctx: Ctx, kind: ActionType[Any], config: Config, who: Who, data: BaseModel | None
) -> Step:
    if data is None:
        return kind.start(ctx, config, who)
    return kind.submit(ctx, config, who, data)


def _follow(
    inst: Installation, place: Place, action: Action, entrant_id: int, step: Step
) -> Result:
    match step:
        case Completed():
            return _complete(inst, place, action, entrant_id, step)
        case Pending():
            return _waiting(step)
        case Rejected(message=message):
            return Result(Came.REJECTED, message)
        case NeedsIdentity(provider=provider):
            return _log_in(inst, provider)
        case Redirect(url=url):
            return Result(Came.GO, url=url)
        case Ask(model=model):
            return Result(Came.ASK, model=model)


def _log_in(inst: Installation, provider: str) -> Result:
    """What has to be done first, and where on the page."""
    known = inst.plugins.provider(provider)
    if known is None:
        return Result(Came.LOG_IN, provider=provider)
    words = marked("Please log in with %(network)s first: below the ways to take part.")
    said = Phrase(words, {"network": render(known.title)})
    return Result(Came.LOG_IN, said, provider=provider)


def _waiting(step: Pending) -> Result:
    """Where to go on and what to say there; an address of another kind is not shown to anybody."""
    safe = step.url is not None and urlsplit(step.url).scheme in {"https", "http"}
    url = step.url if safe and step.url else ""
    return Result(Came.WAITING, step.reason, url=url, label=step.label, code=step.code or "")


def _complete(
    inst: Installation, place: Place, action: Action, entrant_id: int, done: Completed
) -> Result:
    rewards_others = any(award.to is not None for award in done.awards)
    with inst.db.write() if rewards_others else inst.db.read() as conn:
        drafts = _drafts(conn, inst, place, action, entrant_id, done)
    if not drafts:
        return Result(Came.ENTER)
    refused = gates.refusals(inst, place.team, place.view, drafts)
    with inst.db.write() as conn:
        rules = load_rules(conn, place.campaign.id)
        outcomes = record(conn, drafts, rules, inst.clock(), refused=refused)
    return Result(_came(outcomes))


def _came(outcomes: list[Outcome]) -> Came:
    statuses = {
        Status.REFUSED if outcome.state is State.REFUSED else outcome.status for outcome in outcomes
    }
    for status, came in _CAME.items():
        if status in statuses:
            return came
    return Came.SPENT


def _drafts(
    conn: Connection,
    inst: Installation,
    place: Place,
    action: Action,
    entrant_id: int,
    done: Completed,
) -> list[EntryDraft]:
    """One draft for each award; the same proof in the same period is the same entry."""
    now = inst.clock()
    team_id = place.campaign.team_id
    within = period(Interval(action.interval), decided_at(done.occurred_at, now), place.zone)
    proof = sha256(f"{within}\0{done.proof}".encode("utf-8", "replace")).hexdigest()[:32]
    mine = entrants.identities_of(conn, team_id, entrant_id)
    if not mine:
        return []  # all that this entrant was known by counts for another one now
    others = [award.to for award in done.awards if award.to is not None]
    known = entrants.resolve(conn, team_id, others, now) if others else {}
    drafts = []
    for place_in_list, award in enumerate(done.awards):
        to = mine[0] if award.to is None else known[award.to.provider, award.to.uid]
        drafts.append(
            EntryDraft(
                action_id=action.id,
                identity_id=to.id,
                entrant_id=to.entrant_id,
                key=f"done:{entrant_id}:{proof}:{place_in_list}",
                cause_kind="submit",
                occurred_at=done.occurred_at,
                worth=award.worth,
                details=dict(done.details),
                alike=_alike(action, done),
            )
        )
    return drafts


def _alike(action: Action, done: Completed) -> str | None:
    """The same for the same answer to the same action, whoever gave it."""
    if done.alike is None:
        return None
    told = f"answer\0{action.uid}\0{done.alike}".encode("utf-8", "replace")
    return sha256(told).hexdigest()[:32]
