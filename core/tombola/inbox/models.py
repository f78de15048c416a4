"""Tables of webhooks: as they came, and how many were of nobody's account."""

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

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

#: Verified events of accounts that no team has connected, dropped and counted by UTC day.
dropped = Table(
    "dropped_event",
    metadata,
    Column("receiver", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("day", Text, nullable=False),
    Column("times", RowId, nullable=False),
    PrimaryKeyConstraint("receiver", "topic", "day"),
)
