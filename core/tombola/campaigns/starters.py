"""Ready templates: the kinds of campaign that teams make most, put together from what is installed.

A template says what it is for; which actions stand in it, each installed plugin says of its own
kinds (``starters`` of an action type or importer). What the plan does not have is left out, and
told.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tombola.api import (
    ActionType,
    Importer,
    Invalid,
    NotAllowed,
    NotFound,
    PluginFailed,
    PluginUnavailable,
    Suggestion,
)
from tombola.api.text import render
from tombola.campaigns import actions
from tombola.campaigns.copying import ActionPart, Snapshot
from tombola.campaigns.prizes import Delivery, PrizeForm
from tombola.campaigns.rules import ActionForm, Interval, Kind
from tombola.campaigns.terms import Asks, Consent, Eligibility
from tombola.installation import Installation
from tombola.teams.rules import Actor

_REFUSALS = (NotAllowed, Invalid, NotFound, ValueError, PluginFailed, PluginUnavailable)
_Kind = ActionType[Any] | Importer[Any, Any]
_NEWS = Consent(key="news", wording="Write to me about news and offers. I can stop this any time.")


@dataclass(frozen=True, slots=True)
class Starter:
    """A ready template.

    Attributes:
        key: what plugins name it by.
        about: for whom it is, in a sentence.
        picture: a sign in ``icons.svg``.
        campaign: everything of it but the actions.
    """

    key: str
    title: str
    about: str
    picture: str
    campaign: Snapshot


STARTERS: tuple[Starter, ...] = (
    Starter(
        "photo_contest",
        "Photo contest",
        "People post photos with your hashtag; each one counts, and you see them all on a wall.",
        "eye",
        Snapshot(
            title="Photo contest",
            description="Post a photo with our hashtag and you are in. Every photo counts.",
            prizes=(PrizeForm(title="First prize"), PrizeForm(title="Second prize", winners=3)),
        ),
    ),
    Starter(
        "comment_to_win",
        "Comment to win",
        "Comments under one of your posts become entries, without anybody leaving the network.",
        "source",
        Snapshot(
            title="Comment to win",
            description="Comment below our post and you are in. We draw when it ends.",
            lasts_s=7 * 86_400,
            prizes=(PrizeForm(title="The prize"),),
        ),
    ),
    Starter(
        "launch_list",
        "Launch list",
        "Gather the addresses of people who want to hear first, and draw early access among them.",
        "flag",
        Snapshot(
            title="Be there first",
            description="Leave your address, tell us what you hope for, and be among the first.",
            confirm_email=False,
            asks=Asks(consents=(_NEWS,)),
            prizes=(PrizeForm(title="Early access", winners=10),),
        ),
    ),
    Starter(
        "refer_and_buy",
        "Thank buyers",
        "A reward for whoever buys from you: your shop reports the order, the code unlocks.",
        "key",
        Snapshot(
            kind=Kind.REWARD,
            title="Thank you for your order",
            description="Order in our shop, and a thank-you unlocks here.",
            lasts_s=90 * 86_400,
            prizes=(
                PrizeForm(
                    title="A thank-you",
                    needs=1,
                    delivery=Delivery.TEXT,
                    delivery_text="Write it here.",
                ),
            ),
        ),
    ),
    Starter(
        "check_in",
        "Check in",
        "For an event or a shop: whoever finds the word on the wall enters, once a day.",
        "check",
        Snapshot(
            title="Check in and win",
            description="Find the word of the day where we are, and type it in here.",
            lasts_s=14 * 86_400,
            prizes=(PrizeForm(title="The prize"),),
        ),
    ),
    Starter(
        "grown_ups",
        "For adults, by country",
        "A sweepstake with a minimum age, the countries it is for, and its rules to fill in.",
        "lock",
        Snapshot(
            title="Win with us",
            description="Take part once a day until it ends.",
            eligibility=Eligibility(min_age=18, ask_country=True),
            rules_text=(
                "# Who may take part\n\nEverybody of 18 years or more who lives in one of the "
                "countries named here.\n\n# How winners are found\n\nWinners are drawn by lot "
                "among all entries that count. The draw can be checked by anyone."
            ),
            asks=Asks(consents=(_NEWS,)),
            prizes=(PrizeForm(title="The prize"),),
        ),
    ),
)


def find(key: str) -> Starter:
    """One of them. Raises NotFound."""
    for each in STARTERS:
        if each.key == key:
            return each
    raise NotFound("There is no such template.")


def snapshot(inst: Installation, actor: Actor, starter: Starter) -> tuple[Snapshot, list[str]]:
    """A template with the actions that installed plugins suggest for it.

    Calls plugins, so never in a transaction.

    Returns:
        It, and the titles of actions that were left out since the plan does not have them.
    """
    parts, left = [], []
    for number, (kind, wish) in enumerate(_wishes(inst, starter.key)):
        title = str(wish.title)
        try:
            form = _form(kind, wish)
            judged = actions.judge(inst, actor, form)
        except _REFUSALS:
            left.append(title)
            continue
        parts.append(
            ActionPart(
                ref=str(number),
                type_key=form.type_key,
                title=form.title,
                description=form.description,
                config=judged.config,
                config_version=judged.config_version,
                interval=form.interval.value,
                worth=form.worth,
                signals=tuple((name, judged.proof.value, judged.redact) for name in judged.signals),
            )
        )
    return starter.campaign.model_copy(update={"actions": tuple(parts)}), left


def _wishes(inst: Installation, key: str) -> Iterator[tuple[_Kind, Suggestion]]:
    kinds: list[_Kind] = [*inst.plugins.action_types(), *inst.plugins.importers()]
    for kind in kinds:
        for wish in kind.starters.get(key, ()):
            yield kind, wish


def _form(kind: _Kind, wish: Suggestion) -> ActionForm:
    return ActionForm(
        type_key=kind.key,
        title=render(wish.title),
        description=render(wish.description),
        config=dict(wish.config),
        worth=wish.worth,
        interval=Interval(wish.interval),
    )
