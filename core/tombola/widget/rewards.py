"""What the page shows of prizes: those of a competition as they are, rewards with one's own way."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from tombola.api import Text
from tombola.campaigns.prizes import Delivery, Prize
from tombola.campaigns.requirements import Progress, progress
from tombola.campaigns.rules import Kind, Phase
from tombola.campaigns.service import Action
from tombola.entries import doing
from tombola.installation import Installation
from tombola.rewards import service, shelf
from tombola.rewards.rules import Standing, standing
from tombola.rewards.shelf import Claim
from tombola.web.i18n import gettext as _
from tombola.web.i18n import ngettext
from tombola.widget.directory import Place


@dataclass(frozen=True, slots=True)
class Reward:
    """A reward as it stands for one entrant; ``claim`` is theirs, if they have it."""

    prize: Prize
    standing: Standing
    progress: Progress
    claim: Claim | None = None


@dataclass(frozen=True, slots=True)
class Standings:
    """How somebody stands: rewards by the prize's number, and what a competition asks for."""

    rewards: Mapping[int, Reward]
    required: Progress


@dataclass(frozen=True, slots=True)
class RewardCard:
    """One reward on the page.

    Attributes:
        says: the standing in words.
        first: required actions that are not done.
        code: the code, once it is theirs.
        text: what the team says to whoever has it.
        notice: what came of an act just now.
    """

    reward: Reward
    says: str
    first: tuple[Action, ...]
    code: str
    text: str
    notice: Text

    @property
    def state(self) -> str:
        """What tells one state of it from another, for the page's script."""
        done = self.reward.progress
        delivered = self.reward.claim is not None and self.reward.claim.delivered_at is not None
        return f"{self.reward.standing}:{done.have}/{done.total}{':sent' if delivered else ''}"


def mandatory(place: Place) -> frozenset[int]:
    """The actions that have to be done; what is away cannot be required."""
    return frozenset(
        number
        for number, action in place.actions.items()
        if action.mandatory and number not in place.shut
    )


def standings(conn: Connection, place: Place, entrant_id: int | None, phase: Phase) -> Standings:
    """How an entrant stands; nobody has done anything."""
    campaign = place.campaign
    is_reward = campaign.kind is Kind.REWARD
    if not is_reward and not campaign.actions_required:
        return Standings({}, Progress(0, 0))
    did = doing.done(conn, campaign.id, entrant_id) if entrant_id is not None else set()
    if not is_reward:
        return Standings({}, progress(did, campaign.actions_required))
    mine = shelf.of_entrant(conn, campaign.id, entrant_id) if entrant_id is not None else {}
    must = mandatory(place)
    listed = {each.id: each for each in place.prizes}
    gone = {number: claim.prize for number, claim in mine.items() if number not in listed}
    found = {}
    for number, each in (listed | gone).items():
        claim = mine.get(number)
        way = progress(did, each.needs, must)
        stands = standing(
            phase,
            claim.state if claim is not None else None,
            left=way.left,
            in_stock=number not in place.sold_out,
        )
        found[number] = Reward(each, stands, way, claim)
    return Standings(found, Progress(0, 0))


def cards(
    inst: Installation,
    found: Mapping[int, Reward],
    first: tuple[Action, ...],
    notices: Mapping[str, Text],
) -> tuple[RewardCard, ...]:
    """The rewards of a page; codes that are looked at now count as seen."""
    held = [
        each.claim
        for each in found.values()
        if each.claim is not None and each.standing is Standing.CLAIMED
    ]
    codes = service.show(inst, held) if held else {}
    return tuple(
        RewardCard(
            reward=each,
            says=words_of(each),
            first=first if each.standing is Standing.LOCKED else (),
            code=codes.get(each.claim.id, "") if each.claim is not None else "",
            text=each.prize.delivery_text if each.standing is Standing.CLAIMED else "",
            notice=notices.get(each.prize.uid, ""),
        )
        for each in found.values()
    )


def words_of(reward: Reward) -> str:
    """How a reward stands, as the page says it."""
    if reward.standing is Standing.LOCKED:
        return ngettext(
            "%(n)d more action opens it", "%(n)d more actions open it", reward.progress.left
        ) % {"n": reward.progress.left}
    if reward.standing is Standing.UNDONE:
        reason = reward.claim.reason if reward.claim is not None else ""
        return _("It was taken back: %(reason)s") % {"reason": reason or ""}
    if reward.standing is Standing.CLAIMED:
        return _claimed(reward)
    return {
        Standing.UNLOCKED: _("It is open for you."),
        Standing.SOLD_OUT: _("Nothing is left of it."),
        Standing.SHUT: _("It cannot be claimed now."),
    }[reward.standing]


def _claimed(reward: Reward) -> str:
    if reward.prize.delivery is not Delivery.CONTACT:
        return _("It is yours.")
    if reward.claim is not None and reward.claim.delivered_at is not None:
        return _("It is yours, and it was sent to you.")
    return _("It is yours. You will be written to.")


def refusal(came: service.Came) -> str:
    """Why a reward was not given, as the page says it."""
    return {
        service.Came.LOCKED: _("It is not open for you yet. Do first what is asked for."),
        service.Came.SOLD_OUT: _("Nothing is left of it. Somebody else had the last one."),
        service.Came.UNDONE: _("It was taken back and cannot be claimed again."),
        service.Came.SHUT: _("It cannot be claimed now."),
        service.Came.ENTER: _("Please take part first."),
    }[came]


def letter(inst: Installation, place: Place, prize: Prize, code: str | None) -> tuple[str, str]:
    """Subject and text of the mail that brings a reward."""
    facts = {
        "prize": " ".join(prize.title.split()),
        "campaign": " ".join(place.campaign.title.split()),
        "address": f"{inst.settings.address}/{place.campaign.key}",
    }
    parts = [_("“%(prize)s” from “%(campaign)s” is yours.") % facts]
    if code is not None:
        parts.append(_("Your code: %(code)s") % {"code": code})
    if prize.delivery_text:
        parts.append(prize.delivery_text)
    elif prize.delivery is Delivery.CONTACT:
        parts.append(_("You will be written to."))
    parts.append(_("You find it again here: %(address)s") % facts)
    return _("Yours: %(prize)s") % facts, "\n\n".join(parts) + "\n"
