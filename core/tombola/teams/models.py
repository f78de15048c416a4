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
    #: Members reach its pages with a second step of log-in alone.
    Column("second_step", Boolean, nullable=False, default=False),
    moment("created_at"),
    #: Nobody reaches it any more; what it had goes after a while.
    moment("removed_at", nullable=True),
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

#: Somebody asked into a team by mail. ``email`` is emptied when it has ended.
invitation = Table(
    "invitation",
    metadata,
    row_id(),
    uid(),
    team_id(),
    Column("email", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("token_hash", Text, nullable=False, unique=True),
    Column("member_id", RowId, ForeignKey("member.id"), nullable=False),
    moment("created_at"),
    moment("sent_at"),
    moment("expires_at"),
    moment("ended_at", nullable=True),
    Index(None, "team_id", "ended_at"),
)

#: What a member's app makes six digits from, sealed. ``last_step`` is the newest half minute whose
#: digits were taken: none is taken twice.
second_step = Table(
    "second_step",
    metadata,
    Column("member_id", RowId, ForeignKey("member.id"), primary_key=True),
    Column("sealed", Text, nullable=False),
    Column("last_step", RowId, nullable=False),
    moment("created_at"),
    moment("confirmed_at", nullable=True),
)

#: Ways in for who has lost that app, each good once; of each only a hash is kept.
recovery_code = Table(
    "recovery_code",
    metadata,
    Column("member_id", RowId, ForeignKey("member.id"), nullable=False),
    Column("code_hash", Text, nullable=False),
    moment("used_at", nullable=True),
    PrimaryKeyConstraint("member_id", "code_hash"),
)

#: Somebody who has typed the password and not yet the second step.
half_log_in = Table(
    "half_log_in",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("member_id", RowId, ForeignKey("member.id"), nullable=False),
    Column("tries", Integer, nullable=False),
    moment("expires_at"),
)

#: A link that was mailed to a member: to set a new password, or to confirm the address ``email``.
mailed_link = Table(
    "mailed_link",
    metadata,
    row_id(),
    Column("member_id", RowId, ForeignKey("member.id"), nullable=False),
    Column("purpose", Text, nullable=False),
    Column("token_hash", Text, nullable=False, unique=True),
    Column("email", Text, nullable=False),
    moment("created_at"),
    moment("expires_at"),
    moment("used_at", nullable=True),
    Index(None, "member_id", "purpose"),
)

#: Somebody has forgotten a password, a member's or not: a duty finds out, so that no answer tells.
#: ``email`` is emptied then; the hashes count wishes by address and by client.
reset_wish = Table(
    "reset_wish",
    metadata,
    row_id(),
    Column("email", Text, nullable=False),
    Column("email_hash", Text, nullable=False),
    Column("client", Text, nullable=False),
    moment("at"),
    Index(None, "email_hash", "at"),
    Index(None, "client", "at"),
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
