"""Where a source stands among the comments under a post, and where it goes on. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from pydantic import AwareDatetime

from tombola.api import Cursor, Lane

#: How far a run reads back over what an earlier one has read: a comment may be listed late. Ours.
OVERLAP: Final = timedelta(minutes=10)

#: Comments after which a list is begun anew where it ended: Meta's paging ends somewhere among
#: tens of thousands, and does not say that there is more. Ours.
DEEP: Final = 5_000


class CommentsCursor(Cursor):
    """A place in the list, which has the oldest comment first.

    Attributes:
        lane: whose place it is.
        since: comments from then on.
        until: comments before then; None = up to now.
        post: the post's id at Facebook; None until the first page was read.
        place: Graph's parameters of the next page; None = first page.
        newest: the latest comment that was read from ``since`` on.
        walked: comments that were read from ``since`` on.
    """

    lane: Lane
    since: AwareDatetime
    until: AwareDatetime | None = None
    post: str | None = None
    place: dict[str, str] | None = None
    newest: AwareDatetime | None = None
    walked: int = 0

    def turned(
        self, times: Sequence[datetime], place: Mapping[str, str] | None
    ) -> "CommentsCursor":
        """Give the place after a page with comments of these times (any order)."""
        over = self.until is not None and bool(times) and min(times) >= self.until
        return self.model_copy(
            update={
                "newest": max([*times, *filter(None, [self.newest])], default=None),
                "place": None if place is None or over else dict(place),
                "walked": self.walked + len(times),
            }
        )

    def following(self) -> "CommentsCursor | None":
        """Give where this run goes on; None at its end."""
        if self.place is not None:
            return self
        is_past = self.until is not None and (self.newest or self.since) >= self.until
        if self.walked < DEEP or is_past or self.newest is None or self.newest <= self.since:
            return None
        return self._from(self.newest)

    def checkpoint(self) -> "CommentsCursor":
        """Give where the next run begins: where this one stops, or a little before its end."""
        return self if self.place is not None else self.without_place()

    def without_place(self) -> "CommentsCursor":
        """Give the same place by the latest comment that was read."""
        return self._from(max(self.since, self.newest - OVERLAP) if self.newest else self.since)

    def _from(self, since: datetime) -> "CommentsCursor":
        again = {"since": since, "place": None, "newest": None, "walked": 0}
        return self.model_copy(update=again)
