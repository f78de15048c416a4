"""The team's page about tracking: what to put on a site, and whether it has arrived."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from tombola.api import Audience, Invalid, NotAllowed, PluginFailed, PluginUnavailable, Proof
from tombola.campaigns.pages import campaign_of_address
from tombola.campaigns.service import Campaign
from tombola.installation import current
from tombola.teams import doors
from tombola.teams.rules import Role
from tombola.web.i18n import gettext as _
from tombola.web.navigation import Place
from tombola.web.routing import Pages
from tombola.widget import console, samples, scripts, secrets
from tombola.widget.adopting import adopt
from tombola.widget.doctor import Report, report

pages = Pages("tracking", __name__)
pages.link(Place.CAMPAIGN, "Tracking", "show", order=40, sections=("tracking.",))

_BASE = "/team/<team>/campaign/<key>/tracking"
_READ = {"audience": Audience.TEAM, "role": Role.VIEWER}
_CHANGE = {"audience": Audience.TEAM, "role": Role.EDITOR}
#: Longer than any name or value that is taken, so that the console can say that it is too long.
_LONGEST_TRY = 20_000


@pages.get(_BASE, **_READ)
def show(team: str, key: str) -> ResponseReturnValue:  # noqa: ARG001 - the door has read it
    """The scripts, each name with its state, the near misses, recipes, code and the console."""
    return _page(campaign_of_address(key))


@pages.get(f"{_BASE}/news", **_READ)
def news(team: str, key: str) -> ResponseReturnValue:  # noqa: ARG001 - the door has read it
    """What has arrived, for the open page; 204 while it shows all there is."""
    found = campaign_of_address(key)
    now = report(current(), doors.actor(), found)
    if request.args.get("seen") == now.state:
        return "", 204
    return render_template("widget/news.html", campaign=found, report=now)


@pages.get(f"{_BASE}/try", **_READ)
def attempt(team: str, key: str) -> ResponseReturnValue:  # noqa: ARG001 - the door has read it
    """What would become of an event. It is read only: nothing is sent and nothing is kept."""
    found = campaign_of_address(key)
    name = request.args.get("name", "").strip()[:_LONGEST_TRY]
    value = request.args.get("value", "")[:_LONGEST_TRY]
    asked = request.args.get("proof", "")
    proof = Proof(asked) if asked in set(Proof) else Proof.BROWSER
    trial = console.attempt(current(), doors.actor(), found, name, value, proof) if name else None
    if request.headers.get("HX-Request") == "true":
        return render_template("widget/trial.html", campaign=found, trial=trial)
    return _page(found, trial=trial)


@pages.post(f"{_BASE}/adopt", **_CHANGE)
def take_name(team: str, key: str) -> ResponseReturnValue:
    """Give an action the name that nearly was its own."""
    found = campaign_of_address(key)
    name = request.form.get("name", "")
    try:
        adopt(current(), doors.actor(), found, request.form.get("action", ""), name)
    except Invalid as wrong:
        flash(" ".join(_(str(text)) for text in wrong.errors.values()), "error")
    except NotAllowed as no:
        flash(_(str(no.denied.reason)), "error")
    except (PluginFailed, PluginUnavailable):
        flash(_("The plugin of this action cannot be asked now. Please try again later."), "error")
    else:
        flash(_("From now on “%(name)s” completes it, too.") % {"name": name}, "good")
    return redirect(url_for("tracking.show", team=team, key=key), 303)


@pages.post(f"{_BASE}/secret", **_CHANGE)
def reveal(team: str, key: str) -> ResponseReturnValue:  # noqa: ARG001 - the door has read it
    """Show the secret that the site's backend signs with; the first one is made now."""
    found = campaign_of_address(key)
    return _page(found, secrets=secrets.shown(current(), doors.actor(), found))


@pages.post(f"{_BASE}/secret/renew", **_CHANGE)
def renew(team: str, key: str) -> ResponseReturnValue:  # noqa: ARG001 - the door has read it
    """Make a new secret, and show it."""
    found = campaign_of_address(key)
    made = secrets.rotate(current(), doors.actor(), found)
    flash(_("There is a new secret. The old one is good for another 24 hours."), "good")
    return _page(found, secrets=made)


def _page(found: Campaign, **more: Any) -> str:
    address = current().settings.address
    said = report(current(), doors.actor(), found)
    context: dict[str, Any] = {"trial": None, "secrets": (), **more}
    return render_template(
        "widget/setup.html",
        campaign=found,
        address=address,
        report=said,
        fingerprint=scripts.fingerprint,
        snippet=scripts.snippet(address, found.key),
        asked=request.args,
        code=_Code(address, found.key, _first_name(said)),
        **context,
    )


class _Code:
    """The code on the page, with the campaign's key and a name."""

    def __init__(self, address: str, key: str, name: str) -> None:
        self.name = name
        self.sign = samples.samples("sign", address=address, key=key, name=name)
        self.send = samples.samples("send", address=address, key=key, name=name)
        self.recipes = {use: samples.recipe(use, name) for use in samples.RECIPES}
        self.signed_push = samples.signed_push(name)
        self.consent = samples.consent()
        self.trigger = samples.trigger


def _first_name(said: Report) -> str:
    return said.tracked[0].names[0].name if said.tracked else "Purchase"
