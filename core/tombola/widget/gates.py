"""Whether an action may run now, and whether its entries may be recorded: plan, switches, gates."""

from collections.abc import Sequence
from typing import Any

from tombola.api import (
    ActionType,
    CampaignView,
    Config,
    Ctx,
    Denied,
    EntryDraft,
    PluginFailed,
    PluginUnavailable,
    Text,
)
from tombola.campaigns.service import Action
from tombola.installation import Installation
from tombola.plans.service import allows
from tombola.teams.rules import Actor


def config_of(inst: Installation, kind: ActionType[Any], action: Action) -> Config:
    """An action's stored configuration as its plugin's model of today, secrets opened.

    Plugin code: call it within ``Plugins.call`` only.
    """
    return inst.plugins.read_config(kind, action.config, action.config_version, action.team_id)


def log_ins(inst: Installation, team: Actor, action: Action) -> tuple[str, ...]:
    """The providers that an action of a plugin asks people to log in with."""
    kind = inst.plugins.action_type(action.type_key)
    if kind is None:
        return ()
    if type(kind).log_ins is ActionType.log_ins:
        return tuple(kind.identities)
    try:
        return inst.plugins.call(
            action.type_key,
            team,
            "log_ins",
            lambda _: (*kind.identities, *kind.log_ins(config_of(inst, kind, action))),
        )
    except (PluginFailed, PluginUnavailable):
        return tuple(kind.identities)


def shut_reason(inst: Installation, team: Actor, action: Action) -> Text | None:
    """Say, for the team, why an action cannot run now; None when it can."""
    away = inst.plugins.why_not(action.type_key, team, action.campaign_id)
    if away is not None:
        return away
    try:
        features = _features(inst, team, action)
    except (PluginFailed, PluginUnavailable) as failed:
        return str(failed)
    for feature in features:
        answer = allows(inst, team.team_id, feature, running=True)
        if isinstance(answer, Denied):
            return answer.reason
    return None


def refusals(
    inst: Installation, team: Actor, campaign: CampaignView, drafts: Sequence[EntryDraft]
) -> dict[str, str]:
    """Ask the gates about entries; the reason by key of each draft that they refuse.

    Never call it inside a write transaction.
    """
    if not drafts or not inst.plugins.listeners("gate_entries"):
        return {}
    answers = inst.plugins.ask_entries(team, drafts, campaign)
    return {
        draft.key: str(denied.reason)
        for draft, denied in zip(drafts, answers, strict=True)
        if denied is not None
    }


def _features(inst: Installation, team: Actor, action: Action) -> Sequence[str]:
    kind = inst.plugins.action_type(action.type_key)
    if kind is None:
        return (action.type_key,)

    def ask(_ctx: Ctx) -> list[str]:
        return list(kind.features(config_of(inst, kind, action)))

    return inst.plugins.call(action.type_key, team, "features", ask)
