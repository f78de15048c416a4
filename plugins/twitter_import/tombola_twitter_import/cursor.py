"""Where a source stands in X's search, and where it goes from there. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Self

from pydantic import AwareDatetime, Field

from tombola.api import Cursor, Lane

#: How far back recent search looks. Source: X, "Search Posts", read 2026-11-21.
REACH: Final = timedelta(days=7)

#: Kept away from the edge of the reach, since a call arrives later than it was written. Ours.
EDGE: Final = timedelta(minutes=1)

#: How long ago the end of a search has to be. Source: X, "Search Posts", ``end_time``: at least
#: 30 seconds; read 2026-11-21. Two more for clocks that differ.
LAG: Final = timedelta(seconds=32)


class HashtagCursor(Cursor):
    """A place in the search.

    Attributes:
        lane: whose place it is.
        since: posts from then on.
        until: posts before then; None = up to now.
        since_id: the newest post that an earlier run has read; where known, it stands before
            ``since``.
        newest_id: the newest post of this run, which becomes ``since_id`` when it ends.
        oldest_id: the oldest post of this run.
        token: of the next page; None = first page.
        bounds: parameters that belong to the token, to be sent again as they were.
        rest: what an earlier run left unread; read after what is newer.
    """

    lane: Lane
    since: AwareDatetime
    until: AwareDatetime | None = None
    since_id: str | None = None
    newest_id: str | None = None
    oldest_id: str | None = None
    token: str | None = None
    bounds: dict[str, str] = Field(default_factory=dict)
    rest: Self | None = None

    def parameters(self, now: datetime) -> dict[str, str]:
        """Say where to read: of each pair X takes one; without a start it begins at its edge.

        A token is good only with the bounds that it was given for.

        Source: OpenAPI 2.167, ``since_id``/``start_time``, ``until_id``/``end_time``; page tokens
        of another search are refused, recorded; read 2026-11-21.
        """
        if self.token is not None:
            return self.bounds
        bounds = {}
        if self.since_id is not None:
            bounds["since_id"] = self.since_id
        elif self.since > now - REACH + EDGE:
            bounds["start_time"] = _stamp(self.since)
        if self.oldest_id is not None:
            bounds["until_id"] = self.oldest_id
        elif self.until is not None and self.until <= now - LAG:
            bounds["end_time"] = _stamp(self.until)
        return bounds

    def stretch(self, now: datetime) -> tuple[datetime, datetime]:
        """Give first and last instant of what can be read, leaving ids out of account."""
        return max(self.since, now - REACH), min(self.until or now, now - LAG)

    def is_empty(self, now: datetime) -> bool:
        """Tell a stretch of time that nothing can be in, so that X is not asked in vain."""
        first, last = self.stretch(now)
        return self.since_id is None and first >= last

    def without_token(self, *, since_id: str | None) -> "HashtagCursor":
        """Give the same place by the oldest post that was read."""
        return self.model_copy(update={"token": None, "since_id": since_id})

    def turned(
        self, ids: Sequence[str], token: str | None, bounds: dict[str, str]
    ) -> "HashtagCursor":
        """Give the place after a page with these ids (any order), read within ``bounds``."""
        return self.model_copy(
            update={
                "newest_id": self.newest_id or max(ids, key=int, default=None),
                "oldest_id": min(ids, key=int, default=self.oldest_id),
                "token": token,
                "bounds": bounds,
            }
        )

    def following(self) -> "HashtagCursor | None":
        """Give where this run goes on; None at its end."""
        if self.token is not None:
            return self
        if self.rest is None:
            return None
        return self.rest.model_copy(update={"newest_id": self._read_to()})

    def checkpoint(self) -> "HashtagCursor":
        """Give where the next run begins: with what is new, then what this one leaves unread."""
        if self.lane is Lane.HISTORY and self.token is not None:
            return self
        return HashtagCursor(
            lane=self.lane,
            since=self.since,
            until=self.until,
            since_id=self._read_to() if self.lane is Lane.LIVE else None,
            rest=self if self.token is not None else self.rest,
        )

    def _read_to(self) -> str | None:
        """Give the newest post that this or an earlier run has read."""
        ids = [known for known in (self.since_id, self.newest_id) if known is not None]
        return max(ids, key=int, default=None)


def _stamp(at: datetime) -> str:
    """Write an instant as X takes it: whole seconds, which for a start means a little earlier."""
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
