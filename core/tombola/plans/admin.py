"""Pages of plans and plugins: what each plan includes, how each plugin is, its settings."""

from typing import NamedTuple

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from tombola.api import Audience, Config, Invalid, NotFound
from tombola.installation import current
from tombola.plans import plugin_acts, service
from tombola.plans.service import FeatureRow, PlanLine, PlanTable
from tombola.plugins.switches import Scope
from tombola.teams import doors
from tombola.teams.rules import Role
from tombola.web.forms import Form
from tombola.web.i18n import gettext as _
from tombola.web.navigation import Place
from tombola.web.routing import Pages

#: Units that a plan can have of a feature.
_MOST = 999_999_999

pages = Pages("plans", __name__)
pages.link(Place.OPERATOR, "Plans", "table", order=20)
pages.link(Place.OPERATOR, "Plugins", "plugins", order=30, sections=("plans.plugin",))
pages.link(Place.TEAM, "Settings", "team_settings", order=50, sections=("plans.team_settings",))


class Part(NamedTuple):
    """A plugin that a team may set up for itself."""

    slug: str
    title: str


@pages.get("/operator/plans", audience=Audience.OPERATOR)
def table() -> ResponseReturnValue:
    """Action types and importers by plan."""
    return render_template("plans/table.html", table=service.table(current(), doors.actor()))


@pages.post("/operator/plans", audience=Audience.OPERATOR)
def save_table() -> ResponseReturnValue:
    """Write what was ticked; cells that nobody touched keep following their feature's default."""
    inst, actor = current(), doors.actor()
    before = service.table(inst, actor)
    try:
        changed = sum(_save_row(row, before) for row in before.rows)
    except Invalid as wrong:
        flash(" ".join(map(str, wrong.errors.values())), "error")
        return redirect(url_for("plans.table"), 303)
    flash(_("Saved.") if changed else _("Nothing was different."), "good")
    return redirect(url_for("plans.table"), 303)


@pages.get("/operator/plugins", audience=Audience.OPERATOR)
def plugins() -> ResponseReturnValue:
    """Every installed plugin with its state and, where it is not ready, the reason."""
    found = plugin_acts.installed(current(), doors.actor())
    return render_template(
        "plans/plugins.html", plugins=found, safe_mode=current().settings.safe_mode
    )


@pages.post("/operator/plugins/<slug>/switch", audience=Audience.OPERATOR)
def plugin_switch(slug: str) -> ResponseReturnValue:
    """Switch a plugin on or off for the whole installation."""
    on = request.form.get("on") == "yes"
    plugin_acts.switch(current(), doors.actor(), slug, Scope.INSTALLATION, "", on=on)
    said = _("%(plugin)s is on.") if on else _("%(plugin)s is off; nothing of it is lost.")
    flash(said % {"plugin": slug}, "good")
    return redirect(url_for("plans.plugins"), 303)


@pages.post("/operator/plugins/<slug>/wake", audience=Audience.OPERATOR)
def plugin_wake(slug: str) -> ResponseReturnValue:
    """Let a plugin that rests be called again at once."""
    team_id = request.form.get("team", 0, int)
    if not 0 <= team_id < 2**63:
        raise NotFound("There is no such team.")
    plugin_acts.wake(current(), doors.actor(), slug, team_id)
    flash(_("%(plugin)s is called again from now on.") % {"plugin": slug}, "good")
    return redirect(url_for("plans.plugins"), 303)


@pages.get("/operator/plugins/<slug>", audience=Audience.OPERATOR)
def plugin_settings(slug: str) -> ResponseReturnValue:
    """A plugin's settings for the installation."""
    return _settings_page(slug, Scope.INSTALLATION, _stored_form(slug, Scope.INSTALLATION))


@pages.post("/operator/plugins/<slug>", audience=Audience.OPERATOR)
def save_plugin_settings(slug: str) -> ResponseReturnValue:
    """Store a plugin's settings for the installation."""
    return _save(slug, Scope.INSTALLATION, url_for("plans.plugins"))


@pages.get("/team/<team>/settings", audience=Audience.TEAM, role=Role.VIEWER)
def team_settings(team: str) -> ResponseReturnValue:  # noqa: ARG001 - the door has read it
    """What a team may set up for itself."""
    parts = [
        Part(plugin.slug, plugin.slug.replace("_", " ").capitalize())
        for plugin in current().plugins.ready
        if plugin.parts.settings and plugin.parts.settings.team
    ]
    return render_template("plans/team_settings.html", parts=parts)


@pages.get("/team/<team>/settings/<slug>", audience=Audience.TEAM, role=Role.OWNER)
def team_settings_of(team: str, slug: str) -> ResponseReturnValue:  # noqa: ARG001 - as above
    """A plugin's settings for one team, such as keys of its own."""
    return _settings_page(slug, Scope.TEAM, _stored_form(slug, Scope.TEAM))


@pages.post("/team/<team>/settings/<slug>", audience=Audience.TEAM, role=Role.OWNER)
def team_settings_save(team: str, slug: str) -> ResponseReturnValue:
    """Store a plugin's settings for one team."""
    return _save(slug, Scope.TEAM, url_for("plans.team_settings", team=team))


def _save_row(row: FeatureRow, before: PlanTable) -> int:
    """Write the cells of one feature that differ. Returns how many did."""
    changed = 0
    for plan in before.plans:
        cell = row.cells[plan.key]
        name = f"{row.key}/{plan.key}"
        enabled = name in request.form
        quota = request.form.get(f"{name}/quota", cell.quota, int) if row.counted else None
        if quota is not None and not 0 <= quota <= _MOST:
            raise Invalid({"quota": _("A number of units has at most nine digits.")})
        if (enabled, quota) != (cell.enabled, cell.quota):
            line = PlanLine(enabled=enabled, quota=quota)
            service.set_feature(current(), doors.actor(), plan.key, row.key, line)
            changed += 1
    return changed


def _scope_id(scope: Scope) -> str:
    return str(doors.actor().team_id) if scope is Scope.TEAM else ""


def _stored_form(slug: str, scope: Scope) -> Form[Config]:
    if slug not in current().plugins.by_slug:
        raise NotFound("There is no such plugin.")
    model = plugin_acts.settings_model(current(), slug, scope)
    stored = plugin_acts.settings_of(current(), doors.actor(), slug, scope, _scope_id(scope))
    return Form.of(model, stored)


def _save(slug: str, scope: Scope, goal: str) -> ResponseReturnValue:
    model = plugin_acts.settings_model(current(), slug, scope)
    stored = plugin_acts.settings_of(current(), doors.actor(), slug, scope, _scope_id(scope))
    form = Form.sent(model, request.form, stored=stored)
    if form.value is None:
        return _settings_page(slug, scope, form), 422
    try:
        plugin_acts.save_settings(
            current(),
            doors.actor(),
            slug,
            scope,
            _scope_id(scope),
            form.given(),
            forget=form.forgotten,
        )
    except Invalid as wrong:
        return _settings_page(slug, scope, form.with_errors(wrong.errors)), 422
    flash(_("Saved."), "good")
    return redirect(goal, 303)


def _settings_page(slug: str, scope: Scope, form: Form[Config]) -> str:
    return render_template("plans/settings.html", slug=slug, form=form, scope=scope.value)
