"""Sentences of ours that a team may say in its own words, and which are said in the end."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tombola.campaigns.service import Campaign
from tombola.web.i18n import gettext, language
from tombola.web.i18n import marked as _

#: Characters of a team's own words for one place.
LONGEST = 300


@dataclass(frozen=True, slots=True)
class Wording:
    """One place on entrants' pages.

    Attributes:
        ours: what stands there otherwise, in English.
        where: where that is, for the team.
    """

    ours: str
    where: str


WORDINGS: Final[Mapping[str, Wording]] = {
    "join": Wording(_("Take part"), "Heading above the form to join in"),
    "button": Wording(_("Join in"), "Button to join in"),
    "actions": Wording(_("Ways to take part"), "Heading above the actions"),
    "go": Wording(_("Go and do it"), "Button of an action's link, unless the action names its own"),
    "done": Wording(_("Done. Your entries are in the drum."), "After an action was done"),
    "done_reward": Wording(_("Done. That counts."), "After an action of a reward was done"),
    "ended": Wording(_("This is over."), "When the campaign has ended"),
    "terms": Wording(
        _("By joining in you agree to the terms."), "Beside the button, if there are terms"
    ),
}


def said(campaign: Campaign, place: str) -> str:
    """The team's words for a place in the reader's language, or ours. Plain text, to be escaped."""
    own = campaign.words.get(language(), {}).get(place, "")
    return own or gettext(WORDINGS[place].ours)
