"""Tables of rewards: codes, and who claimed which prize."""

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

from tombola.db.base import metadata, moment, row_id, team_id, uid, within_team
from tombola.db.types import RowId

#: How many codes a prize has, counted in the transactions that move them. ``sealed`` is the key by
#: which the same code is known again without being opened.
reward_stock = Table(
    "reward_stock",
    metadata,
    team_id(),
    Column("prize_id", RowId, nullable=False),
    Column("sealed", Text, nullable=False),
    Column("codes", Integer, nullable=False),
    Column("free", Integer, nullable=False),
    PrimaryKeyConstraint("prize_id"),
    within_team("prize", "prize_id"),
)

#: One code of a prize; ``claim_id`` is empty while it is free. It never goes to a second person
#: once somebody has seen it.
reward_code = Table(
    "reward_code",
    metadata,
    row_id(),
    team_id(),
    Column("prize_id", RowId, nullable=False),
    Column("digest", Text, nullable=False),
    Column("sealed", Text, nullable=False),
    Column("claim_id", RowId),
    UniqueConstraint("prize_id", "digest"),
    UniqueConstraint("team_id", "id"),
    within_team("prize", "prize_id"),
)
Index(
    "ix_reward_code_free",
    reward_code.c.prize_id,
    reward_code.c.id,
    sqlite_where=reward_code.c.claim_id.is_(None),
    postgresql_where=reward_code.c.claim_id.is_(None),
)

#: Who has a prize. It names the identity that claimed, so that it goes along with links and their
#: undo as entries do. States are listed in ``rules.py``.
reward_claim = Table(
    "reward_claim",
    metadata,
    row_id(),
    uid(),
    team_id(),
    Column("campaign_id", RowId, nullable=False),
    Column("prize_id", RowId, nullable=False),
    Column("identity_id", RowId, nullable=False),
    Column("state", Text, nullable=False),
    #: Different actions that were asked for at the time.
    Column("needs", Integer, nullable=False),
    Column("code_id", RowId),
    moment("claimed_at"),
    #: When the code or the text was first on a page or in a mail.
    moment("shown_at", nullable=True),
    moment("delivered_at", nullable=True),
    moment("undone_at", nullable=True),
    Column("decided_by", RowId, ForeignKey("member.id")),
    Column("reason", Text),
    UniqueConstraint("prize_id", "identity_id"),
    UniqueConstraint("team_id", "id"),
    Index(None, "campaign_id", "id"),
    Index(None, "identity_id"),
    within_team("campaign", "campaign_id"),
    within_team("prize", "prize_id"),
    within_team("identity", "identity_id"),
    within_team("reward_code", "code_id"),
)

#: The actions that had been done when a claim was made: what it stands on.
reward_basis = Table(
    "reward_basis",
    metadata,
    team_id(),
    Column("claim_id", RowId, nullable=False),
    Column("action_id", RowId, nullable=False),
    Column("mandatory", Boolean, nullable=False),
    PrimaryKeyConstraint("claim_id", "action_id"),
    within_team("reward_claim", "claim_id"),
    within_team("action", "action_id"),
)
