"""What the Messages tab shows, put together for its templates."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tombola.api import Channel, Ctx, PluginFailed, PluginUnavailable, PolicyRule, Purpose, Text
from tombola.campaigns.service import Campaign
from tombola.installation import Installation
from tombola.messages import audience, broadcasting, consents, listing
from tombola.messages.audience import Preview
from tombola.messages.broadcasting import Broadcast
from tombola.messages.consents import Yes
from tombola.messages.listing import Line
from tombola.messages.promises import promised
from tombola.messages.rules import State
from tombola.teams.rules import Actor
from tombola.web.i18n import gettext as _

#: People that the tab looks at for each kind of message; the page before sending looks at more.
LOOKED = 2_000


@dataclass(frozen=True, slots=True)
class Network:
    """A channel with the rules of its network that hold now, or why it cannot be asked.

    Attributes:
        page: words and address of a page of the plugin's own, for editors.
    """

    title: Text
    rules: Sequence[PolicyRule]
    away: Text = ""
    page: tuple[Text, str] | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """The tab.

    Attributes:
        agreed: people who agreed to what the campaign promises now, to something earlier, and who
            said no.
        planned: what could be sent, with who could get it today.
        more: there are older messages than ``lines``.
        held_back: why accounts send nothing now, and until when if that is known.
    """

    agreed: tuple[int, int, int]
    planned: Sequence[tuple[Purpose, Preview]]
    broadcasts: Sequence[Broadcast]
    lines: Sequence[Line]
    more: bool
    counts: dict[State, int]
    interested: Sequence[Yes]
    networks: Sequence[Network]
    held_back: Sequence[tuple[Text, datetime | None]] = ()

    @property
    def is_new(self) -> bool:
        """Whether there is nobody to write to and nothing was ever written."""
        asked = any(found.people for _, found in self.planned)
        return not asked and not any(self.counts.values()) and not any(self.agreed)


def show(
    inst: Installation,
    actor: Actor,
    campaign: Campaign,
    states: tuple[State, ...],
    before: int | None,
) -> Shown:
    """Put the tab together; ``states`` and ``before`` choose the messages that it lists."""
    planned = [
        (each, audience.preview(inst, actor, campaign.uid, each, most=LOOKED))
        for each in broadcasting.PURPOSES
    ]
    networks = [_network(inst, actor, each) for each in inst.plugins.channels()]
    with inst.db.read() as conn:
        lines = listing.page(conn, campaign.id, states, before)
        return Shown(
            agreed=consents.counted(conn, campaign.id, promised(conn, campaign)),
            planned=planned,
            broadcasts=broadcasting.listing(conn, campaign.id),
            lines=lines[: listing.PAGE],
            more=len(lines) > listing.PAGE,
            counts=listing.counted(conn, campaign.id),
            interested=consents.interested(conn, campaign.id),
            networks=networks,
            held_back=listing.held_back(conn, actor.team_id, inst.clock()),
        )


def _network(inst: Installation, actor: Actor, channel: Channel) -> Network:
    now = inst.clock()

    def ask(ctx: Ctx) -> list[PolicyRule]:
        return [each for each in channel.policy(ctx, now) if _holds(each, now)]

    page = None
    if channel.prepare is not None:
        words, path = channel.prepare
        page = words, f"p/{channel.key.partition('.')[0]}/{path}"
    try:
        known = inst.plugins.call(channel.key, actor, "policy", ask)
        return Network(channel.title, known, page=page)
    except PluginUnavailable as away:
        return Network(channel.title, (), away.reason)
    except PluginFailed as failed:
        return Network(channel.title, (), str(failed))


def _holds(rule: PolicyRule, now: datetime) -> bool:
    if not isinstance(rule, PolicyRule):
        raise TypeError(f"policy gave {type(rule).__name__}, which is no PolicyRule")
    return (rule.since is None or rule.since <= now) and (rule.until is None or now < rule.until)


def draft(purpose: Purpose) -> str:
    """Words to begin with."""
    return {
        Purpose.CAMPAIGN_CHANGED: _("Hi {first_name|there}, something has changed in {campaign}: "),
        Purpose.CAMPAIGN_ENDED: _(
            "Hi {first_name|there}, {campaign} is over. Thank you for taking part!"
        ),
        Purpose.CONSENT: _(
            "Hi {first_name|there}, {campaign} has changed. May we go on writing to you about it?"
        ),
        Purpose.INTEREST: _(
            "Hi {first_name|there}, {campaign} is coming. Do you want to hear when it begins?"
        ),
    }.get(purpose, "")
