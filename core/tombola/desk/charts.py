"""A campaign's entries over time, as a picture and as the table beneath it."""

from flask import render_template, request
from flask.typing import ResponseReturnValue

from tombola.api import Audience
from tombola.campaigns import service as campaigns
from tombola.campaigns.pages import campaign_of_address
from tombola.campaigns.service import Campaign
from tombola.entries import charts
from tombola.entries.charts import By
from tombola.importing import service as importing
from tombola.importing.pages import label_of
from tombola.installation import current
from tombola.teams import doors
from tombola.teams.rules import Role
from tombola.web.i18n import gettext as _
from tombola.web.navigation import Place
from tombola.web.routing import Pages

pages = Pages("charts", __name__)
pages.link(Place.CAMPAIGN, "Charts", "show", order=22, sections=("charts.",))

#: Spans that are offered, in days; 0 is all of it.
SPANS = (7, 30, 90, 0)


@pages.get("/team/<team>/campaign/<key>/charts", audience=Audience.TEAM, role=Role.VIEWER)
def show(team: str, key: str) -> ResponseReturnValue:  # noqa: ARG001 - the door has read it
    """Entries that count by day, and what they came by."""
    found = campaign_of_address(key)
    asked = request.args.get("by", "")
    by = By(asked) if asked in set(By) else By.ACTION
    span = request.args.get("days", 30, int)
    days = span if span in SPANS else 30
    made = charts.chart(current(), doors.actor(), found.uid, by, days or None)
    labels = {"": _("All others"), **_labels(found, by)}
    return render_template(
        "desk/charts.html",
        campaign=found,
        chart=made,
        by=by,
        days=days,
        spans=SPANS,
        labels=labels,
    )


def _labels(found: Campaign, by: By) -> dict[str, str]:
    inst = current()
    if by is By.SOURCE:
        sources = importing.of_campaign(inst, doors.actor(), found.id)
        causes = {"event": _("Tracking"), "submit": _("Answer"), "verify": _("Checked later")}
        return {**causes, "import": _("A removed source"), **{s.uid: label_of(s) for s in sources}}
    with inst.db.read() as conn:
        return {each.uid: each.title for each in campaigns.actions_of(conn, found.id)}
