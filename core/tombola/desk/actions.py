"""Pages of one action: choosing its kind, its form with the plugin's own part, taking it away."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import BaseModel

from tombola.api import (
    ActionType,
    Audience,
    Config,
    Denied,
    Importer,
    Invalid,
    NotAllowed,
    NotFound,
    PluginFailed,
    PluginUnavailable,
    Text,
)
from tombola.api.text import render
from tombola.campaigns import actions
from tombola.campaigns.pages import campaign_of_address
from tombola.campaigns.rules import ActionForm
from tombola.campaigns.service import Action, Campaign, actions_of
from tombola.connections.offering import FIELD, accounts_for
from tombola.desk import uploads
from tombola.desk.fields import ActionFields
from tombola.entries import editing, foreseeing
from tombola.entries.foreseeing import ActionEffects
from tombola.installation import current
from tombola.plans.service import allows
from tombola.teams import doors
from tombola.teams.rules import Role
from tombola.web.countries import listed
from tombola.web.forms import Form
from tombola.web.i18n import gettext as _
from tombola.web.routing import Pages
from tombola.web.uploads import LARGEST_BYTES

pages = Pages("actions", __name__)
_OWN = "config."


@pages.get("/team/<team>/campaign/<key>/add", audience=Audience.TEAM, role=Role.EDITOR)
def choose(team: str, key: str) -> ResponseReturnValue:  # noqa: ARG001 - the door has read it
    """The kinds of action; those that the plan lacks are shown with the reason."""
    offers = actions.offers(current(), doors.actor())
    found = campaign_of_address(key)
    return render_template("desk/choose.html", campaign=found, offers=offers)


@pages.get("/team/<team>/campaign/<key>/add/<kind>", audience=Audience.TEAM, role=Role.EDITOR)
def new(team: str, key: str, kind: str) -> ResponseReturnValue:  # noqa: ARG001 - the door has read it
    """The form of a new action."""
    found = campaign_of_address(key)
    part = _part(kind)
    return _page(found, kind, Form.of(ActionFields), _own_form(part, None))


@pages.post(
    "/team/<team>/campaign/<key>/add/<kind>",
    audience=Audience.TEAM,
    role=Role.EDITOR,
    largest_bytes=LARGEST_BYTES,
)
def add(team: str, key: str, kind: str) -> ResponseReturnValue:
    """Add an action; an import goes on with its first source."""
    found = campaign_of_address(key)
    part = _part(kind)
    form, own = _sent(part, None)
    if form.value is None or (own is not None and own.value is None):
        return _page(found, kind, form, own), 422
    try:
        asked, told = _with_lists(part, own, _asked(kind, form, own))
        added = actions.add(current(), doors.actor(), found.uid, asked)
    except Invalid as wrong:
        return _page(found, kind, *_told(form, own, wrong)), 422
    except NotAllowed as no:
        return _page(found, kind, form.with_errors({"": no.denied.reason}), own), 403
    if own is None:
        return redirect(url_for("importing.new", team=team, key=key, action=added.uid), 303)
    flash(" ".join([_("Added."), *told]), "good")
    return redirect(url_for("campaigns.show", team=team, key=key), 303)


@pages.get("/team/<team>/campaign/<key>/action/<uid>", audience=Audience.TEAM, role=Role.EDITOR)
def edit(team: str, key: str, uid: str) -> ResponseReturnValue:  # noqa: ARG001 - the door has read it
    """The form of an action that is there; without its plugin, what can be said without it."""
    found = campaign_of_address(key)
    action = _action(found, uid)
    part = _part_or_none(action.type_key)
    stored = action.model_dump(include=set(ActionFields.model_fields))
    own = _own_form(part, action) if part else None
    return _page(found, action.type_key, Form.of(ActionFields, stored), own, action)


@pages.post(
    "/team/<team>/campaign/<key>/action/<uid>",
    audience=Audience.TEAM,
    role=Role.EDITOR,
    largest_bytes=LARGEST_BYTES,
)
def save(team: str, key: str, uid: str) -> ResponseReturnValue:
    """Change an action."""
    found = campaign_of_address(key)
    action = _action(found, uid)
    part = _part(action.type_key)
    form, own = _sent(part, action)
    if form.value is None or (own is not None and own.value is None):
        return _page(found, action.type_key, form, own, action), 422
    try:
        wish = _asked(action.type_key, form, own)
        effects = foreseeing.change(current(), doors.actor(), found.uid, uid, wish)
        if effects.tells and request.form.get("agreed") != _agreement(effects):
            return _page(found, action.type_key, form, own, action, effects)
        asked, told = _with_lists(part, own, wish)
        editing.update_action(current(), doors.actor(), found.uid, uid, asked)
    except Invalid as wrong:
        return _page(found, action.type_key, *_told(form, own, wrong), action), 422
    except NotAllowed as no:
        form = form.with_errors({"": no.denied.reason})
        return _page(found, action.type_key, form, own, action), 403
    flash(" ".join([_("Saved."), *told]), "good")
    return redirect(url_for("campaigns.show", team=team, key=key), 303)


@pages.post(
    "/team/<team>/campaign/<key>/action/<uid>/remove", audience=Audience.TEAM, role=Role.EDITOR
)
def remove(team: str, key: str, uid: str) -> ResponseReturnValue:
    """Take an action out of its campaign; its entries stay, and it can be brought back."""
    found = campaign_of_address(key)
    actions.remove(current(), doors.actor(), found.uid, uid)
    flash(
        _("The action is gone; its entries stay as they are. You can bring it back below."), "good"
    )
    return redirect(url_for("campaigns.show", team=team, key=key), 303)


@pages.get(
    "/team/<team>/campaign/<key>/action/<uid>/remove", audience=Audience.TEAM, role=Role.EDITOR
)
def ask_remove(team: str, key: str, uid: str) -> ResponseReturnValue:  # noqa: ARG001 - the door has read it
    """What would be left, in numbers."""
    found = campaign_of_address(key)
    effects = foreseeing.removal(current(), doors.actor(), found.uid, uid)
    return render_template(
        "desk/action_remove.html", campaign=found, action=_action(found, uid), effects=effects
    )


@pages.post(
    "/team/<team>/campaign/<key>/action/<uid>/restore", audience=Audience.TEAM, role=Role.EDITOR
)
def restore(team: str, key: str, uid: str) -> ResponseReturnValue:
    """Bring a removed action back, as it was."""
    found = campaign_of_address(key)
    try:
        back = actions.restore(current(), doors.actor(), found.uid, uid)
    except NotAllowed as no:
        flash(_(str(no.denied.reason)), "error")
    except (Invalid, PluginFailed, PluginUnavailable) as wrong:
        flash(_("It cannot be brought back: %(why)s") % {"why": wrong}, "error")
    else:
        flash(_("“%(title)s” is back.") % {"title": back.title}, "good")
    return redirect(url_for("campaigns.show", team=team, key=key), 303)


@pages.get("/team/<team>/options/<kind>", audience=Audience.TEAM, role=Role.EDITOR)
def options(team: str, kind: str) -> ResponseReturnValue:  # noqa: ARG001 - the door has read it
    """Suggestions for a field, from the plugin, while somebody types."""
    part = _part(kind)
    field = request.args.get("field", "")
    query = request.args.get(_OWN + field, request.args.get("query", ""))
    if field not in part.config_model.model_fields:
        raise NotFound("This form has no such field.")
    found = current().plugins.call(
        kind, doors.actor(), "options", lambda ctx: list(part.options(ctx, field, query))[:50]
    )
    return render_template("desk/options.html", options=found)


def _part(kind: str) -> ActionType[Any] | Importer[Any, Any]:
    part = _part_or_none(kind)
    if part is None:
        raise NotFound("No installed plugin knows this kind of action.")
    return part


def _part_or_none(kind: str) -> ActionType[Any] | Importer[Any, Any] | None:
    plugins = current().plugins
    return plugins.action_type(kind) or plugins.importer(kind)


def _own_form(
    part: ActionType[Any] | Importer[Any, Any], action: Action | None
) -> Form[Config] | None:
    """The plugin's part of the form; an import has none here, since its sources say it."""
    if isinstance(part, Importer):
        return None
    if action is None:
        return Form.of(part.config_model, prefix=_OWN)
    return Form.of(part.config_model, _stored(action), prefix=_OWN)


def _stored(action: Action) -> BaseModel | None:
    """What the plugin's part of the form was set to, as today's plugin reads it."""
    try:
        return current().plugins.config_of(
            action.type_key, action.config, action.config_version, doors.actor()
        )
    except PluginUnavailable:
        return None


def _sent(
    part: ActionType[Any] | Importer[Any, Any], action: Action | None
) -> tuple[Form[ActionFields], Form[Config] | None]:
    posted = request.form.copy()
    posted["countries"] = "\n".join(request.form.getlist("country"))
    form = Form.sent(ActionFields, posted)
    if isinstance(part, Importer):
        return form, None
    stored = _stored(action) if action else None
    return form, Form.sent(part.config_model, request.form, stored=stored, prefix=_OWN)


def _asked(kind: str, form: Form[ActionFields], own: Form[Config] | None) -> ActionForm:
    said = form.value.model_dump() if form.value else {}
    config = own.value.model_dump() if own and own.value else {}
    return ActionForm(type_key=kind, config=config, **said)


def _with_lists(
    part: ActionType[Any] | Importer[Any, Any], own: Form[Config] | None, asked: ActionForm
) -> tuple[ActionForm, list[str]]:
    """The form with the names of the lists that were sent with it, and what is told of them.

    Everything else of the form is judged before: what is refused replaces no list.
    """
    if isinstance(part, Importer) or own is None or own.value is None:
        return asked, []
    sent = uploads.sent(own)
    if not sent:
        return asked, []
    actions.judge(current(), doors.actor(), asked)
    config, told = uploads.take(part, own.value, sent)
    changed = asked.model_copy(update={"config": config.model_dump()})
    return changed, [render(text, _) for text in told]


def _told(
    form: Form[ActionFields], own: Form[Config] | None, wrong: Invalid
) -> tuple[Form[ActionFields], Form[Config] | None]:
    """Put each complaint beside its field, in the form that has it."""
    ours = {path: text for path, text in wrong.errors.items() if not path.startswith("config")}
    theirs = {
        path.removeprefix("config").lstrip("."): text
        for path, text in wrong.errors.items()
        if path.startswith("config")
    }
    if own is None:
        return form.with_errors({**ours, **theirs}), None
    return form.with_errors(ours), own.with_errors(theirs)


def _action(found: Campaign, uid: str) -> Action:
    with current().db.read() as conn:
        return actions.of_campaign(conn, found.id, uid)


def _page(
    found: Campaign,
    kind: str,
    form: Form[ActionFields],
    own: Form[Config] | None,
    action: Action | None = None,
    effects: ActionEffects | None = None,
) -> str:
    part = _part_or_none(kind)
    with current().db.read() as conn:
        others = [
            (one.uid, one.title)
            for one in actions_of(conn, found.id)
            if one.replaces is None and (action is None or one.uid != action.uid)
        ]
    known = accounts_for(current(), doors.actor(), part) if part and own else None
    if own is not None and known is not None:
        own = own.with_choices(FIELD, known)
    if own is not None and action is not None and isinstance(part, ActionType):
        own = uploads.with_what_is_kept(part, own, _stored(action))
    return render_template(
        "desk/action_form.html",
        campaign=found,
        kind=kind,
        kind_title=render(part.title, _) if part else kind,
        is_import=isinstance(part, Importer),
        tombstone=current().plugins.why_not(kind, doors.actor()) if action else None,
        form=form if part is None else form.with_example("title", render(part.title, _)),
        own=own,
        unconnected=known == [],
        action=action,
        lacking=[] if action else _lacking(kind),
        others=others,
        countries=listed("en"),
        chosen=form.texts.get("countries", []),
        effects=effects,
        agreement=_agreement(effects) if effects else "",
    )


def _agreement(effects: ActionEffects) -> str:
    """What somebody has agreed to who has seen these numbers."""
    return f"{effects.count_now},{effects.count_then},{effects.worth_then}"


def _lacking(kind: str) -> list[Text]:
    """Why parts of this kind's form cannot be used yet: features of its plugin but other kinds."""
    inst, actor = current(), doors.actor()
    kinds = {one.key for one in (*inst.plugins.action_types(), *inst.plugins.importers())}
    own = kind.partition(".")[0] + "."
    answers = [
        allows(inst, actor.team_id, one.key)
        for one in inst.plugins.features()
        if one.key.startswith(own) and one.key not in kinds
    ]
    return [answer.reason for answer in answers if isinstance(answer, Denied)]
