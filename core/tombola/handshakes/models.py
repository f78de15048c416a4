"""Table of handshakes: browsers that have left for a network and are expected back, once."""

from sqlalchemy import Column, Index, Table, Text

from tombola.db.base import metadata, moment, team_id
from tombola.db.types import JsonDoc

#: ``holder`` names the browser that left; ``sealed`` holds the PKCE verifier.
handshake = Table(
    "handshake",
    metadata,
    Column("state_hash", Text, primary_key=True),
    team_id(),
    Column("purpose", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("holder", Text, nullable=False),
    Column("sealed", Text, nullable=False),
    Column("back_to", Text, nullable=False),
    Column("details", JsonDoc, nullable=False),
    moment("expires_at"),
    moment("used_at", nullable=True),
    Index(None, "expires_at"),
)
