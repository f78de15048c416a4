"""Lists of right answers, their uses, and guesses."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0001", None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "custom_tracking_code",
        sa.Column("list", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("plain", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("list", "version", "code"),
    )
    op.create_index(
        "ix_custom_tracking_code_plain", "custom_tracking_code", ["list", "version", "plain"]
    )
    op.create_table(
        "custom_tracking_use",
        sa.Column("list", sa.Text(), nullable=False),
        sa.Column("plain", sa.Text(), nullable=False),
        sa.Column("entrant", sa.Text(), nullable=False),
        sa.Column("at_s", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("list", "plain", "entrant"),
    )
    op.create_index("ix_custom_tracking_use_entrant", "custom_tracking_use", ["entrant"])
    op.create_table(
        "custom_tracking_guess",
        sa.Column("list", sa.Text(), nullable=False),
        sa.Column("entrant", sa.Text(), nullable=False),
        sa.Column("since_s", sa.BigInteger(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("list", "entrant"),
    )
    op.create_index("ix_custom_tracking_guess_entrant", "custom_tracking_guess", ["entrant"])


def downgrade() -> None:
    """Take them away."""
    op.drop_table("custom_tracking_guess")
    op.drop_table("custom_tracking_use")
    op.drop_table("custom_tracking_code")
