"""Tables of the plugin room: switches, settings, faults and what plugins keep."""

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
)

from tombola.db.base import metadata, moment, row_id
from tombola.db.types import JsonDoc, RowId

#: ``scope`` is installation, plan, team or campaign; ``scope_id`` names which ("" for the first).
switch = Table(
    "switch",
    metadata,
    Column("scope", Text, nullable=False),
    Column("scope_id", Text, nullable=False),
    Column("plugin", Text, nullable=False),
    Column("on", Boolean, nullable=False),
    PrimaryKeyConstraint("scope", "scope_id", "plugin"),
)

#: ``scope`` is installation or team; secrets inside ``doc`` are sealed one by one.
setting = Table(
    "setting",
    metadata,
    Column("scope", Text, nullable=False),
    Column("scope_id", Text, nullable=False),
    Column("plugin", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("doc", JsonDoc, nullable=False),
    PrimaryKeyConstraint("scope", "scope_id", "plugin"),
)

plugin_fault = Table(
    "plugin_fault",
    metadata,
    row_id(),
    moment("at"),
    Column("plugin", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("team_id", RowId, ForeignKey("team.id")),
    Column("place", Text, nullable=False),
    Column("error", Text, nullable=False),
    Column("correlation", Text, nullable=False),
    Index(None, "plugin", "team_id", "at"),
)

#: ``team`` is the team's number, 0 for work that belongs to no team.
quarantine = Table(
    "quarantine",
    metadata,
    Column("plugin", Text, nullable=False),
    Column("team", RowId, nullable=False),
    moment("since"),
    moment("retry_at"),
    Column("reason", Text, nullable=False),
    PrimaryKeyConstraint("plugin", "team"),
)

plugin_kv = Table(
    "plugin_kv",
    metadata,
    Column("plugin", Text, nullable=False),
    Column("team", RowId, nullable=False),
    Column("key", Text, nullable=False),
    Column("value", JsonDoc, nullable=False),
    moment("expires_at", nullable=True),
    PrimaryKeyConstraint("plugin", "team", "key"),
)
