"""Seeds: a document that describes an installation with a living campaign, loaded once.

A seed names no plugin that the core knows: action types, importers and settings are given by key
and judged like a person's input. Loading is idempotent, part by part, so that a start that was
killed half-way is completed by the next one.
"""

import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from string import Template
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select

from tombola.api import Account, NotFound
from tombola.campaigns import actions, prizes, service
from tombola.campaigns.models import prize
from tombola.campaigns.prizes import PrizeForm
from tombola.campaigns.rules import ActionForm, CampaignForm, Interval, Kind
from tombola.connections import joining
from tombola.importing import service as importing
from tombola.installation import Installation
from tombola.plugins import config as settings_store
from tombola.plugins.switches import Scope
from tombola.rewards import codes
from tombola.teams import service as teams
from tombola.teams.audit import audit
from tombola.teams.models import member
from tombola.teams.rules import Actor, Role

#: Where the document is kept as it was last loaded, to know which words are still its own.
LAST = "seeded.json"
SPAN = re.compile(r"^(?P<sign>[+-]?)P(?P<days>\d{1,4})D$")


class Part(BaseModel):
    """What all parts of a seed share."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class SeedSource(Part):
    """A source of an import action."""

    config: dict[str, Any]
    every_seconds: int = 3600
    photos_only: bool = True


class SeedAction(Part):
    """An action; ``type`` is the key of an action type or importer."""

    type: str
    title: str
    description: str = ""
    worth: int = 1
    interval: Interval = Interval.ONCE
    config: dict[str, Any] = Field(default_factory=dict)
    sources: list[SeedSource] = Field(default_factory=list)


class SeedPrize(PrizeForm):
    """A prize, with its codes."""

    codes: list[str] = Field(default_factory=list)


class SeedCampaign(Part):
    """A campaign; ``starts`` and ``ends`` are days from now, such as ``-P7D``."""

    key: str
    kind: Kind = Kind.COMPETITION
    title: str
    description: str = ""
    zone: str = "UTC"
    starts: str
    ends: str
    confirm_email: bool = False
    actions: list[SeedAction] = Field(default_factory=list)
    prizes: list[SeedPrize] = Field(default_factory=list)


class SeedAccount(Part):
    """An account outside that the team has connected, with its keys."""

    connector: str
    uid: str
    title: str
    kind: str
    handle: str | None = None
    secrets: dict[str, str] = Field(default_factory=dict, repr=False)
    facts: dict[str, Any] = Field(default_factory=dict)


class Saying(Part):
    """A line that is printed when everything is ready."""

    label: str
    text: str


class Seed(Part):
    """The whole document."""

    operator: teams.NewMember
    team: teams.NewTeam
    settings: dict[str, dict[str, Any]] = Field(default_factory=dict)
    accounts: list[SeedAccount] = Field(default_factory=list)
    campaigns: list[SeedCampaign] = Field(default_factory=list)
    says: list[Saying] = Field(default_factory=list)


def load(inst: Installation, path: Path, places: Mapping[str, str]) -> list[str]:
    """Bring what a seed describes into the installation, once.

    Args:
        inst: The installation, migrated.
        path: The JSON document. ``${name}`` in its texts stands for an address of ``places``.
        places: Addresses by name.

    Returns:
        The lines to print when everything is ready.
    """
    filled = Template(path.read_text(encoding="utf-8")).safe_substitute(places)
    seed = Seed.model_validate_json(filled)
    memory = inst.settings.data_dir / LAST
    before = _remembered(memory)
    actor = _team_actor(inst, seed)
    _save_settings(inst, actor, seed)
    for account in seed.accounts:
        given = Account(**account.model_dump(exclude={"connector"}))
        joining.connect(inst, actor, account.connector, [given])
    for campaign in seed.campaigns:
        _plant(inst, actor, campaign, before)
    memory.write_text(filled, encoding="utf-8")
    return [f"{saying.label}: {saying.text}" for saying in seed.says]


def _remembered(memory: Path) -> dict[tuple[str, str], dict[str, Any]]:
    """Configurations of the actions as they were last loaded, by campaign key and title."""
    if not memory.exists():
        return {}
    last = json.loads(memory.read_text(encoding="utf-8"))
    return {
        (campaign["key"], action["title"]): action.get("config", {})
        for campaign in last.get("campaigns", [])
        for action in campaign.get("actions", [])
    }


def _team_actor(inst: Installation, seed: Seed) -> Actor:
    if not teams.has_operator(inst):
        teams.create_first_operator(inst, seed.operator)
    with inst.db.read() as conn:
        found = select(member).where(member.c.email == seed.operator.email)
        row = conn.execute(found).mappings().first()
    if row is None:
        raise NotFound(
            "This installation has operators of its own; a seed is for a fresh installation."
        )
    who = teams.Member.model_validate(row)
    slug = seed.team.slug or teams.slug_of(seed.team.name)
    operator = teams.operator_actor(who)
    if slug not in {team.slug for team in teams.all_teams(inst, operator)}:
        teams.create_team(inst, operator, seed.team)
    return teams.actor_in(inst, who, slug)[0]


def _save_settings(inst: Installation, actor: Actor, seed: Seed) -> None:
    """Save plugins' settings anew each time, since addresses move with the port."""
    for slug, values in seed.settings.items():
        plugin = inst.plugins.by_slug.get(slug)
        declared = plugin.parts.settings if plugin is not None else None
        if declared is None or declared.installation is None:
            raise NotFound(f"The seed has settings for {slug}, which has none or is not running.")
        model = declared.installation.model_validate(values)
        now = inst.clock()
        with inst.db.write() as conn:
            settings_store.save(conn, inst.vault, slug, Scope.INSTALLATION, "", model)
            audit(conn, actor, "settings.changed", slug, {"fields": sorted(values)}, now)


def _plant(
    inst: Installation,
    actor: Actor,
    seed: SeedCampaign,
    before: Mapping[tuple[str, str], Mapping[str, Any]],
) -> None:
    campaign = _campaign(inst, actor, seed)
    with inst.db.read() as conn:
        there = {action.title: action for action in service.actions_of(conn, campaign.id)}
    for planned in seed.actions:
        found = there.get(planned.title)
        form = _form(planned, planned.config)
        last = before.get((seed.key, planned.title))
        if found is None:
            found = actions.add(inst, actor, campaign.uid, form)
        elif last is not None and last != planned.config:
            _follow(inst, actor, found, _form(planned, last), form)
        if not importing.of_action(inst, actor, found.uid):
            _add_sources(inst, actor, found, planned)
    _add_prizes(inst, actor, campaign, seed)


def _add_prizes(
    inst: Installation, actor: Actor, campaign: service.Campaign, seed: SeedCampaign
) -> None:
    """Add the prizes that the campaign has never had; one that was taken away stays away."""
    with inst.db.read() as conn:
        mine = prize.c.campaign_id == campaign.id
        ever = set(conn.execute(select(prize.c.title).where(mine)).scalars())
        there = {each.title: each for each in prizes.of_campaign(conn, campaign.id)}
        filled = codes.counts(conn, [each.id for each in there.values()])
    for planned in seed.prizes:
        found = there.get(planned.title)
        if planned.title not in ever:
            form = PrizeForm.model_validate(planned.model_dump(exclude={"codes"}))
            found = prizes.add(inst, actor, campaign.uid, form)
        if found is not None and planned.codes and found.id not in filled:
            codes.take(inst, actor, campaign.uid, found.uid, planned.codes)


def _form(planned: SeedAction, config: Mapping[str, Any]) -> ActionForm:
    return ActionForm(
        type_key=planned.type,
        title=planned.title,
        description=planned.description,
        config=dict(config),
        interval=planned.interval,
        worth=planned.worth,
    )


def _follow(
    inst: Installation, actor: Actor, found: service.Action, last: ActionForm, form: ActionForm
) -> None:
    """Let an action that nobody has edited follow the addresses, which move with the port."""
    if actions.judge(inst, actor, last).config != found.config:
        return
    judged = actions.judge(inst, actor, form)
    now = inst.clock()
    with inst.db.write() as conn:
        actions.save(conn, actor, found, judged, now)


def _campaign(inst: Installation, actor: Actor, seed: SeedCampaign) -> service.Campaign:
    with inst.db.read() as conn:
        try:
            return service.by_key(conn, seed.key)
        except NotFound:
            pass
    now = inst.clock().replace(microsecond=0)
    form = CampaignForm(
        title=seed.title,
        kind=seed.kind,
        description=seed.description,
        zone=seed.zone,
        starts_at=_days(now, seed.starts),
        ends_at=_days(now, seed.ends),
        confirm_email=seed.confirm_email,
    )
    actor.need(Role.EDITOR)
    return service.create(inst, actor, form, key=seed.key)


def _add_sources(
    inst: Installation, actor: Actor, action: service.Action, planned: SeedAction
) -> None:
    for source in planned.sources:
        form = importing.SourceForm(
            config=source.config,
            photos_only=source.photos_only,
            every_seconds=source.every_seconds,
        )
        importing.add(inst, actor, action.uid, form)


def _days(now: datetime, span: str) -> datetime:
    match = SPAN.match(span)
    if match is None:
        raise ValueError(f"{span!r} is no number of days such as -P7D.")
    days = timedelta(days=int(match["days"]))
    return now - days if match["sign"] == "-" else now + days
