"""Where a source stands in the list of posts that tag a page, and where it goes on. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, Self

from pydantic import AwareDatetime

from tombola.api import Cursor, Lane

#: How far a run reads back over what an earlier one has read: a post may be listed late. Ours.
OVERLAP: Final = timedelta(hours=1)


class TaggedCursor(Cursor):
    """A place in the list, which has the latest tag first.

    Attributes:
        lane: whose place it is.
        since: a tag before then belongs to a post that is older, too: nothing follows.
        stop: the latest tag that an earlier run has read.
        newest: the latest tag of this run, which becomes ``stop`` when it ends.
        place: Graph's parameters of the next page; None = first page.
        rest: what an earlier run left unread; read after what is newer.
    """

    lane: Lane
    since: AwareDatetime
    stop: AwareDatetime | None = None
    newest: AwareDatetime | None = None
    place: dict[str, str] | None = None
    rest: Self | None = None

    def turned(self, times: Sequence[datetime], place: Mapping[str, str] | None) -> "TaggedCursor":
        """Give the place after a page with tags of these times (any order)."""
        floor = self.since if self.stop is None else max(self.since, self.stop - OVERLAP)
        over = bool(times) and max(times) < floor
        return self.model_copy(
            update={
                "newest": max([*times, *filter(None, [self.newest])], default=None),
                "place": None if place is None or over else dict(place),
            }
        )

    def following(self) -> "TaggedCursor | None":
        """Give where this run goes on; None at its end."""
        if self.place is not None:
            return self
        if self.rest is None:
            return None
        return self.rest.model_copy(update={"newest": self._read_to()})

    def checkpoint(self) -> "TaggedCursor":
        """Give where the next run begins: with what is new, then what this one leaves unread."""
        if self.lane is Lane.HISTORY and self.place is not None:
            return self
        return TaggedCursor(
            lane=self.lane,
            since=self.since,
            stop=self._read_to() if self.lane is Lane.LIVE else None,
            rest=self if self.place is not None else self.rest,
        )

    def _read_to(self) -> datetime | None:
        return max(filter(None, [self.stop, self.newest]), default=None)
