"""Tables of draws: what was planned, committed and drawn, the log of all of it, and the pools."""

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

from tombola.db.base import metadata, moment, row_id, team_id, uid, within_team
from tombola.db.types import JsonDoc, RowId

#: States are listed in ``rules.py``. Root, hashes and seed are lower-case hex.
draw = Table(
    "draw",
    metadata,
    row_id(),
    uid(),
    team_id(),
    Column("campaign_id", RowId, nullable=False),
    #: In the installation's log, from 1 without gaps; given with the commitment.
    Column("number", RowId, unique=True),
    Column("state", Text, nullable=False),
    #: What was asked for, as ``types.DrawForm`` reads it.
    Column("form", JsonDoc, nullable=False),
    Column("member_id", RowId, ForeignKey("member.id")),
    #: How far a step has come, in numbers for the page.
    Column("progress", JsonDoc, nullable=False),
    #: Why it does not go on, or what was not possible, in words for the team.
    Column("notes", JsonDoc, nullable=False),
    #: The operator's secret and the key of the salts, sealed; the latter goes with the commitment.
    Column("secret", Text, nullable=False),
    Column("salt_key", Text),
    Column("root", Text),
    Column("total", RowId),
    Column("people", RowId),
    Column("ledger_head", RowId),
    #: Canonical JSON, exactly as it was hashed.
    Column("commitment", Text),
    Column("result", Text),
    Column("seed", Text),
    #: What has been revealed so far: signatures of beacons, dice.
    Column("revealed", JsonDoc, nullable=False),
    moment("created_at"),
    moment("closing_at", nullable=True),
    moment("frozen_at", nullable=True),
    moment("randomness_at", nullable=True),
    moment("drawn_at", nullable=True),
    moment("published_at", nullable=True),
    #: How much of the winners' names everybody sees, see ``announcing.Names``.
    Column("shown_names", Text, nullable=False, default="first"),
    moment("voided_at", nullable=True),
    Column("void_reason", Text),
    UniqueConstraint("team_id", "id"),
    Index(None, "campaign_id", "id"),
    within_team("campaign", "campaign_id"),
)

#: The installation's log, of which nothing is ever changed or taken away. Bodies hold no words of
#: a team: everybody may read them.
draw_log = Table(
    "draw_log",
    metadata,
    Column("seq", RowId, primary_key=True, autoincrement=False),
    Column("draw_uid", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("prev", Text, nullable=False),
    Column("hash", Text, nullable=False),
    moment("at"),
    Index(None, "draw_uid", "seq"),
)

#: Who takes part; ``entrant_id`` and ``salt`` are emptied when a person is erased.
pool = Table(
    "pool",
    metadata,
    Column("draw_id", RowId, ForeignKey("draw.id"), nullable=False),
    Column("tag", LargeBinary, nullable=False),
    Column("weight", RowId, nullable=False),
    Column("entrant_id", RowId),
    Column("salt", LargeBinary),
    PrimaryKeyConstraint("draw_id", "tag"),
    Index(None, "entrant_id", "draw_id"),
)

#: A stretch of the sorted pool: its subtree's hash and sum, so that one person's path and one
#: winner's place are found without reading the rest.
pool_block = Table(
    "pool_block",
    metadata,
    Column("draw_id", RowId, ForeignKey("draw.id"), nullable=False),
    Column("n", Integer, nullable=False),
    Column("first", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("weight", RowId, nullable=False),
    PrimaryKeyConstraint("draw_id", "n"),
)

exclusion = Table(
    "exclusion",
    metadata,
    Column("draw_id", RowId, ForeignKey("draw.id"), nullable=False),
    Column("tag", LargeBinary, nullable=False),
    Column("weight", RowId, nullable=False),
    Column("reason", Text, nullable=False),
    Column("entrant_id", RowId),
    Column("salt", LargeBinary),
    PrimaryKeyConstraint("draw_id", "tag"),
    Index(None, "entrant_id", "draw_id"),
)

#: One fixed order of winners and backups. ``prize`` counts from 1 in the order of the form; empty
#: for a backup that no place has come to.
winner = Table(
    "winner",
    metadata,
    row_id(),
    uid(),
    Column("draw_id", RowId, ForeignKey("draw.id"), nullable=False),
    Column("rank", Integer, nullable=False),
    Column("tag", LargeBinary, nullable=False),
    Column("weight", RowId, nullable=False),
    Column("block", RowId, nullable=False),
    Column("prize", Integer),
    Column("entrant_id", RowId),
    moment("placed_at", nullable=True),
    moment("passed_at", nullable=True),
    Column("pass_reason", Text),
    UniqueConstraint("draw_id", "rank"),
    Index(None, "entrant_id"),
)

#: People who commit to a phrase before the freeze and say it after. ``token`` is their own link.
witness = Table(
    "witness",
    metadata,
    row_id(),
    Column("draw_id", RowId, ForeignKey("draw.id"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("token", Text, nullable=False, unique=True),
    Column("commitment", Text),
    Column("phrase", Text),
    moment("committed_at", nullable=True),
    moment("revealed_at", nullable=True),
    UniqueConstraint("draw_id", "position"),
)
