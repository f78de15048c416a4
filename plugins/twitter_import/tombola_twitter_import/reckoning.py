"""How many posts a stretch of time holds, reckoned from a few small looks into it. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

#: How long ago looks are taken, besides at the newest post. A hashtag that has just caught on is
#: busier now than last week, and the newest posts alone would promise thousands. Ours.
LOOKS: Final = (timedelta(0), timedelta(minutes=15), timedelta(hours=2), timedelta(days=1))

_MOMENT: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Look:
    """One small page.

    Attributes:
        at: where it looked from, back in time.
        times: of the posts on it, any order.
        more: whether older posts than these follow.
    """

    at: datetime
    times: Sequence[datetime]
    more: bool

    @property
    def oldest(self) -> datetime:
        """How far back its posts reach."""
        return min(self.times, default=self.at)

    @property
    def pace(self) -> float:
        """Posts a second, as far as it saw."""
        return len(self.times) / max(self.at - self.oldest, _MOMENT).total_seconds()


def reckon(looks: Sequence[Look], first: datetime) -> int:
    """Count what was seen, and reckon with the pace between two looks where nothing was seen.

    Args:
        looks: newest first, the first one at the end of the stretch; each with posts.
        first: where the stretch begins.
    """
    count = 0.0
    for look, following in zip(looks, [*looks[1:], None], strict=True):
        begin = following.at if following is not None else first
        count += sum(1 for at in look.times if at >= begin)
        unseen = (look.oldest - begin).total_seconds()
        if look.more and unseen > 0:
            count += unseen * _between(look, following)
    return round(count)


def _between(look: Look, following: Look | None) -> float:
    """The mean pace of two looks: where interest has grown, rather too much than too little."""
    if following is None or not following.times:
        return look.pace
    return (look.pace + following.pace) / 2


def places(first: datetime, last: datetime) -> Iterable[datetime]:
    """Where to look, newest first, as far as the stretch reaches."""
    return (last - age for age in LOOKS if last - age > first)
