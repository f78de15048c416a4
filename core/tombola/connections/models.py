"""Tables of connections: a team's accounts outside, and a choice yet to be made."""

from sqlalchemy import Column, ForeignKey, Index, Table, Text, UniqueConstraint

from tombola.db.base import metadata, moment, row_id, team_id, uid
from tombola.db.types import JsonDoc, RowId

#: ``sealed`` holds the secrets. ``renewed_at`` is when they last changed: what a call says that
#: began before is about older ones. A disconnected account keeps its row, for what refers to it,
#: and nothing in ``sealed``.
connection = Table(
    "connection",
    metadata,
    row_id(),
    uid(),
    team_id(),
    Column("connector", Text, nullable=False),
    Column("account_uid", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("handle", Text),
    Column("sealed", Text, nullable=False),
    Column("facts", JsonDoc, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", JsonDoc),
    Column("connected_by", RowId, ForeignKey("member.id")),
    moment("created_at"),
    moment("renewed_at"),
    moment("checked_at", nullable=True),
    moment("told_at", nullable=True),
    UniqueConstraint("team_id", "id"),
    UniqueConstraint("team_id", "connector", "account_uid"),
    Index(None, "connector", "account_uid"),
)

#: What a network said a member administers there, until the member has picked; ``sealed`` as above.
offer = Table(
    "offer",
    metadata,
    row_id(),
    uid(),
    team_id(),
    Column("member_id", RowId, ForeignKey("member.id"), nullable=False),
    Column("connector", Text, nullable=False),
    Column("sealed", Text, nullable=False),
    moment("expires_at"),
)
