"""Tables of privacy: erasures, how long things are kept, deletions of campaigns and teams."""

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

from tombola.db.base import metadata, moment, row_id, team_id, uid, within_team
from tombola.db.types import JsonDoc, RowId

#: A person who is, or was, to be erased. ``asked_by`` is team, entrant, program, retention,
#: deletion or restore.
erasure = Table(
    "erasure",
    metadata,
    row_id(),
    uid(),
    team_id(),
    Column("entrant_id", RowId, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("member_id", RowId, ForeignKey("member.id")),
    moment("asked_at"),
    moment("finished_at", nullable=True),
    UniqueConstraint("team_id", "entrant_id"),
    Index(None, "team_id", "finished_at", "id"),
    within_team("entrant", "entrant_id"),
)

#: How long a team, or one campaign of it, keeps what; empty: for good. ``campaign_id`` is 0 for the
#: team, whose row a campaign's own replaces. All in days: people after the campaign's end, raw
#: answers of networks after they came, logs after they were written.
retention = Table(
    "retention",
    metadata,
    team_id(),
    Column("campaign_id", RowId, nullable=False),
    Column("people_days", Integer),
    Column("raw_days", Integer),
    Column("log_days", Integer),
    PrimaryKeyConstraint("team_id", "campaign_id"),
)

#: What the keeping of those rules has done, one row a team and day.
retention_report = Table(
    "retention_report",
    metadata,
    row_id(),
    team_id(),
    Column("day", Text, nullable=False),
    Column("people", Integer, nullable=False),
    Column("raw", Integer, nullable=False),
    Column("logs", Integer, nullable=False),
    moment("finished_at", nullable=True),
    UniqueConstraint("team_id", "day"),
)

#: A campaign (or, where ``campaign_id`` is empty, a whole team) on its way out. It can be undone
#: until ``due_at``; then its rows go in batches, and ``counts`` says how many by table.
deletion = Table(
    "deletion",
    metadata,
    row_id(),
    uid(),
    team_id(),
    Column("campaign_id", RowId),
    Column("member_id", RowId, ForeignKey("member.id")),
    moment("asked_at"),
    moment("due_at"),
    moment("undone_at", nullable=True),
    moment("finished_at", nullable=True),
    Column("counts", JsonDoc, nullable=False),
    Index(None, "team_id", "id"),
)
