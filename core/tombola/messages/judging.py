"""Whether a message may go to somebody now: the core's own rules, then the channel's."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tombola.api import Allowed, Channel, Ctx, NotNow, Purpose, Text
from tombola.installation import Installation
from tombola.messages import rules
from tombola.messages.people import Person
from tombola.plugins.world import Team

#: How long a channel may take to judge a thousand people.
PATIENCE = timedelta(seconds=20)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was decided for one person.

    Attributes:
        held: the core's own no; None when the channel was asked.
        says: why not; "" when it may go.
        by: the rule that permits it.
        until: from when it is permitted by itself; None: not by itself.
    """

    held: rules.Held | None = None
    says: Text = ""
    alternative: Text | None = None
    by: Text = ""
    until: datetime | None = None

    @property
    def may(self) -> bool:
        """Whether it may go now."""
        return self.held is None and not self.says


def judge(
    inst: Installation,
    team: Team,
    channel: Channel,
    people: Sequence[Person],
    purpose: Purpose,
    promised: str,
    now: datetime,
) -> list[Verdict]:
    """Decide for people, in their order. Asks the plugin once, and never inside a transaction.

    Raises PluginUnavailable and PluginFailed.
    """
    found: list[Verdict | None] = []
    for each in people:
        held = rules.held(each.known, purpose, promised)
        if held is None:
            found.append(None)
            continue
        says, alternative = rules.SAYS[held]
        found.append(Verdict(held, says, alternative))
    asked = [each for each, known in zip(people, found, strict=True) if known is None]
    answers = iter(_asked(inst, team, channel, asked, purpose, now) if asked else [])
    return [known if known is not None else next(answers) for known in found]


def _asked(
    inst: Installation,
    team: Team,
    channel: Channel,
    people: Sequence[Person],
    purpose: Purpose,
    now: datetime,
) -> list[Verdict]:
    def ask(ctx: Ctx) -> list[Verdict]:
        return [_verdict(channel.assess(ctx, each.recipient, purpose, now)) for each in people]

    return inst.plugins.call(channel.key, team, "assess", ask, deadline=PATIENCE)


def _verdict(said: object) -> Verdict:
    match said:
        case Allowed():
            return Verdict(by=said.by)
        case NotNow() if said.reason:
            return Verdict(says=said.reason, alternative=said.alternative, until=said.until)
    raise TypeError(f"assess answered {said!r}, not Allowed or NotNow with a reason")
