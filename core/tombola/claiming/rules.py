"""What claims are made of and what becomes of them. Pure, but for the dice of ``new_code``."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from tombola.web.i18n import marked

#: Open claims that one person may have at a time. Ours.
MOST_OPEN = 50
#: New claims an hour: from one browser, and from one place of the network. Ours.
WINDOW = timedelta(hours=1)
MOST_FROM_VISITOR = 20
MOST_FROM_CLIENT = 120
#: How often one claim's proof may be looked for.
LOOK_AGAIN = timedelta(minutes=1)
#: Posts that one log-in may own.
MOST_OWNED = 1_000
#: Posts that are given in one transaction.
MOST_AT_ONCE = 20
#: Characters of a claim key, and of what was found out.
LONGEST_KEY = 300
LONGEST_NOTE = 500
#: Letters and digits that nobody takes for another one.
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
CODE_LENGTH = 8

#: Why a claim was decided by itself; message ids, since the entrant reads them.
TAKEN = marked("Somebody else has shown to be the author of this post.")
NAMED = marked("This post names its author. Log in with that account, and it counts for you.")


class State(StrEnum):
    """Where a claim stands.

    ``waiting``: no such post has been imported yet. ``pending``: for a moderator, or for proof.
    """

    WAITING = "waiting"
    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


OPEN = frozenset({State.WAITING, State.PENDING})


@dataclass(frozen=True, slots=True)
class Post:
    """An imported post with a claim key.

    Attributes:
        identity_id: whose it is in the tables: the item's own, or its author's.
        owner_id: the entrant that it counts for now.
        nameless: the network gives no author; only such a post can be claimed.
        unclaimed: it counts for nobody but itself.
    """

    item_id: int
    source_id: int
    identity_id: int
    owner_id: int
    nameless: bool
    unclaimed: bool
    text: str


def standing(posts: Collection[Post]) -> State:
    """Where an open claim stands when these posts have its key."""
    if not posts:
        return State.WAITING
    return State.PENDING if any(post.nameless for post in posts) else State.REJECTED


def is_taken(posts: Collection[Post], entrant_id: int) -> bool:
    """Whether one of the posts counts for a person, and for somebody else."""
    return any(
        post.nameless and not post.unclaimed and post.owner_id != entrant_id for post in posts
    )


def is_theirs(posts: Collection[Post], entrant_id: int) -> bool:
    """Whether every one of the posts counts for this person already."""
    return bool(posts) and all(post.owner_id == entrant_id for post in posts)


def shows(code: str, posts: Collection[Post]) -> bool:
    """Whether the code stands in the words of one of the posts."""
    return any(code.casefold() in post.text.casefold() for post in posts)


def new_code() -> str:
    """A code that nobody can guess, to be written beneath a post: 40 bits."""
    return "".join(secrets.choice(_LETTERS) for _ in range(CODE_LENGTH))


def tidy_handle(text: str) -> str | None:
    """A user name as people type it, without what surrounds it; None when there is none."""
    return text.strip().lstrip("@").strip() or None
