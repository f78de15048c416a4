"""The health page for people, and ``/healthz`` for machines."""

import re

from flask import flash, jsonify, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from tombola.api import Audience
from tombola.installation import current
from tombola.operators import health
from tombola.queue import tasks
from tombola.teams import doors
from tombola.teams.audit import audit
from tombola.web.i18n import gettext as _
from tombola.web.navigation import Place
from tombola.web.routing import Pages

#: A place on the disk, as a reason may name it; it is nobody's business outside.
_PATH = re.compile(r"(?<![\w:/])/(?:[^\s()'\"]+/)[^\s()'\"]*")

pages = Pages("operators", __name__)
pages.link(Place.OPERATOR, "Health", "health_page", order=40)


@pages.get("/operator/health", audience=Audience.OPERATOR)
def health_page() -> ResponseReturnValue:
    """Everything that could be unwell, with the remedy."""
    return render_template("operators/health.html", health=health.look(current(), ask_plugins=True))


@pages.post("/operator/duties/<int:number>/retry", audience=Audience.OPERATOR)
def retry(number: int) -> ResponseReturnValue:
    """Let a duty that was given up run once more."""
    inst = current()
    now = inst.clock()
    with inst.db.write() as conn:
        tasks.retry(conn, number, now)
        audit(conn, doors.actor(), "duty.retried", str(number), {}, now)
    flash(_("It runs again."), "good")
    return redirect(url_for("operators.health_page"), 303)


@pages.post("/operator/duties/<int:number>/forget", audience=Audience.OPERATOR)
def forget(number: int) -> ResponseReturnValue:
    """Give up for good a duty that died or waits, for example for a plugin that is gone."""
    inst = current()
    now = inst.clock()
    with inst.db.write() as conn:
        gone = tasks.forget(conn, number)
        detail = {"kind": gone.kind, "key": gone.key}
        audit(conn, doors.actor(), "duty.forgotten", str(number), detail, now)
    flash(_("It is forgotten."), "good")
    return redirect(url_for("operators.health_page"), 303)


@pages.get("/healthz", audience=Audience.PUBLIC)
def healthz() -> ResponseReturnValue:
    """For machines: 200 while requests can be served, 503 while they cannot. No secrets."""
    found = health.look(current())
    body = {
        "status": found.status,
        "because": found.because,
        "database": found.database,
        "redis": found.redis,
        "reconciler": found.reconciler,
        "waiting": found.waiting,
        "plugins": {
            one.slug: {"state": one.state, "reason": _PATH.sub("…", one.public_reason)}
            for one in found.plugins
        },
    }
    answer = jsonify(body)
    answer.status_code = 200 if found.database else 503
    answer.headers["Cache-Control"] = "no-store"
    return answer
