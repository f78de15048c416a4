"""A campaign as an entrant would see it: nobody is met, nothing is kept, no script runs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from flask import render_template

from tombola.admission.rules import Open, Stated
from tombola.api import NotFound, Text, Who
from tombola.campaigns.rules import Phase
from tombola.campaigns.service import Campaign
from tombola.installation import Installation
from tombola.mail import service as mail
from tombola.web import i18n
from tombola.web.forms import Form
from tombola.web.i18n import gettext as _
from tombola.widget import admitting, directory, scripts
from tombola.widget.admitting import Asking
from tombola.widget.page import interval_words, show
from tombola.widget.proving import PREFIX, Address, Proof
from tombola.widget.replies import enter_of
from tombola.widget.wording import said as said_by


@dataclass(frozen=True, slots=True)
class Look:
    """Through whose eyes.

    Attributes:
        joined: somebody who takes part; else a newcomer.
        phase: when: before the start, while it runs, after the end.
        country: where they have said to live; "" for nowhere.
    """

    joined: bool
    phase: Phase
    country: str = ""


def render(
    inst: Installation,
    key: str,
    look: Look,
    act: Callable[[str], str],
    notices: Mapping[str, Text],
) -> str:
    """The landing page, as a whole document.

    Args:
        inst: The installation.
        key: The campaign's.
        look: Through whose eyes.
        act: Gives the address of a form or link of the page by what it is for.
        notices: As of ``page.show``.

    Raises:
        NotFound: There is no such campaign.
    """
    place = directory.read(inst, key)
    if place is None:
        raise NotFound(_("There is no such campaign."))
    i18n.speak(place.campaign.language)
    then = _moment(place.campaign, look.phase, inst.clock())
    there = replace(inst, clock=lambda: then)
    with inst.db.read() as conn:
        asked = admitting.asking(conn, there, place, None)
    if look.joined:
        said = Stated(country=look.country or None, admitted=True, detailed=True)
        asked = Asking(said, Open(), None, blocks=False)
    proof = Proof(mail.is_on(inst), None, look.joined, Form.of(Address, prefix=PREFIX))
    seen = place.seen_from(look.country or None)
    enter = Form.of(enter_of(place))
    shown = show(there, seen, None, enter, notices=notices, proof=proof, asked=asked)
    if look.joined:
        shown = replace(shown, who=Who("preview", (), _("somebody"), i18n.language()))
    here = act("")
    return render_template(
        "widget/page.html",
        preview=True,
        outcomes=(),
        shown=shown,
        mild=True,
        framed=False,
        forgetful=False,
        languages=(),
        language_name=i18n.name_of,
        landing=here,
        address=f"{inst.settings.address}/{key}",
        home=here,
        hand="",
        act=act,
        say=lambda where: said_by(place.campaign, where),
        interval_words=interval_words,
        fingerprint=scripts.fingerprint,
    )


def _moment(campaign: Campaign, phase: Phase, now: datetime) -> datetime:
    """A moment of that phase, the present one where it lies in it."""
    if campaign.phase(now) is phase:
        return now
    return {
        Phase.SCHEDULED: campaign.starts_at - timedelta(minutes=1),
        Phase.RUNNING: campaign.starts_at,
        Phase.ENDED: campaign.ends_at,
    }[phase]
