"""Taking a person out of what was imported: posts, their pictures, and posts that were left out."""

from datetime import datetime

from sqlalchemy import Connection, and_, literal, null, or_, select

from tombola.db.sets import members
from tombola.entrants.erasing import ERASED, Doomed
from tombola.entrants.tombstones import author_hash
from tombola.importing.media_files import ask_to_drop
from tombola.importing.models import item, media

#: The state of a post whose person was erased. Nothing brings it back.
GONE = "erased"


def erase(conn: Connection, doomed: Doomed, now: datetime) -> None:
    """Empty their posts, and have the files of their pictures dropped. Idempotent."""
    authors = sorted(author_hash(*name) for name in doomed.names)
    theirs = and_(
        item.c.team_id == doomed.team_id,
        or_(
            members(conn, item.c.identity_id, doomed.identities),
            and_(item.c.identity_id.is_(None), members(conn, item.c.author, authors)),
        ),
    )
    ids = list(conn.execute(select(item.c.id).where(theirs).order_by(item.c.id)).scalars())
    digests = conn.execute(
        media.delete()
        .where(media.c.team_id == doomed.team_id, members(conn, media.c.item_id, ids))
        .returning(media.c.sha256)
    ).scalars()
    ask_to_drop(conn, doomed.team_id, digests, now)
    conn.execute(
        item.update()
        .where(members(conn, item.c.id, ids))
        .values(
            external_id=literal(ERASED).concat(item.c.uid),
            text="",
            permalink=None,
            parent_id=None,
            state=GONE,
            reason=None,
            details={},
            raw=null(),
            raw_until=None,
            claim_key=None,
            author=None,
        )
    )
