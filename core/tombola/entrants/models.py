"""Tables of entrants: people, the identities they are known by, how the two were linked, codes."""

from sqlalchemy import (
    Column,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

from tombola.db.base import metadata, moment, row_id, team_id, uid, within_team
from tombola.db.types import RowId

#: ``kind`` is person, or item for an unclaimed post that stands for itself.
entrant = Table(
    "entrant",
    metadata,
    row_id(),
    uid(),
    team_id(),
    Column("kind", Text, nullable=False),
    Column("name", Text),
    Column("email", Text),
    moment("created_at"),
    moment("erased_at", nullable=True),
    UniqueConstraint("team_id", "id"),
)

#: ``kind`` names the scope of ``value`` (x, email, item …); a display name is never a value.
identity = Table(
    "identity",
    metadata,
    row_id(),
    uid(),
    team_id(),
    Column("entrant_id", RowId, nullable=False),
    Column("kind", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("handle", Text),
    Column("name", Text),
    moment("proven_at", nullable=True),
    #: When the person agreed to their accounts being linked, as the network's terms ask.
    moment("consented_at", nullable=True),
    moment("created_at"),
    UniqueConstraint("team_id", "id"),
    UniqueConstraint("team_id", "kind", "value"),
    Index(None, "entrant_id"),
    within_team("entrant", "entrant_id"),
)

#: Each move of an identity from one entrant to another; undone, not deleted.
link = Table(
    "link",
    metadata,
    row_id(),
    uid(),
    team_id(),
    Column("identity_id", RowId, nullable=False),
    Column("from_entrant_id", RowId, nullable=False),
    Column("to_entrant_id", RowId, nullable=False),
    Column("why", Text, nullable=False),
    moment("at"),
    moment("undone_at", nullable=True),
    Index(None, "identity_id"),
    within_team("identity", "identity_id"),
    within_team("entrant", "from_entrant_id"),
    within_team("entrant", "to_entrant_id"),
)

#: A one-time code on its way to an address. ``email`` is as the identity will be, ``name`` what the
#: person typed with it; ``client`` a hash of where the request came from.
code = Table(
    "code",
    metadata,
    row_id(),
    team_id(),
    Column("campaign_id", RowId, nullable=False),
    Column("visitor_id", RowId, nullable=False),
    Column("email", Text, nullable=False),
    Column("name", Text),
    Column("client", Text, nullable=False),
    Column("code_hash", Text, nullable=False),
    Column("tries", Integer, nullable=False),
    moment("created_at"),
    moment("expires_at"),
    moment("used_at", nullable=True),
    Index(None, "team_id", "email", "created_at"),
    Index(None, "visitor_id", "id"),
    Index(None, "client", "created_at"),
    Index(None, "created_at"),
    within_team("campaign", "campaign_id"),
    within_team("visitor", "visitor_id"),
)

#: What a team's tombstones are made with, sealed: it outlives the installation's own keys.
tombstone_key = Table(
    "tombstone_key",
    metadata,
    team_id(),
    Column("sealed", Text, nullable=False),
    PrimaryKeyConstraint("team_id"),
)

#: Accounts and posts of people who were erased, as keyed hashes: imports leave them out. ``at`` is
#: the erasure.
tombstone = Table(
    "tombstone",
    metadata,
    team_id(),
    Column("hash", Text, nullable=False),
    moment("at"),
    PrimaryKeyConstraint("team_id", "hash"),
)
