"""What the core asks a kind of action or an importer about a configuration, and how it is kept."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from tombola.api import Complaint, Config, Ctx, Phrase, PluginFailed, PluginUnavailable, Proof
from tombola.toolkit.documents import opened, to_document
from tombola.toolkit.vault import SealBroken

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tombola.plugins.registry import Plugins
    from tombola.plugins.world import Team

#: A check may ask the network.
CHECK_PATIENCE = timedelta(seconds=15)


def kind_of(plugins: Plugins, key: str) -> Any:
    """Give the action type or importer of a key.

    Raises:
        PluginUnavailable: nobody offers it (now).
    """
    kind = plugins.action_type(key) or plugins.importer(key)
    if kind is None:
        raise PluginUnavailable(key, plugins.why_not(key, None) or "Nobody offers this any more.")
    return kind


def features_of(plugins: Plugins, key: str, config: BaseModel, team: Team) -> list[str]:
    """Name every feature that a team's configuration uses; each has to be allowed."""
    kind = kind_of(plugins, key)
    found = plugins.call(key, team, "features", lambda _: [*kind.features(config)])
    return list(dict.fromkeys(found)) or [kind.key]


def signal_names(plugins: Plugins, key: str, config: BaseModel, team: Team) -> list[str]:
    """Name the tracking names that complete an action of this team's configuration."""
    kind = plugins.action_type(key)
    if kind is None:
        return []
    return plugins.call(key, team, "signal_names", lambda _: [*kind.signal_names(config)])


def signal_proof(plugins: Plugins, key: str, config: BaseModel, team: Team) -> tuple[Proof, bool]:
    """How believable an event must be, and whether addresses in its value are blotted out."""
    kind = plugins.action_type(key)
    if kind is None:
        return Proof.BROWSER, False

    def ask(_ctx: Ctx) -> tuple[Proof, bool]:
        return Proof(kind.signal_proof(config)), bool(kind.redacts_emails(config))

    return plugins.call(key, team, "signal_proof", ask)


def complaints(plugins: Plugins, key: str, config: BaseModel, team: Team) -> list[Complaint]:
    """Ask the plugin what is wrong with a configuration; a check that fails is a complaint."""
    kind = kind_of(plugins, key)
    try:
        return plugins.call(
            key,
            team,
            "check",
            lambda ctx: [*kind.check(ctx, config)],
            deadline=CHECK_PATIENCE,
        )
    except PluginFailed as error:
        said = Phrase(
            "The plugin could not check this (%(correlation)s).",
            {"correlation": error.correlation},
        )
        return [Complaint(said)]


def config_doc(plugins: Plugins, key: str, config: BaseModel, team_id: int = 0) -> dict[str, Any]:
    """Give the document to store, secrets sealed for this kind and team."""
    return to_document(plugins.world.vault, _context(plugins, key, team_id), config)


def config_of(
    plugins: Plugins, key: str, document: Mapping[str, Any], version: int, team: Team
) -> Config:
    """Give a team's stored configuration back, upgraded to the kind's present version.

    What the plugin does wrong with it counts for this team alone.

    Raises:
        PluginUnavailable: nobody offers the kind (now), or the document does not fit it any more.
        PluginFailed: ``upgrade_config`` or a validator raised something else.
        SealBroken: a secret was altered or moved.
    """
    kind = kind_of(plugins, key)

    def work(_: Ctx) -> Config:
        return read_config(plugins, kind, document, version, team.team_id)

    try:
        return plugins.call(key, team, "config", work, passes=(ValidationError, SealBroken))
    except ValidationError as error:
        what = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        reason = Phrase("The configuration does not fit the plugin: %(what)s", {"what": what})
        raise PluginUnavailable(key, reason) from error


def read_config(
    plugins: Plugins, kind: Any, document: Mapping[str, Any], version: int, team_id: int
) -> Config:
    """Open, upgrade and validate a stored configuration.

    Plugin code: only within ``Plugins.call``, for callers that are inside one anyway.
    """
    values = opened(plugins.world.vault, _context(plugins, kind.key, team_id), document)
    now = kind.upgrade_config(values, version) if version < kind.config_version else values
    config: Config = kind.config_model.model_validate(now)
    return config


def _context(plugins: Plugins, key: str, team_id: int) -> str:
    return f"config:{plugins.current_key(key)}:{team_id}"
