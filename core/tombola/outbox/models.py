"""Table of what leaves after the commit."""

from sqlalchemy import Column, Index, Table, Text

from tombola.db.base import metadata, moment, row_id, team_id
from tombola.db.types import JsonDoc, RowId

#: One row an event; the relay makes a task of it for each plugin that listens.
outbox = Table(
    "outbox",
    metadata,
    row_id(),
    team_id(),
    Column("event", Text, nullable=False),
    Column("campaign_id", RowId),
    Column("payload", JsonDoc, nullable=False),
    moment("at"),
    moment("relayed_at", nullable=True),
    Index(None, "relayed_at", "id"),
)
