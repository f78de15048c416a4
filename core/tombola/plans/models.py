"""Tables of plans: which features a team's plan includes."""

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
)

from tombola.db.base import metadata

plan = Table(
    "plan",
    metadata,
    Column("key", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("position", Integer, nullable=False),
)

#: One row where the operator has decided; without a row the feature's own default holds.
plan_feature = Table(
    "plan_feature",
    metadata,
    Column("plan", Text, ForeignKey("plan.key"), nullable=False),
    Column("feature", Text, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("quota", Integer),
    PrimaryKeyConstraint("plan", "feature"),
)
