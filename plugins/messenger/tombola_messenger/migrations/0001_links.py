"""Links to pages, and what Meta says of templates."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0001", None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "messenger_link",
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("seed", sa.Text(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("page", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("entrant", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=True),
        sa.Column("reply", sa.Text(), nullable=False),
        sa.Column("keyword", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("made_s", sa.BigInteger(), nullable=False),
        sa.Column("used_by", sa.Text(), nullable=True),
        sa.Column("used_s", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("ref"),
        sa.UniqueConstraint("code"),
    )
    op.create_index("ix_messenger_link_entrant", "messenger_link", ["entrant", "action", "made_s"])
    op.create_index("ix_messenger_link_made", "messenger_link", ["made_s"])
    op.create_table(
        "messenger_template",
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("page", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("asked_s", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("team", "page", "name", "language"),
    )


def downgrade() -> None:
    """Take them away."""
    op.drop_table("messenger_template")
    op.drop_table("messenger_link")
