"""Lists that a plugin keeps for an action: taken with its form, before the form is saved."""

from datetime import timedelta
from typing import Any

from flask import request

from tombola.api import (
    ActionType,
    Config,
    Ctx,
    Invalid,
    PluginFailed,
    PluginUnavailable,
    Text,
    Upload,
    Uploaded,
)
from tombola.api.text import render
from tombola.installation import current
from tombola.teams import doors
from tombola.web.forms import Form
from tombola.web.i18n import gettext as _
from tombola.web.schema import Kind, leaves
from tombola.web.texts import Unreadable
from tombola.web.uploads import upload_of

#: A hundred thousand lines in small transactions take some seconds.
PATIENCE = timedelta(seconds=60)


def sent(form: Form[Config]) -> dict[str, Upload]:
    """What the request brings for the form's lists, by field. Raises Invalid."""
    found, wrong = {}, {}
    for spec in leaves(form.fields):
        if spec.kind is not Kind.UPLOAD:
            continue
        try:
            upload = upload_of(form.html_name(spec), request.form, request.files)
        except Unreadable as error:
            wrong[spec.name] = str(error)
            continue
        if upload is not None:
            found[spec.name] = upload
    if wrong:
        raise Invalid({f"config.{name}": text for name, text in wrong.items()})
    return found


def take(
    kind: ActionType[Any], config: Config, uploads: dict[str, Upload]
) -> tuple[Config, list[Text]]:
    """Let the plugin keep the lists; its configuration with their names, and what it says of them.

    Raises:
        Invalid: the plugin's complaints, or that it could not take them, by ``config.<field>``.
    """
    told: list[Text] = []
    for name, upload in uploads.items():
        done = _taken(kind, config, name, upload)
        config = config.model_copy(update={name: done.value})
        told.append(done.told)
    return config, [text for text in told if text]


def _taken(kind: ActionType[Any], config: Config, name: str, upload: Upload) -> Uploaded:
    def work(ctx: Ctx) -> Uploaded:
        return kind.take_upload(ctx, config, name, upload)

    plugins, actor = current().plugins, doors.actor()
    try:
        return plugins.call(
            kind.key, actor, "take_upload", work, deadline=PATIENCE, passes=(Invalid,)
        )
    except Invalid as wrong:
        errors = {f"config.{path}": text for path, text in wrong.errors.items()}
        raise Invalid(errors) from wrong
    except (PluginFailed, PluginUnavailable) as wrong:
        words = _("The list could not be kept. Please try again in a moment.")
        raise Invalid({f"config.{name}": words}) from wrong


def with_what_is_kept(kind: ActionType[Any], form: Form[Config], stored: Any) -> Form[Config]:
    """The form with what the plugin says of the lists that it keeps, beside their fields."""
    for spec in leaves(form.fields):
        if spec.kind is not Kind.UPLOAD or spec.name not in form.kept:
            continue
        said = _about(kind, stored, spec.name)
        if said:
            form = form.with_help(spec.name, f"{_(spec.help)} {render(said, _)}")
    return form


def _about(kind: ActionType[Any], stored: Any, name: str) -> Text:
    def work(ctx: Ctx) -> Text:
        return kind.about_upload(ctx, stored, name)

    try:
        return current().plugins.call(kind.key, doors.actor(), "about_upload", work)
    except (PluginFailed, PluginUnavailable):
        return ""
