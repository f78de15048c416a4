"""Where sources stand, and where they go on. Pure.

Every page of a source is a page of each list that it reads (hashtags, or posts with comments), so
that a busy list never keeps a quiet one from being read.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from pydantic import AwareDatetime, Field

from tombola.api import Cursor, Lane

#: How far a run reads back over what an earlier one has read: comments may be shown late. Ours.
OVERLAP: Final = timedelta(hours=1)

Places = dict[str, dict[str, str]]


class HashtagCursor(Cursor):
    """A place in the lists of some hashtags, each with the newest posts first, or nearly.

    Instagram's own place is the same on every page and yet moves on with each call. ``walk`` and
    ``page`` tell whether a call was made from here before, whose answer may be lost: then the
    place is another one by now.

    Attributes:
        lane: whose place it is.
        places: by hashtag number, Graph's parameters of its next page; empty at the beginning.
        walk: name of this walk through the lists; "" at the beginning.
        page: pages of it that were read.
    """

    lane: Lane
    places: Places = Field(default_factory=dict)
    walk: str = ""
    page: int = 0


class CommentsCursor(Cursor):
    """A place in the comments below some posts.

    Attributes:
        places: by path (``<post>/comments``, ``<comment>/replies``), parameters of its next page.
        posts: by number, the addresses of the posts.
        parents: by path of replies, the number of their post.
        stop: the newest comment that an earlier run has read.
        newest: the newest comment of this run, which becomes ``stop`` when it ends.
    """

    places: Places = Field(default_factory=dict)
    posts: dict[str, str] = Field(default_factory=dict)
    parents: dict[str, str] = Field(default_factory=dict)
    stop: AwareDatetime | None = None
    newest: AwareDatetime | None = None

    @property
    def is_fresh(self) -> bool:
        """Whether nothing has been read from here."""
        return not self.places

    def ended(self) -> "CommentsCursor":
        """Give where the next run begins, after all was read."""
        read_to = max(filter(None, [self.stop, self.newest]), default=None)
        return CommentsCursor(stop=read_to)


class MentionsCursor(Cursor):
    """A place in the list of posts in which the account is tagged, newest first."""

    place: dict[str, str] | None = None


def place_of(place: Mapping[str, str] | None) -> dict[str, str] | None:
    """Give a place fit to be stored."""
    return None if place is None else dict(place)
