"""Tables of claims: people's word that a post without an author is theirs."""

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

from tombola.db.base import metadata, moment, row_id, team_id, uid, within_team
from tombola.db.types import JsonDoc, RowId

#: ``permalink`` and ``handle`` are as typed, ``code`` nobody else's, ``client`` a hash of where the
#: request came from. ``links`` are the numbers of what an approval has linked, for its undo.
claim = Table(
    "claim",
    metadata,
    row_id(),
    uid(),
    team_id(),
    Column("campaign_id", RowId, nullable=False),
    Column("action_id", RowId, nullable=False),
    Column("entrant_id", RowId, nullable=False),
    Column("visitor_id", RowId, nullable=False),
    Column("client", Text, nullable=False),
    Column("claim_key", Text, nullable=False),
    Column("permalink", Text, nullable=False),
    Column("handle", Text),
    Column("code", Text, nullable=False),
    Column("state", Text, nullable=False),
    #: What speaks for it, in a few words for the moderator.
    Column("note", Text, nullable=False),
    moment("created_at"),
    #: When the network was last asked for proof.
    moment("looked_at", nullable=True),
    moment("decided_at", nullable=True),
    Column("decided_by", RowId, ForeignKey("member.id")),
    Column("reason", Text),
    Column("links", JsonDoc, nullable=False),
    UniqueConstraint("team_id", "id"),
    UniqueConstraint("action_id", "entrant_id", "claim_key"),
    Index(None, "team_id", "claim_key"),
    Index(None, "campaign_id", "state", "id"),
    Index(None, "entrant_id"),
    Index(None, "visitor_id", "created_at"),
    Index(None, "client", "created_at"),
    within_team("campaign", "campaign_id"),
    within_team("action", "action_id"),
    within_team("entrant", "entrant_id"),
)

#: Posts that a log-in has shown to be an account's, imported already or not.
owned = Table(
    "owned",
    metadata,
    team_id(),
    Column("identity_id", RowId, nullable=False),
    Column("claim_key", Text, nullable=False),
    moment("at"),
    PrimaryKeyConstraint("identity_id", "claim_key"),
    Index(None, "team_id", "claim_key"),
    within_team("identity", "identity_id"),
)
