"""What entrants say of themselves to a campaign, and what they agree to.

Both belong to the identity by which somebody was known when they said it, so that they follow the
identity wherever it is linked to, and come back when that is undone.
"""

from sqlalchemy import (
    Boolean,
    Column,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
)

from tombola.db.base import metadata, moment, row_id, team_id, within_team
from tombola.db.types import JsonDoc, RowId

statement = Table(
    "statement",
    metadata,
    team_id(),
    Column("campaign_id", RowId, nullable=False),
    Column("identity_id", RowId, nullable=False),
    #: ISO 3166-1, as the person says.
    Column("country", Text),
    #: The age that the person says to have reached.
    Column("age", Integer),
    #: The answers: a list of key, label and value; and whether they were asked for yet.
    Column("details", JsonDoc, nullable=False, default=list),
    Column("detailed", Boolean, nullable=False),
    #: Whether that is enough, by what the campaign asks now.
    Column("admitted", Boolean, nullable=False),
    #: The campaign's version that asked.
    Column("version", Integer, nullable=False),
    moment("at"),
    PrimaryKeyConstraint("campaign_id", "identity_id"),
    Index(None, "identity_id"),
    within_team("campaign", "campaign_id"),
    within_team("identity", "identity_id"),
)

#: One box that somebody ticked, with the words that stood beside it.
agreement = Table(
    "agreement",
    metadata,
    row_id(),
    team_id(),
    Column("campaign_id", RowId, nullable=False),
    Column("identity_id", RowId, nullable=False),
    Column("key", Text, nullable=False),
    Column("wording", Text, nullable=False),
    Column("version", Integer, nullable=False),
    moment("at"),
    Index(None, "campaign_id", "identity_id"),
    Index(None, "identity_id"),
    within_team("campaign", "campaign_id"),
    within_team("identity", "identity_id"),
)
