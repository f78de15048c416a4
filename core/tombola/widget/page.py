"""Everything that the landing page and the widget show, put together for their templates."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import BaseModel

from tombola.api import Identity, Text, Who
from tombola.campaigns import pictures
from tombola.campaigns.pictures import Picture as Banner
from tombola.campaigns.prizes import Prize
from tombola.campaigns.requirements import Progress as Required
from tombola.campaigns.rules import Interval, Kind, Phase
from tombola.campaigns.service import Action, Campaign
from tombola.claiming.service import Claim
from tombola.entries import wall
from tombola.entries.rules import period_ends
from tombola.entries.wall import Picture
from tombola.installation import Installation
from tombola.web.forms import Form
from tombola.web.i18n import gettext as _
from tombola.web.i18n import language, ngettext
from tombola.web.kit import ahead_text
from tombola.widget import claims, entering, rewards
from tombola.widget.acts import Result
from tombola.widget.admitting import Asking
from tombola.widget.directory import Place, proven_by
from tombola.widget.proving import Proof
from tombola.widget.rewards import RewardCard
from tombola.widget.rules import Standing
from tombola.widget.standing import Progress, progress
from tombola.widget.views import Seen, look
from tombola.widget.visitors import Visitor

#: Pictures on the small wall of an action that imports.
WALL = 6


@dataclass(frozen=True, slots=True)
class LogIn:
    """A way to enter with a network.

    Attributes:
        consent: what an entrant agrees to who is known by something else already.
        known: who the entrant is there, if that is known.
        posts: entries are made of what people post there.
    """

    key: str
    title: Text
    consent: Text | None
    known: Identity | None
    posts: bool


@dataclass(frozen=True, slots=True)
class Card:
    """One action on the page.

    Attributes:
        standing: what it shows; also the style's word.
        says: that standing in words.
        first: the actions that have to be done before it opens.
        earned: what of it counts for this entrant.
        href: where its link goes; ours first where the entrant is to be recognised.
        form: what it asks.
        notice: what came of an act just now.
        refused: that act did not count.
        claim: where posts are claimed that the network gives without an author; None elsewhere.
        goes_on: where the entrant goes on, and with which code, after the button; None before.
    """

    action: Action
    seen: Seen
    standing: Standing
    says: str
    first: tuple[Action, ...]
    earned: int
    href: str | None
    form: Form[Any] | None
    pictures: tuple[Picture, ...]
    rhythm: str
    notice: Text
    refused: bool
    claim: claims.Box | None = None
    goes_on: Result | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """The whole page."""

    campaign: Campaign
    phase: Phase
    who: Who | None
    tag: str
    worth: int
    cards: tuple[Card, ...]
    log_ins: tuple[LogIn, ...]
    enter: Form[Any]
    notice: Text
    proof: Proof
    asked: Asking
    prizes: tuple[Prize, ...]
    rewards: tuple[RewardCard, ...]
    required: Required
    pictures: tuple[Banner, ...] = ()

    @property
    def is_reward(self) -> bool:
        """Whether everybody gets something who does enough, and nothing is drawn."""
        return self.campaign.kind is Kind.REWARD

    @property
    def finished(self) -> int:
        """How many of the actions have been done, for now at least."""
        return sum(_is_done(card.standing) or bool(card.earned) for card in self.cards)

    @property
    def must_state(self) -> bool:
        """Whether nothing counts for this entrant before they have said what is asked."""
        return self.who is not None and self.asked.blocks

    @property
    def must_confirm(self) -> bool:
        """Whether nothing counts for this entrant before they have shown who they are."""
        return self.campaign.confirm_email and self.who is not None and not self.proof.proven


def show(
    inst: Installation,
    place: Place,
    met: Visitor | None,
    enter: Form[Any],
    *,
    forms: Mapping[str, Form[Any]] | None = None,
    notices: Mapping[str, Text] | None = None,
    goes_on: Mapping[str, Result] | None = None,
    proof: Proof,
    asked: Asking,
) -> Shown:
    """Put a page together.

    Args:
        inst: The installation.
        place: The campaign.
        met: The browser, if it has been here.
        enter: The form of those who are nobody yet.
        forms: Forms that came back with errors, by action.
        notices: What came of an act, by action; "" concerns the whole page.
        goes_on: Where an entrant goes on who has just pressed a button, by action.
        proof: What is shown of confirming an address.
        asked: What is asked of whoever looks; ``place`` is as their country sees it.
    """
    now = inst.clock()
    entrant_id = met.entrant_id if met is not None else None
    with inst.db.read() as conn:
        found = progress(conn, place, entrant_id, now)
        who = None
        if met is not None and entrant_id is not None:
            who = entering.who_is(conn, met.team_id, entrant_id, language())
        claimed = claims.boxes(conn, inst, place, entrant_id)
        banners = tuple(
            each for each in pictures.of_campaign(conn, place.campaign.id) if each.state == "ready"
        )
    said = notices or {}
    required = _required(place, found)
    cards = []
    for number, action in place.actions.items():
        if number not in found.earned and _is_absent(inst, place, action):
            continue
        seen = Seen(broken=True) if number in place.shut else look(inst, place.team, action, who)
        stands = (
            Standing.AWAY
            if seen.broken and not _is_done(found.standings[number])
            else (found.standings[number])
        )
        cards.append(
            Card(
                action=action,
                seen=seen,
                standing=stands,
                says=words_of(stands, place, now),
                first=required if stands is Standing.LOCKED else (),
                earned=found.earned[number].worth if number in found.earned else 0,
                href=_href(place, action, seen),
                form=_form(action, seen.ask, stands, forms or {}),
                pictures=_pictures(inst, action) if seen.imports else (),
                rhythm=rhythm(seen.every_s),
                notice=said.get(action.uid, ""),
                refused=action.uid in (forms or {}),
                claim=_claim(action, claimed.get(number), forms or {}),
                goes_on=(goes_on or {}).get(action.uid),
            )
        )
    return Shown(
        campaign=place.campaign,
        phase=place.campaign.phase(now),
        who=who,
        tag=found.tag,
        worth=found.worth,
        cards=tuple(cards),
        log_ins=_log_ins(inst, place, who),
        enter=enter,
        notice=said.get("", ""),
        proof=proof,
        asked=asked,
        pictures=banners,
        prizes=place.prizes,
        rewards=rewards.cards(inst, found.rewards, required, said),
        required=found.required,
    )


def words_of(standing: Standing, place: Place, now: datetime) -> str:
    """A standing as the page says it."""
    phase = place.campaign.phase(now)
    if standing is Standing.SHUT:
        return _("Opens when it starts") if phase is Phase.SCHEDULED else _("Closed")
    if standing is Standing.TOMORROW:
        return _("Done for today. You can do it again %(when)s.") % {
            "when": _until(Interval.DAILY, place, now)
        }
    if standing is Standing.NEXT_HOUR:
        return _("Done. You can do it again %(when)s.") % {
            "when": _until(Interval.HOURLY, place, now)
        }
    return {
        Standing.OPEN: "",
        Standing.DONE: _("Done"),
        Standing.LOCKED: _("Locked"),
        Standing.AWAY: _("Not available at the moment"),
    }[standing]


def _until(interval: Interval, place: Place, now: datetime) -> str:
    ends = period_ends(interval, now, place.zone)
    return ahead_text(ends - now) if ends is not None else ""


def _required(place: Place, found: Progress) -> tuple[Action, ...]:
    """The actions that keep others locked for this entrant."""
    return tuple(
        action
        for number, action in place.actions.items()
        if action.mandatory
        and number not in place.shut
        and number not in found.earned
        and not _is_done(found.standings[number])
    )


def rhythm(every_s: int | None) -> str:
    """How often a network is looked at, in words."""
    if every_s is None:
        return ""
    if every_s < 120:  # noqa: PLR2004 - under two minutes one counts in seconds
        return ngettext(
            "We look for new posts every %(n)s second.",
            "We look for new posts every %(n)s seconds.",
            every_s,
        ) % {"n": every_s}
    if every_s == 3600:  # noqa: PLR2004 - the usual one has a word
        return _("We look for new posts every hour.")
    if every_s < 7200:  # noqa: PLR2004 - and under two hours in minutes
        minutes = every_s // 60
        return ngettext(
            "We look for new posts every %(n)s minute.",
            "We look for new posts every %(n)s minutes.",
            minutes,
        ) % {"n": minutes}
    hours = every_s // 3600
    return ngettext(
        "We look for new posts every %(n)s hour.",
        "We look for new posts every %(n)s hours.",
        hours,
    ) % {"n": hours}


def _is_absent(inst: Installation, place: Place, action: Action) -> bool:
    """Whether there is nothing to show: a shut action that no entrant could do here anyway."""
    return action.id in place.shut and inst.plugins.action_type(action.type_key) is None


def _is_done(standing: Standing) -> bool:
    return standing in {Standing.DONE, Standing.TOMORROW, Standing.NEXT_HOUR}


def _href(place: Place, action: Action, seen: Seen) -> str | None:
    if seen.view.link is None:
        return None
    tracked = any(action in some for some in place.signals.values())
    return f"/w/{place.campaign.key}/go/{action.uid}" if tracked else seen.view.link


def _form(
    action: Action,
    model: type[BaseModel] | None,
    standing: Standing,
    sent: Mapping[str, Form[Any]],
) -> Form[Any] | None:
    if model is None or standing is not Standing.OPEN:
        return None
    return sent.get(action.uid) or Form.of(model, prefix=prefix(action.uid))


def prefix(uid: str) -> str:
    """What the controls of an action's form begin with: each name is there once on the page."""
    return f"{uid[-12:]}."


def _claim(
    action: Action, mine: tuple[Claim, ...] | None, sent: Mapping[str, Form[Any]]
) -> claims.Box | None:
    if mine is None:
        return None
    return claims.box(action, mine, sent.get(claims.form_name(action.uid)))


def _pictures(inst: Installation, action: Action) -> tuple[Picture, ...]:
    with inst.db.read() as conn:
        return tuple(wall.newest(conn, action.id, WALL))


def _log_ins(inst: Installation, place: Place, who: Who | None) -> tuple[LogIn, ...]:
    """The networks that this campaign has to do with, as far as they can be used."""
    importers = [inst.plugins.importer(each.type_key) for each in place.actions.values()]
    authors = {each.identity for each in importers if each is not None and each.identity}
    fed = {key for identity in authors for key in proven_by(inst, identity)}
    found = []
    for key in place.log_ins:
        provider = inst.plugins.provider(key)
        if provider is not None:
            known = who.identity(key) if who is not None else None
            found.append(LogIn(key, provider.title, provider.consent, known, posts=key in fed))
    return tuple(found)


def interval_words(interval: str) -> str:
    """How often an action counts, in words."""
    return {
        Interval.ONCE: _("once"),
        Interval.HOURLY: _("every hour"),
        Interval.DAILY: _("every day"),
        Interval.UNLIMITED: _("each time"),
    }[Interval(interval)]
