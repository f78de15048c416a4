"""Table of mails: each written once, sent at most once."""

from sqlalchemy import Column, ForeignKey, Index, Table, Text, UniqueConstraint

from tombola.db.base import metadata, moment, row_id, uid
from tombola.db.types import RowId

#: ``subject`` and ``text`` are emptied when the mail has ended, since they may hold a code.
#: ``error`` is the last trouble in words.
mail = Table(
    "mail",
    metadata,
    row_id(),
    uid(),
    Column("team_id", RowId, ForeignKey("team.id")),
    Column("purpose", Text, nullable=False),
    Column("dedupe", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("text", Text),
    Column("state", Text, nullable=False),
    Column("error", Text),
    moment("created_at"),
    moment("good_until", nullable=True),
    moment("ended_at", nullable=True),
    UniqueConstraint("purpose", "dedupe"),
    Index(None, "state", "id"),
)
