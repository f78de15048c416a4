"""Pages on which files are sent, and on which somebody says what their columns are."""

import csv
from collections.abc import Iterator
from io import StringIO
from typing import Any
from urllib.parse import urlencode
from zoneinfo import available_timezones

from flask import Blueprint, Response, abort, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import ValidationError

from tombola.api import Ctx, Invalid, NotFound, Phrase, Text
from tombola_csv_import import store
from tombola_csv_import.columns import LABELS, Choices, Meaning
from tombola_csv_import.reading import lines_of
from tombola_csv_import.store import Stored
from tombola_csv_import.times import zone_of

files = Blueprint("files", __name__, template_folder="templates", static_folder="static")

#: Lines of the file, and of its complaints, that the page shows.
SHOWN, SHOWN_WRONG = 5, 50

DOUBLED = "Two columns are “%(what)s”. Choose one of them."


@files.get("/")
def all_files() -> ResponseReturnValue:
    """Show what the team has sent, and a form for more."""
    return _list()


@files.post("/")
def send() -> ResponseReturnValue:
    """Keep a file and go on to its columns."""
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        return _list("Choose a file first."), 422
    with sent.stream:
        raw = sent.read()
    try:
        made, _ = store.keep(_ctx(), sent.filename, raw, lines_of(raw))
    except Invalid as wrong:
        return _list(wrong.errors["file"]), 422
    return redirect(_href(".one", file_id=made), 303)


@files.get("/<file_id>")
def one(file_id: str) -> ResponseReturnValue:
    """Show the first lines below a choice for each column, and what is wrong with which line."""
    stored = _file(file_id)
    return _page(stored, store.guess(_ctx(), stored, _zone()))


@files.post("/<file_id>")
def describe(file_id: str) -> ResponseReturnValue:
    """Keep what the columns are."""
    stored = _file(file_id)
    known = store.guess(_ctx(), stored, _zone())
    form = request.form
    said = {
        "meanings": [form.get(f"column-{n}", "") for n in range(len(stored.heads))],
        "zone": form.get("zone", ""),
        "order": form.get("order", ""),
        "network": form.get("network", "").strip(),
        "known": known.known,
    }
    try:
        choices = Choices.model_validate(said)
    except ValidationError:
        abort(422)
    if zone_of(choices.zone) is None:
        abort(422)
    doubled = choices.doubled()
    if doubled is not None:
        words = Phrase(DOUBLED, {"what": LABELS[doubled]})
        return _page(stored, choices, words), 422
    store.choose(_ctx(), stored, choices)
    return redirect(_href(".one", file_id=file_id) + "#result", 303)


@files.get("/<file_id>/wrong.csv")
def wrong(file_id: str) -> ResponseReturnValue:
    """Give the lines that are not imported, each with the reason."""
    stored, ctx = _file(file_id), _ctx()
    reasons = list(store.every_wrong(ctx, stored.id))
    answer = Response("".join(_csv(reasons)), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="lines-left-out.csv"'
    return answer


@files.post("/<file_id>/remove")
def remove(file_id: str) -> ResponseReturnValue:
    """Take a file away; what was imported from it stays."""
    store.remove(_ctx(), _file(file_id))
    return redirect(_href(".all_files"), 303)


def _list(error: Text | None = None) -> str:
    return render_template(
        "tombola_csv_import/files.html",
        files=store.files(_ctx()),
        error=error,
        here=_href(".all_files"),
        href=_href,
        back=_back(),
    )


def _page(stored: Stored, choices: Choices, error: Text | None = None) -> str:
    ctx = _ctx()
    use = None
    if stored.choices is not None and stored.good and (back := _back()):
        use = f"{back}?{urlencode({'config.file': stored.id})}"
    return render_template(
        "tombola_csv_import/columns.html",
        file=stored,
        choices=choices,
        lines=store.some(ctx, stored.id, 0, SHOWN),
        wrong=store.wrong_lines(ctx, stored.id, count=SHOWN_WRONG),
        meanings=[(each.value, LABELS[each]) for each in Meaning],
        zones=sorted({*available_timezones(), choices.zone}),
        error=error,
        href=_href,
        use=use,
    )


def _csv(reasons: list[tuple[int, str]]) -> Iterator[str]:
    out = StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(["line", "reason"])
    writer.writerows(reasons)
    yield out.getvalue()


def _ctx() -> Ctx:
    ctx: Ctx = g.tombola
    return ctx


def _file(file_id: str) -> Stored:
    try:
        return store.get(_ctx(), file_id)
    except NotFound:
        abort(404)


def _zone() -> str:
    asked = request.args.get("zone", "UTC")
    return asked if zone_of(asked) is not None else "UTC"


def _back() -> str:
    """Give the page of ours that sent somebody here; "" for anything else."""
    asked = request.args.get("back", "")
    is_ours = asked.startswith(f"/team/{_slug()}/") and "//" not in asked and "\\" not in asked
    return asked if is_ours and "?" not in asked and "#" not in asked else ""


def _slug() -> str:
    return str((request.view_args or {}).get("team", ""))


def _href(endpoint: str, **values: Any) -> str:
    """Give the address of one of these pages, which knows where to go back to."""
    kept = {name: request.args[name] for name in ("back", "zone") if name in request.args}
    return url_for(endpoint, **{"team": _slug(), **values, **kept})
