"""What operators and teams do to plugins: switch, set up, wake up. Every act is audited."""

from collections.abc import Collection, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError
from sqlalchemy import Connection

from tombola.api import Config, Forbidden, Invalid, NotFound
from tombola.installation import Installation
from tombola.plugins import config, quarantine, switches
from tombola.plugins.states import Plugin, State
from tombola.plugins.switches import Scope
from tombola.queue import tasks
from tombola.teams.audit import audit
from tombola.teams.rules import Actor, Role


class PluginView(BaseModel):
    """A plugin as the operator sees it.

    Attributes:
        reason: why it is not ready.
        traceback: what it raised at import or registration.
        offers: keys of its action types and importers.
        on: the installation's switch.
        has_settings: whether the installation's form has fields.
        rests: the teams (0: none) for which it is in quarantine.
        faults: the latest, newest first.
    """

    model_config = ConfigDict(frozen=True)

    slug: str
    distribution: str
    version: str
    state: State
    reason: str
    traceback: str
    offers: list[str]
    on: bool
    has_settings: bool
    rests: list[quarantine.Rest]
    faults: list[quarantine.Fault]


def installed(inst: Installation, actor: Actor) -> list[PluginView]:
    """Give every installed plugin, whatever its state, by slug. Operators only."""
    actor.need_operator()
    with inst.db.read() as conn:
        return [_view(conn, each) for each in sorted(inst.plugins.all, key=lambda p: p.slug)]


def switch(
    inst: Installation, actor: Actor, slug: str, scope: Scope, scope_id: str, *, on: bool | None
) -> None:
    """Set a plugin's switch; ``on=None`` takes it away. Idempotent.

    Operators switch for the installation ("") and a plan (its key); editors of a team for the
    team and its campaigns (row numbers as text; the caller has checked whose campaign it is).

    Raises:
        NotFound: no such plugin.
        Forbidden: not this actor's switch.
    """
    _plugin(inst, slug)
    _need(actor, scope, scope_id)
    now = inst.clock()
    with inst.db.write() as conn:
        switches.turn(conn, scope, scope_id, slug, on=on)
        detail = {"scope": scope.value, "scope_id": scope_id, "on": on}
        audit(conn, actor, "plugin.switched", slug, detail, now)


def settings_model(inst: Installation, slug: str, scope: Scope) -> type[Config]:
    """Give the model from which the form is made. Raises NotFound when there is none."""
    settings = _plugin(inst, slug).parts.settings
    models = {Scope.INSTALLATION: "installation", Scope.TEAM: "team"}
    model: type[Config] | None = getattr(settings, models.get(scope, ""), None)
    if model is None:
        raise NotFound("This plugin has no such settings.")
    return model


def settings_of(
    inst: Installation, actor: Actor, slug: str, scope: Scope, scope_id: str = ""
) -> Config:
    """Give the settings stored at one place, for its form; secrets stay ``SecretStr``."""
    _need(actor, scope, scope_id)
    model = settings_model(inst, slug, scope)
    with inst.db.read() as conn:
        return config.load(conn, inst.vault, slug, scope, scope_id, model)


def save_settings(
    inst: Installation,
    actor: Actor,
    slug: str,
    scope: Scope,
    scope_id: str,
    values: Mapping[str, Any],
    *,
    forget: Collection[str] = (),
) -> Config:
    """Store a plugin's settings; secrets that come empty stay what they were.

    Args:
        inst: the installation.
        actor: an operator for the installation's, an owner for the team's.
        slug: the plugin.
        scope: INSTALLATION or TEAM.
        scope_id: "" or the team's row number as text.
        values: as the form gave them, by field; a field left out falls back to the wider scope.
        forget: secrets to take away instead of keeping them.

    Raises:
        Invalid: complaints by field.
        NotFound: the plugin has no such settings.
        Forbidden: not this actor's settings.
    """
    _need(actor, scope, scope_id, Role.OWNER)
    model = settings_model(inst, slug, scope)
    now = inst.clock()
    with inst.db.write() as conn:
        before = config.stored(conn, inst.vault, slug, scope, scope_id)
        kept = {name: value for name, value in before.items() if name not in forget}
        saved = _validated(model, _with_kept_secrets(model, values, kept))
        config.save(conn, inst.vault, slug, scope, scope_id, saved)
        detail = {"scope": scope.value, "fields": sorted(saved.model_fields_set)}
        audit(conn, actor, "plugin.settings_saved", slug, detail, now)
    return saved


def wake(inst: Installation, actor: Actor, slug: str, team_id: int) -> None:
    """End a plugin's quarantine for a team (0: for none) at once. Operators only; idempotent.

    Its faults there are forgotten, and what waits, parked, is looked at again at once.
    """
    actor.need_operator()
    now = inst.clock()
    with inst.db.write() as conn:
        if quarantine.forgive(conn, slug, team_id):
            tasks.wake(conn, team_id or None, now)
            audit(conn, actor, "plugin.released", slug, {"team": team_id}, now)


def _view(conn: Connection, plugin: Plugin) -> PluginView:
    parts = plugin.parts
    settings = parts.settings
    return PluginView(
        slug=plugin.slug,
        distribution=plugin.distribution,
        version=plugin.version,
        state=plugin.state,
        reason=plugin.reason,
        traceback=plugin.traceback,
        offers=sorted(part.key for part in (*parts.action_types, *parts.importers)),
        on=switches.is_on(conn, plugin.slug),
        has_settings=settings is not None and settings.installation is not None,
        rests=[rest for rest in quarantine.rests(conn) if rest.plugin == plugin.slug],
        faults=quarantine.faults(conn, plugin.slug, limit=5),
    )


def _plugin(inst: Installation, slug: str) -> Plugin:
    plugin = inst.plugins.by_slug.get(slug)
    if plugin is None:
        raise NotFound(f"There is no plugin {slug!r}.")
    return plugin


def _need(actor: Actor, scope: Scope, scope_id: str, role: Role = Role.EDITOR) -> None:
    if scope in {Scope.INSTALLATION, Scope.PLAN}:
        actor.need_operator()
        return
    actor.need(role)
    if scope is Scope.TEAM and scope_id != str(actor.team_id):
        raise Forbidden("This is another team's.")


def _with_kept_secrets(
    model: type[Config], values: Mapping[str, Any], before: Mapping[str, Any]
) -> dict[str, Any]:
    """Replace empty secrets by the stored ones, and leave out those that nobody has."""
    merged = dict(values)
    for name, field in model.model_fields.items():
        if "SecretStr" in str(field.annotation) and _is_empty(merged.get(name)):
            merged.pop(name, None)
            if name in before:
                merged[name] = before[name]
    return merged


def _is_empty(value: Any) -> bool:
    plain = value.get_secret_value() if isinstance(value, SecretStr) else value
    return plain is None or plain == ""


def _validated(model: type[Config], values: Mapping[str, Any]) -> Config:
    try:
        return model.model_validate(dict(values))
    except ValidationError as error:
        raise Invalid(
            {".".join(map(str, each["loc"])): each["msg"] for each in error.errors()}
        ) from error
