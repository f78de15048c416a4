"""Table of attempts at reaching somebody."""

from sqlalchemy import Column, ForeignKey, Index, Table, Text, UniqueConstraint

from tombola.db.base import metadata, moment, row_id, team_id, uid, within_team
from tombola.db.types import RowId

#: ``way`` says how it was tried, ``note`` what came of it, both in the team's words.
contact_attempt = Table(
    "contact_attempt",
    metadata,
    row_id(),
    uid(),
    team_id(),
    Column("entrant_id", RowId, nullable=False),
    Column("entry_id", RowId, nullable=False),
    Column("member_id", RowId, ForeignKey("member.id"), nullable=False),
    Column("way", Text, nullable=False),
    Column("note", Text, nullable=False),
    moment("at"),
    UniqueConstraint("team_id", "id"),
    Index(None, "entrant_id", "id"),
    within_team("entrant", "entrant_id"),
    within_team("entry", "entry_id"),
)
