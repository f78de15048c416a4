"""A team's own words on its entrants' pages, language by language."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from tombola.api import Audience
from tombola.campaigns import service
from tombola.campaigns.pages import campaign_of_address
from tombola.campaigns.service import Campaign
from tombola.installation import current
from tombola.teams import doors
from tombola.teams.rules import Role
from tombola.web import i18n
from tombola.web.i18n import gettext as _
from tombola.web.routing import Pages
from tombola.web.texts import clean
from tombola.widget.wording import LONGEST, WORDINGS

pages = Pages("words", __name__)
_RULE = "/team/<team>/campaign/<key>/words"


@pages.get(_RULE, audience=Audience.TEAM, role=Role.EDITOR)
def edit(team: str, key: str) -> ResponseReturnValue:  # noqa: ARG001 - the door has read it
    """Ours as examples, the team's own to be written over them."""
    found = campaign_of_address(key)
    tag = _tag(request.args.get("language", ""), found)
    return _page(found, tag, found.words.get(tag, {}), {})


@pages.post(_RULE, audience=Audience.TEAM, role=Role.EDITOR)
def save(team: str, key: str) -> ResponseReturnValue:
    """Keep the words of one language."""
    found = campaign_of_address(key)
    tag = _tag(request.form.get("language", ""), found)
    written = {place: " ".join(clean(request.form.get(place, "")).split()) for place in WORDINGS}
    wrong = {
        place: _("At most %(n)d characters fit.") % {"n": LONGEST}
        for place, text in written.items()
        if len(text) > LONGEST
    }
    if wrong:
        return _page(found, tag, written, wrong), 422
    service.say(current(), doors.actor(), found.uid, tag, written)
    flash(_("Saved."), "good")
    return redirect(url_for("words.edit", team=team, key=key, language=tag), 303)


def _tag(asked: str, found: Campaign) -> str:
    """The language whose words are shown: the one asked for, else the campaign's own."""
    return next((tag for tag in (asked, found.language) if tag in i18n.known()), i18n.SOURCE)


def _page(found: Campaign, tag: str, written: dict[str, str], wrong: dict[str, str]) -> str:
    ours = {place: i18n.in_language(tag, each.ours) for place, each in WORDINGS.items()}
    return render_template(
        "desk/words.html",
        campaign=found,
        tag=tag,
        languages=[(each, i18n.name_of(each)) for each in i18n.known()],
        wordings=WORDINGS,
        ours=ours,
        written=written,
        wrong=wrong,
        longest=LONGEST,
    )
