"""Table of webhooks as they came."""

from sqlalchemy import Column, ForeignKey, Index, Table, Text, UniqueConstraint

from tombola.db.base import metadata, moment, row_id
from tombola.db.types import JsonDoc, RowId

inbox = Table(
    "inbox",
    metadata,
    row_id(),
    Column("receiver", Text, nullable=False),
    Column("dedupe", Text, nullable=False),
    Column("team_id", RowId, ForeignKey("team.id")),
    Column("event", JsonDoc, nullable=False),
    moment("received_at"),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    UniqueConstraint("receiver", "dedupe"),
    Index(None, "state", "id"),
)
