"""Tables of the queue: duties, and the signs of life of those who do them."""

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint

from tombola.db.base import metadata, moment, row_id
from tombola.db.types import JsonDoc, RowId

#: A duty. ``lease_until`` is never null, since a null lease is never claimed by a comparison.
#: ``asked`` counts how often it was put, which tells a worker that it was put again meanwhile.
task = Table(
    "task",
    metadata,
    row_id(),
    Column("kind", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("team_id", RowId, ForeignKey("team.id")),
    Column("state", Text, nullable=False),
    moment("due_at"),
    moment("lease_until"),
    Column("owner", Text, nullable=False),
    Column("fence", RowId, nullable=False),
    Column("asked", RowId, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("max_attempts", Integer, nullable=False),
    Column("last_error", Text),
    Column("payload", JsonDoc, nullable=False),
    Column("progress", JsonDoc, nullable=False),
    UniqueConstraint("kind", "key"),
    Index(None, "state", "due_at"),
    Index(None, "kind", "state", "due_at"),
)

beat = Table(
    "beat",
    metadata,
    Column("name", Text, primary_key=True),
    moment("at"),
    Column("info", JsonDoc, nullable=False),
)
