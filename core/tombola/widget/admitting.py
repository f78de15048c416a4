"""What an entrant still has to say on the page, and the acts with which they do."""

from dataclasses import dataclass
from typing import Any

from flask import Request
from pydantic import BaseModel
from sqlalchemy import Connection, select

from tombola.admission import rules
from tombola.admission import service as admission
from tombola.admission.rules import Open, Stated
from tombola.campaigns.terms import Need
from tombola.entrants import service as entrants
from tombola.entries.models import participation
from tombola.installation import Installation
from tombola.web.countries import listed
from tombola.web.forms import Form
from tombola.web.i18n import gettext as _
from tombola.web.i18n import language, ngettext
from tombola.widget import settle, visitors
from tombola.widget.directory import Directory, Place
from tombola.widget.visitors import Visitor

#: What the form's controls begin with: the form to enter stands beside it.
PREFIX = "st."


@dataclass(frozen=True, slots=True)
class Asking:
    """What the page asks of whoever looks at it.

    Attributes:
        said: what they have said before.
        still: what they have yet to say.
        form: the form for it; None: nothing is asked.
        blocks: nothing more counts before.
    """

    said: Stated | None
    still: Open
    form: Form[Any] | None
    blocks: bool

    @property
    def country(self) -> str | None:
        """Where they have said to live."""
        return self.said.country if self.said is not None else None


def asking(
    conn: Connection,
    inst: Installation,
    place: Place,
    met: Visitor | None,
    *,
    sent: Form[Any] | None = None,
) -> Asking:
    """What is asked of a browser's person; of nobody yet, what they are asked with joining in.

    ``sent`` is the form that came back with errors.
    """
    campaign = place.campaign
    said, acted, wants_email = None, False, campaign.asks.email is Need.NO
    if met is not None and met.entrant_id is not None:
        said = admission.stated(conn, campaign.id, met.entrant_id)
        acted = _has_acted(conn, campaign.id, met.entrant_id)
        wants_email = entrants.get(conn, met.team_id, met.entrant_id).email is None
    still = rules.still_open(campaign.eligibility, campaign.asks, said, acted=acted)
    form = sent
    if form is None and still:
        form = _worded(
            Form.of(_model(inst, place, still, wants_email=wants_email), prefix=PREFIX), place
        )
    return Asking(said, still, form, rules.blocks(campaign.asks, still))


def read(place: Place, asked: Asking, request: Request) -> Form[Any] | None:
    """The form that was sent; None where nothing is asked."""
    if asked.form is None:
        return None
    form = Form.sent(asked.form.model, request.form, prefix=PREFIX)
    return _worded(form, place)


def keep(
    inst: Installation, directory: Directory, place: Place, met: Visitor, value: BaseModel
) -> None:
    """Keep what an entrant has said; what waited for it is recorded now."""
    now = inst.clock()
    if met.entrant_id is None:
        return
    with inst.db.write() as conn:
        mine = entrants.identities_of(conn, met.team_id, met.entrant_id)
        if not mine:
            return
        before = admission.stated(conn, place.campaign.id, met.entrant_id)
        admission.keep(conn, place.campaign, mine[0].id, before, value, now)
        email = getattr(value, "email", "")
        if email:
            admission.keep_email(conn, met.team_id, met.entrant_id, email)
        bound = visitors.standing_for(conn, met.team_id, met.id)
    settle.claim(inst, directory, met.team_id, bound)


def seen_by(inst: Installation, place: Place, met: Visitor | None) -> Place:
    """The campaign as a browser's person sees it, by the country that they have said."""
    if not place.free:
        return place
    with inst.db.read() as conn:
        return place.seen_from(country_of(conn, place, met.entrant_id if met else None))


def country_of(conn: Connection, place: Place, entrant_id: int | None) -> str | None:
    """Where an entrant has said to live; None for nobody."""
    if entrant_id is None:
        return None
    said = admission.stated(conn, place.campaign.id, entrant_id)
    return said.country if said is not None else None


def _has_acted(conn: Connection, campaign_id: int, entrant_id: int) -> bool:
    mine = (participation.c.campaign_id == campaign_id, participation.c.entrant_id == entrant_id)
    found = select(participation.c.entries).where(*mine, participation.c.entries > 0)
    return conn.execute(found).first() is not None


def _model(inst: Installation, place: Place, still: Open, *, wants_email: bool) -> type[BaseModel]:
    today = place.campaign.local(inst.clock()).date()
    terms, asks = place.campaign.eligibility, place.campaign.asks
    return rules.model_of(terms, asks, still, today, wants_email=wants_email)


def _worded(form: Form[Any], place: Place) -> Form[Any]:
    """The form with countries in the reader's language, and the age that is asked."""
    age = place.campaign.eligibility.min_age or 0
    said = ngettext("I am at least %(n)d year old.", "I am at least %(n)d years old.", age) % {
        "n": age
    }
    form = form.with_label("of_age", said)
    for question in place.campaign.asks.questions:
        if question.options:
            choices = [("", _("Choose…")), *((each, each) for each in question.options)]
            form = form.with_choices(f"q_{question.key}", choices)
    return form.with_choices("country", [("", _("Choose…")), *listed(language())])
