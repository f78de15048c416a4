"""Tables of teams: who may do what, and what they did."""

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

from tombola.db.base import metadata, moment, row_id, team_id, uid
from tombola.db.types import JsonDoc, RowId

team = Table(
    "team",
    metadata,
    row_id(),
    uid(),
    Column("slug", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("plan", Text, ForeignKey("plan.key"), nullable=False),
    moment("created_at"),
)

member = Table(
    "member",
    metadata,
    row_id(),
    uid(),
    Column("email", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("operator", Boolean, nullable=False),
    moment("created_at"),
    moment("disabled_at", nullable=True),
)

role = Table(
    "role",
    metadata,
    team_id(),
    Column("member_id", RowId, ForeignKey("member.id"), nullable=False),
    Column("role", Text, nullable=False),
    PrimaryKeyConstraint("team_id", "member_id"),
    Index(None, "member_id"),
)

web_session = Table(
    "web_session",
    metadata,
    row_id(),
    uid(),
    Column("token_hash", Text, nullable=False, unique=True),
    Column("member_id", RowId, ForeignKey("member.id"), nullable=False),
    Column("address", Text, nullable=False),
    Column("agent", Text, nullable=False),
    moment("created_at"),
    moment("seen_at"),
    moment("expires_at"),
    moment("revoked_at", nullable=True),
    Index(None, "member_id"),
)

#: Keys of a team's own programs; of each only a hash is kept.
api_token = Table(
    "api_token",
    metadata,
    row_id(),
    uid(),
    team_id(),
    Column("name", Text, nullable=False),
    Column("token_hash", Text, nullable=False, unique=True),
    #: The end of its text, by which people tell it from others.
    Column("ending", Text, nullable=False),
    Column("scopes", JsonDoc, nullable=False),
    Column("member_id", RowId, ForeignKey("member.id")),
    moment("created_at"),
    moment("last_used_at", nullable=True),
    moment("revoked_at", nullable=True),
    UniqueConstraint("team_id", "id"),
)

#: Failed log-ins, counted by account and address together, so that a stranger cannot lock one out.
log_in_failure = Table(
    "log_in_failure",
    metadata,
    Column("key", Text, primary_key=True),
    Column("failures", Integer, nullable=False),
    moment("blocked_until"),
)

audit = Table(
    "audit",
    metadata,
    Column("seq", RowId, primary_key=True),
    Column("team_id", RowId, ForeignKey("team.id")),
    Column("member_id", RowId, ForeignKey("member.id")),
    moment("at"),
    Column("act", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", JsonDoc, nullable=False),
    Column("prev_hash", Text, nullable=False, unique=True),
    Column("hash", Text, nullable=False, unique=True),
    Index(None, "team_id", "seq"),
)
