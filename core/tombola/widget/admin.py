"""The team's page about tracking: what to put on a site, and whether it has arrived."""

from flask import render_template
from flask.typing import ResponseReturnValue

from tombola.api import Audience
from tombola.campaigns.pages import campaign_of_address
from tombola.installation import current
from tombola.teams import doors
from tombola.teams.rules import Role
from tombola.web.navigation import Place
from tombola.web.routing import Pages
from tombola.widget import scripts
from tombola.widget.doctor import report

pages = Pages("tracking", __name__)
pages.link(Place.CAMPAIGN, "Tracking", "show", order=40, sections=("tracking.",))


@pages.get("/team/<team>/campaign/<key>/tracking", audience=Audience.TEAM, role=Role.VIEWER)
def show(team: str, key: str) -> ResponseReturnValue:  # noqa: ARG001 - the door has read it
    """The two scripts, each name with its state, and the near misses."""
    found = campaign_of_address(key)
    return render_template(
        "widget/setup.html",
        campaign=found,
        address=current().settings.address,
        report=report(current(), doors.actor(), found),
        fingerprint=scripts.fingerprint,
    )


@pages.get("/team/<team>/campaign/<key>/tracking/news", audience=Audience.TEAM, role=Role.VIEWER)
def news(team: str, key: str) -> ResponseReturnValue:  # noqa: ARG001 - the door has read it
    """What has arrived, for the open page."""
    found = campaign_of_address(key)
    return render_template(
        "widget/news.html", campaign=found, report=report(current(), doors.actor(), found)
    )
