"""Forgetting webhooks that name somebody."""

from collections.abc import Collection

from sqlalchemy import Connection, Text, cast, or_, select

from tombola.db.sets import members
from tombola.inbox.models import inbox

#: A shorter word names nobody in particular.
LEAST = 4


def naming(conn: Connection, words: Collection[str]) -> list[int]:
    """Numbers of the kept webhooks that name one of these ids or handles.

    A webhook may be of several people, and is kept for no longer than a month: all of it goes.
    What is kept unseen, until its plugin is back, cannot be read: it is handled then, or refused.
    """
    text = cast(inbox.c.event, Text)
    wanted = [text.contains(word, autoescape=True) for word in words if len(word) >= LEAST]
    if not wanted:
        return []
    return list(conn.execute(select(inbox.c.id).where(or_(*wanted))).scalars())


def erase(conn: Connection, numbers: Collection[int]) -> None:
    """Delete webhooks; duties that were to handle them find nothing and end. Idempotent."""
    conn.execute(inbox.delete().where(members(conn, inbox.c.id, sorted(numbers))))
