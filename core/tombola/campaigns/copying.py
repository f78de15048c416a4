"""A campaign as something to begin others from: all that a team has set, and nothing that happened.

Duplicates, a team's own templates and the ready ones are one thing: a ``Snapshot``, built anew.
"""

from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection, select

from tombola.api import Denied, PluginFailed, PluginUnavailable
from tombola.campaigns import prizes
from tombola.campaigns.models import action, action_signal, campaign
from tombola.campaigns.prizes import PrizeForm
from tombola.campaigns.rules import CampaignForm, Kind
from tombola.campaigns.service import Campaign, actions_of, begin
from tombola.campaigns.terms import Asks, Eligibility, asks_first
from tombola.db import new_uid
from tombola.db.rows import insert_one
from tombola.installation import Installation
from tombola.plans.service import allows
from tombola.teams.audit import audit
from tombola.teams.rules import Actor, Role
from tombola.web.schema import Kind as FieldKind
from tombola.web.schema import fields_of, leaves

#: Days that a campaign begun from a template runs, unless it says otherwise.
USUAL_DAYS = 30


class SourcePart(BaseModel):
    """A source of an import action, as its room keeps it."""

    model_config = ConfigDict(frozen=True)

    importer_key: str
    config: dict[str, Any]
    config_version: int
    every_seconds: int
    cap: int | None = None
    connection_id: int | None = None


class ActionPart(BaseModel):
    """An action, with its tracking names as (name, proof, redact).

    ``ref`` is what ``replaces`` of another one names.
    """

    model_config = ConfigDict(frozen=True)

    ref: str
    type_key: str
    title: str
    description: str = ""
    config: dict[str, Any]
    config_version: int = 1
    interval: str = "once"
    worth: int = 1
    mandatory: bool = False
    replaces: str | None = None
    countries: tuple[str, ...] = ()
    signals: tuple[tuple[str, str, bool], ...] = ()
    sources: tuple[SourcePart, ...] = ()


class Snapshot(BaseModel):
    """All of it. ``lasts_s``: seconds from start to end."""

    model_config = ConfigDict(frozen=True)

    kind: Kind = Kind.COMPETITION
    title: str
    description: str = ""
    zone: str = "UTC"
    lasts_s: int = USUAL_DAYS * 86_400
    count_history: bool = False
    confirm_email: bool = False
    actions_required: int = 0
    language: str = ""
    terms_url: str = ""
    rules_text: str = ""
    privacy_text: str = ""
    privacy_url: str = ""
    eligibility: Eligibility = Eligibility()
    asks: Asks = Asks()
    words: dict[str, dict[str, str]] = {}
    actions: tuple[ActionPart, ...] = ()
    prizes: tuple[PrizeForm, ...] = ()


class Built(BaseModel):
    """What came of a snapshot.

    Attributes:
        actions: the new actions by the ``ref`` of their parts.
        left_out: titles of actions that the plan or a missing plugin does not let in, and why.
        lists: titles of actions whose lists of lines have to be given again.
    """

    model_config = ConfigDict(frozen=True)

    campaign: Campaign
    actions: dict[str, int]
    left_out: list[tuple[str, str]]
    lists: list[str]


_ALIKE = (
    "kind", "title", "description", "zone", "count_history", "confirm_email", "actions_required",
    "language", "terms_url", "rules_text", "privacy_text", "privacy_url", "eligibility", "asks",
    "words",
)  # fmt: skip


def take(conn: Connection, found: Campaign) -> Snapshot:
    """What a campaign is like now, without its sources."""
    parts = [
        ActionPart(
            ref=each.uid,
            signals=tuple(_signals(conn, found.id, each.id)),
            **each.model_dump(include=set(ActionPart.model_fields) - {"ref", "signals", "sources"}),
        )
        for each in actions_of(conn, found.id)
    ]
    given = [
        PrizeForm.model_validate(each.model_dump(include=set(PrizeForm.model_fields)))
        for each in prizes.of_campaign(conn, found.id)
    ]
    lasts = found.ends_at - found.starts_at
    return Snapshot(
        lasts_s=int(lasts.total_seconds()),
        actions=tuple(parts),
        prizes=tuple(given),
        **{name: getattr(found, name) for name in _ALIKE},
    )


def judge(inst: Installation, actor: Actor, snapshot: Snapshot) -> dict[str, str]:
    """Why actions cannot be had now, by their ``ref``. Asks plugins, so never in a transaction."""
    reasons = {}
    for part in snapshot.actions:
        reason = _why_not(inst, actor, part)
        if reason is not None:
            reasons[part.ref] = reason
    return reasons


def build(
    inst: Installation,
    conn: Connection,
    actor: Actor,
    snapshot: Snapshot,
    starts_at: datetime,
    refused: dict[str, str],
) -> Built:
    """Make a campaign of a snapshot, in the caller's transaction.

    Args:
        inst: The installation.
        conn: A write transaction.
        actor: An editor.
        snapshot: What to build.
        starts_at: When it starts; it lasts as long as the snapshot says.
        refused: What ``judge`` has said; these actions are left out.
    """
    actor.need(Role.EDITOR)
    now = inst.clock()
    alike = snapshot.model_dump(include=set(_ALIKE) & set(CampaignForm.model_fields))
    ends_at = starts_at + timedelta(seconds=snapshot.lasts_s)
    form = CampaignForm(**alike, starts_at=starts_at, ends_at=ends_at)
    made = begin(conn, actor, form, now)
    more = snapshot.model_dump(
        mode="json",
        include={"rules_text", "privacy_text", "privacy_url", "eligibility", "asks", "words"},
    )
    first = asks_first(snapshot.eligibility, snapshot.asks)
    mine = campaign.c.id == made.id
    conn.execute(campaign.update().where(mine).values(**more, asks_first=first))
    kept = [part for part in snapshot.actions if part.ref not in refused]
    uids = {part.ref: new_uid(now) for part in kept}
    numbers, lists = {}, []
    for position, part in enumerate(kept, 1):
        config, emptied = _without_lists(inst, part)
        lists += [part.title] if emptied else []
        numbers[part.ref] = _action(conn, made, part, config, uids, position, now)
    for each in snapshot.prizes:
        prizes.put(conn, actor, made.id, each, now)
    audit(conn, actor, "campaign.copied", made.uid, {"title": made.title}, now)
    left = [(part.title, refused[part.ref]) for part in snapshot.actions if part.ref in refused]
    return Built(campaign=made, actions=numbers, left_out=left, lists=lists)


def _action(
    conn: Connection,
    made: Campaign,
    part: ActionPart,
    config: dict[str, Any],
    uids: dict[str, str],
    position: int,
    now: datetime,
) -> int:
    # The alternative of an action that was left out stands for nothing any more.
    replaces = uids.get(part.replaces) if part.replaces is not None else None
    number = insert_one(
        conn, action, uid=uids[part.ref], team_id=made.team_id, campaign_id=made.id,
        type_key=part.type_key, title=part.title, description=part.description, config=config,
        config_version=part.config_version, interval=part.interval, worth=part.worth,
        mandatory=part.mandatory, replaces=replaces,
        countries=list(part.countries) if replaces else [], position=position, created_at=now,
    )  # fmt: skip
    for name, proof, redact in part.signals:
        conn.execute(
            action_signal.insert().values(
                team_id=made.team_id, campaign_id=made.id, name=name, action_id=number,
                proof=proof, redact=redact,
            )
        )  # fmt: skip
    return number


def _why_not(inst: Installation, actor: Actor, part: ActionPart) -> str | None:
    plugins = inst.plugins
    away = plugins.why_not(part.type_key, actor)
    if away is not None:
        return str(away)
    features: list[str] = [part.type_key]
    try:
        config = plugins.config_of(part.type_key, part.config, part.config_version, actor)
        features += plugins.features_of(part.type_key, config, actor)
    except (PluginFailed, PluginUnavailable) as failed:
        if plugins.importer(part.type_key) is None:
            return str(failed)
    for feature in dict.fromkeys(features):
        answer = allows(inst, actor.team_id, feature)
        if isinstance(answer, Denied):
            return str(answer.reason)
    return None


def _without_lists(inst: Installation, part: ActionPart) -> tuple[dict[str, Any], bool]:
    """The configuration without lists of lines: the plugin keeps those for one action alone."""
    kind = inst.plugins.action_type(part.type_key)
    if kind is None:
        return dict(part.config), False
    lists = [spec for spec in leaves(fields_of(kind.config_model)) if spec.kind is FieldKind.UPLOAD]
    held = [spec for spec in lists if part.config.get(spec.name)]
    return part.config | {spec.name: spec.default for spec in held}, bool(held)


def _signals(conn: Connection, campaign_id: int, action_id: int) -> list[tuple[str, str, bool]]:
    rows = conn.execute(
        select(action_signal.c.name, action_signal.c.proof, action_signal.c.redact)
        .where(action_signal.c.campaign_id == campaign_id, action_signal.c.action_id == action_id)
        .order_by(action_signal.c.name)
    )
    return [(name, proof, redact) for name, proof, redact in rows]
