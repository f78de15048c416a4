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
from tombola.db.types import JsonDoc, RowId

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
    #: The text of the link token that was followed last: a site's backend may sign for it.
    Column("link", Text),
    moment("created_at"),
    moment("seen_at"),
    UniqueConstraint("team_id", "id"),
    Index(None, "entrant_id"),
    Index(None, "stands_for_id"),
    within_team("entrant", "entrant_id"),
    within_team("visitor", "stands_for_id"),
)

#: What a page or a site's backend reported. ``told`` is the hash of the value that came first and
#: stands in the key, since 10 kB exceed an index row of PostgreSQL; ``value_hash`` is of the value
#: that is believed now. ``ref`` is the site's own name for the event. ``settled_at`` is empty while
#: the entrant is unknown or the plan keeps the action shut.
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
    Column("told", Text, nullable=False),
    Column("ref", Text),
    Column("period", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("origin", Text),
    moment("at"),
    moment("expires_at", nullable=True),
    moment("settled_at", nullable=True),
    UniqueConstraint("campaign_id", "visitor_id", "name", "told", "period"),
    UniqueConstraint("campaign_id", "visitor_id", "name", "ref"),
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

#: What a campaign's site signs with; after a new one is made the old one goes on for a while.
tracking_secret = Table(
    "tracking_secret",
    metadata,
    row_id(),
    team_id(),
    Column("campaign_id", RowId, nullable=False),
    Column("sealed", Text, nullable=False),
    moment("created_at"),
    moment("ends_at", nullable=True),
    Index(None, "campaign_id"),
    within_team("campaign", "campaign_id"),
)

#: Signatures that were used, until they would be too old anyway. ``used_for`` is the one event.
signature_nonce = Table(
    "signature_nonce",
    metadata,
    team_id(),
    Column("campaign_id", RowId, nullable=False),
    Column("nonce", Text, nullable=False),
    Column("used_for", Text, nullable=False),
    moment("ends_at"),
    PrimaryKeyConstraint("campaign_id", "nonce"),
    Index(None, "ends_at"),
    within_team("campaign", "campaign_id"),
)

#: What was answered to a site's backend under a key of its own: asked again, it is said again.
idempotency = Table(
    "idempotency",
    metadata,
    row_id(),
    team_id(),
    Column("token_id", RowId, nullable=False),
    Column("key", Text, nullable=False),
    Column("body_hash", Text, nullable=False),
    Column("answer", JsonDoc, nullable=False),
    moment("at"),
    UniqueConstraint("token_id", "key"),
    Index(None, "at"),
    within_team("api_token", "token_id"),
)
