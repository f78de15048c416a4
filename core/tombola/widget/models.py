"""Tables of the widget: visitors, and what their pages pushed."""

from sqlalchemy import (
    Column,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

from tombola.db.base import metadata, moment, row_id, team_id, within_team
from tombola.db.types import RowId

#: A browser as one site sees it. ``token_hash`` is of the secret in our cookie, or of the number in
#: a tracking page's storage; a link token lets the second stand for the first.
visitor = Table(
    "visitor",
    metadata,
    row_id(),
    team_id(),
    Column("token_hash", Text, nullable=False, unique=True),
    Column("entrant_id", RowId),
    Column("stands_for_id", RowId),
    moment("created_at"),
    moment("seen_at"),
    UniqueConstraint("team_id", "id"),
    Index(None, "entrant_id"),
    Index(None, "stands_for_id"),
    within_team("entrant", "entrant_id"),
    within_team("visitor", "stands_for_id"),
)

#: A push. ``value_hash`` stands in the key, since 10 kB exceed an index row of PostgreSQL.
#: ``settled_at`` is empty while the entrant is unknown or the plan keeps the action shut.
event = Table(
    "event",
    metadata,
    row_id(),
    team_id(),
    Column("campaign_id", RowId, nullable=False),
    Column("visitor_id", RowId, nullable=False),
    Column("name", Text, nullable=False),
    Column("value", Text),
    Column("value_hash", Text, nullable=False),
    Column("period", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("origin", Text),
    moment("at"),
    moment("expires_at", nullable=True),
    moment("settled_at", nullable=True),
    UniqueConstraint("campaign_id", "visitor_id", "name", "value_hash", "period"),
    Index(None, "visitor_id", "settled_at"),
    Index(None, "campaign_id", "settled_at"),
    Index(None, "campaign_id", "name", "id"),
    within_team("campaign", "campaign_id"),
    within_team("visitor", "visitor_id"),
)

#: Pushes that matched nothing, counted by name and reason for the setup page.
near_miss = Table(
    "near_miss",
    metadata,
    team_id(),
    Column("campaign_id", RowId, nullable=False),
    Column("name", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("times", Integer, nullable=False),
    moment("first_at"),
    moment("last_at"),
    PrimaryKeyConstraint("campaign_id", "name", "reason"),
    within_team("campaign", "campaign_id"),
)
