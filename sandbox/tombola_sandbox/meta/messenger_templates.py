"""Utility templates of a page: made, reviewed, listed, deleted.

Source: Meta, "Utility Messages", "Message Templates"; read 2026-11. What the reviewer looks at is
not published; ours rejects a missing example and words of advertising.
"""

import json
import re
from typing import Any, Final

from tombola_sandbox.meta import errors
from tombola_sandbox.meta.messenger_hooks import MessengerHooks
from tombola_sandbox.meta.messenger_models import Template
from tombola_sandbox.meta.messenger_rules import verdict
from tombola_sandbox.meta.messenger_sending import UTILITY_SCOPE, need_messaging
from tombola_sandbox.meta.models import Json, Page
from tombola_sandbox.meta.paging import by_cursor, words_of
from tombola_sandbox.meta.rights import need
from tombola_sandbox.meta.view import Ask, View

NAME: Final = re.compile(r"[a-z0-9_]{1,512}")
LANGUAGE: Final = re.compile(r"[a-z]{2,3}(_[A-Z]{2})?")
PARTS: Final = ("BODY", "BUTTONS", "HEADER")
BUTTONS: Final = ("PHONE_NUMBER", "POSTBACK", "URL")
FIELDS: Final = (
    "category",
    "components",
    "id",
    "language",
    "name",
    "rejected_reason",
    "status",
)
MOST_BODY: Final = 1024


def make(view: View, page: Page, ask: Ask) -> Json:
    """Make a template; its review begins."""
    _need_permission(view, page)
    name, language = ask.args.get("name", ""), ask.args.get("language", "")
    if not NAME.fullmatch(name):
        raise errors.parameter("Param name must hold lower-case letters, digits and underscores.")
    if not LANGUAGE.fullmatch(language):
        raise errors.parameter("Param language must be a locale such as en or en_US.")
    if ask.args.get("category") != "UTILITY":
        raise errors.parameter("Param category must be one of {UTILITY}")
    parts = _components(ask.args.get("components", ""))
    if any((t.name, t.language) == (name, language) for t in _kept(view, page)):
        said = f"There is already {language} content for this template."
        raise errors.GraphError(100, f"(#100) {said}", subcode=2_388_024)
    reason = verdict(parts)
    template = view.world.put(
        Template(
            id=view.world.new_id("template"),
            page=page.id,
            app=view.caller.app.id,
            name=name,
            language=language,
            category="UTILITY",
            components=parts,
            made_at=view.now,
            decided_at=view.now + view.world.review_lasts,
            verdict="REJECTED" if reason else "APPROVED",
            reason=reason,
        )
    )
    MessengerHooks(view.world, view.access).reviewed(template)
    return {"id": template.id, "status": template.status(view.now), "category": "UTILITY"}


def listed(view: View, page: Page, ask: Ask) -> Json:
    """List a page's templates, oldest first; ``name`` and ``status`` choose."""
    _need_permission(view, page)
    wanted = words_of(ask.args, "fields") or [f for f in FIELDS if f != "rejected_reason"]
    if strange := [name for name in wanted if name not in FIELDS]:
        raise errors.no_field(strange[0], "MessageTemplate")
    found = {t.id: t for t in _kept(view, page) if _fits(view, t, ask)}

    def show(template_id: str) -> Json:
        template = found[template_id]
        whole = {
            "id": template.id,
            "name": template.name,
            "language": template.language,
            "category": template.category,
            "status": template.status(view.now),
            "components": list(template.components),
        }
        if template.status(view.now) == "REJECTED":
            whole["rejected_reason"] = template.reason
        return {name: whole[name] for name in {"id", *wanted} if name in whole}

    return by_cursor(view, Ask(ask.path, ask.args, None), list(found), show, kind="Page")


def drop(view: View, page: Page, ask: Ask) -> Json:
    """Delete a template in all its languages, or with ``hsm_id`` in one."""
    _need_permission(view, page)
    if not (name := ask.args.get("name", "")):
        raise errors.lacks("name")
    only = ask.args.get("hsm_id")
    found = [t for t in _kept(view, page) if t.name == name and only in {None, t.id}]
    if not found:
        raise errors.parameter(f"There is no template called {name}.")
    for template in found:
        view.world.change(template, deleted=True)
    return {"success": True}


def _need_permission(view: View, page: Page) -> None:
    need_messaging(view, page)
    need(view.caller, UTILITY_SCOPE)


def _kept(view: View, page: Page) -> list[Template]:
    every = (view.world.one(Template, i) for i in view.world.under("templates", page.id))
    return [template for template in every if not template.deleted]


def _fits(view: View, template: Template, ask: Ask) -> bool:
    name, status = ask.args.get("name"), ask.args.get("status")
    return name in {None, template.name} and status in {None, template.status(view.now)}


def _components(text: str) -> tuple[Json, ...]:
    """Read what a template is made of.

    Raises:
        GraphError: it is not well formed (100).
    """
    if not text:
        raise errors.lacks("components")
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise errors.parameter("Param components must be an array.")
    for part in found:
        _check_part(part)
    if [part["type"] for part in found].count("BODY") != 1:
        raise errors.parameter("Param components must hold one BODY.")
    return tuple(found)


def _check_part(part: Any) -> None:
    part["type"] = kind = str(part.get("type", "")).upper()
    if kind not in PARTS:
        raise errors.parameter(f"Param components[type] must be one of {{{', '.join(PARTS)}}}")
    if kind == "BODY" and not 1 <= len(str(part.get("text", ""))) <= MOST_BODY:
        raise errors.parameter(f"The text of a BODY must have 1 to {MOST_BODY} signs.")
    for button in part.get("buttons", ()) if kind == "BUTTONS" else ():
        if str(button.get("type", "")).upper() not in BUTTONS:
            words = ", ".join(BUTTONS)
            raise errors.parameter(f"Param components[buttons][type] must be one of {{{words}}}")
