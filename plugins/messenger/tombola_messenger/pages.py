"""The page on which a team sees how its utility templates stand, and asks for their approval."""

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from tombola.api import Account, Ctx, Invalid, Text
from tombola_messenger import reviews
from tombola_messenger.reviews import Line
from tombola_messenger.wordings import LANGUAGES

pages = Blueprint("pages", __name__, template_folder="templates")

#: How languages call themselves.
NAMES = {"en": "English", "de": "Deutsch", "es": "Español", "ar": "العربية"}


@dataclass(frozen=True, slots=True)
class Shown:
    """A page with its templates."""

    page: Account
    lines: list[Line]

    @property
    def asked_at(self) -> datetime | None:
        """When Meta was asked last."""
        return max((each.asked_at for each in self.lines if each.asked_at), default=None)


@pages.get("/")
def all_pages() -> ResponseReturnValue:
    """Show every page."""
    return _show()


@pages.post("/<page>/ask")
def ask(page: str) -> ResponseReturnValue:
    """Ask Meta to approve what is missing in the chosen languages."""
    _known(page)
    languages = [each for each in request.form.getlist("language") if each in LANGUAGES]
    if not languages:
        return _show(page, "Choose at least one language."), 422
    try:
        reviews.ask(_ctx(), page, languages)
    except Invalid as wrong:
        return _show(page, wrong.errors[""]), 422
    return redirect(_here() + f"#page-{page}", 303)


def _show(wrong: str = "", error: Text | None = None) -> str:
    ctx = _ctx()
    shown = [Shown(each, list(reviews.of_page(ctx, each.uid))) for each in reviews.pages(ctx)]
    return render_template(
        "tombola_messenger/pages.html",
        shown=shown,
        names=NAMES,
        wrong=wrong,
        error=error,
        ask_href=lambda page: url_for(".ask", team=_slug(), page=page),
        accounts_href=f"/team/{_slug()}/accounts",
    )


def _known(page: str) -> None:
    if page not in {each.uid for each in reviews.pages(_ctx())}:
        abort(404)


def _ctx() -> Ctx:
    ctx: Ctx = g.tombola
    return ctx


def _here() -> str:
    return url_for(".all_pages", team=_slug())


def _slug() -> str:
    return str((request.view_args or {}).get("team", ""))
