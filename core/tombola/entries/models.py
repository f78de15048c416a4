"""Tables of the ledger."""

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
from tombola.db.types import JsonDoc, RowId

#: ``period`` is the place in the interval that the entry asks for, ``slot`` the same once it holds
#: it. States are listed in ``rules.py``.
entry = Table(
    "entry",
    metadata,
    row_id(),
    uid(),
    team_id(),
    Column("campaign_id", RowId, nullable=False),
    Column("action_id", RowId, nullable=False),
    Column("identity_id", RowId, nullable=False),
    Column("entrant_id", RowId, nullable=False),
    Column("key", Text, nullable=False),
    Column("period", Text),
    Column("slot", Text),
    moment("occurred_at", nullable=True),
    moment("sort_at"),
    moment("recorded_at"),
    Column("local_day", Text, nullable=False),
    Column("worth", Integer, nullable=False),
    Column("state", Text, nullable=False),
    #: Archived while it counted: wherever it goes, its place stays taken.
    Column("held", Boolean, nullable=False),
    Column("reason", Text),
    Column("cause_kind", Text, nullable=False),
    Column("cause_id", RowId),
    Column("item_id", RowId),
    Column("event_id", RowId, nullable=False),
    Column("details", JsonDoc, nullable=False),
    #: How far the reported event behind it can be believed.
    Column("proof", Text),
    #: The same for entries that tell the same; of two people it is worth a look.
    Column("alike", Text),
    UniqueConstraint("action_id", "key"),
    UniqueConstraint("action_id", "entrant_id", "slot"),
    UniqueConstraint("team_id", "id"),
    within_team("campaign", "campaign_id"),
    within_team("action", "action_id"),
    within_team("identity", "identity_id"),
    within_team("entrant", "entrant_id"),
)
Index("ix_entry_campaign_sort", entry.c.campaign_id, entry.c.sort_at.desc(), entry.c.id.desc())
for _name in ("action_id", "state", "entrant_id", "cause_kind"):
    Index(
        f"ix_entry_campaign_{_name}_sort",
        entry.c.campaign_id,
        entry.c[_name],
        entry.c.sort_at.desc(),
        entry.c.id.desc(),
    )
Index(
    "ix_entry_campaign_alike_sort",
    entry.c.campaign_id,
    entry.c.alike,
    entry.c.sort_at.desc(),
    entry.c.id.desc(),
    sqlite_where=entry.c.alike.is_not(None),
    postgresql_where=entry.c.alike.is_not(None),
)
Index(
    "ix_entry_campaign_proof_sort",
    entry.c.campaign_id,
    entry.c.proof,
    entry.c.sort_at.desc(),
    entry.c.id.desc(),
    sqlite_where=entry.c.proof.is_not(None),
    postgresql_where=entry.c.proof.is_not(None),
)
Index("ix_entry_event", entry.c.event_id)
Index("ix_entry_cause", entry.c.cause_kind, entry.c.cause_id)
Index("ix_entry_entrant", entry.c.entrant_id)
Index("ix_entry_identity", entry.c.identity_id)

ledger_event = Table(
    "ledger_event",
    metadata,
    row_id(),
    team_id(),
    Column("campaign_id", RowId, nullable=False),
    #: Given as the last statement of the transaction, so that writers do not wait for it.
    Column("n", RowId),
    Column("kind", Text, nullable=False),
    moment("at"),
    Column("member_id", RowId, ForeignKey("member.id")),
    Column("reason", Text),
    Column("subject", Text),
    Column("entries", Integer, nullable=False),
    UniqueConstraint("campaign_id", "n"),
    within_team("campaign", "campaign_id"),
)

#: What a later event did to an entry; the first state stands in the entry's recording event.
entry_change = Table(
    "entry_change",
    metadata,
    Column("event_id", RowId, ForeignKey("ledger_event.id"), nullable=False),
    Column("entry_id", RowId, ForeignKey("entry.id"), nullable=False),
    Column("from_state", Text, nullable=False),
    Column("to_state", Text, nullable=False),
    Column("from_entrant_id", RowId, nullable=False),
    Column("to_entrant_id", RowId, nullable=False),
    PrimaryKeyConstraint("event_id", "entry_id"),
    Index(None, "entry_id"),
)

total = Table(
    "total",
    metadata,
    team_id(),
    Column("campaign_id", RowId, nullable=False),
    Column("action_id", RowId, nullable=False),
    Column("local_day", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("entries", Integer, nullable=False),
    Column("worth", RowId, nullable=False),
    PrimaryKeyConstraint("campaign_id", "action_id", "local_day", "state"),
    within_team("campaign", "campaign_id"),
    within_team("action", "action_id"),
)

#: What the widget's poll reads: one row by its primary key.
participation = Table(
    "participation",
    metadata,
    team_id(),
    Column("campaign_id", RowId, nullable=False),
    Column("entrant_id", RowId, nullable=False),
    Column("entries", Integer, nullable=False),
    Column("worth_counted", RowId, nullable=False),
    Column("version", RowId, nullable=False),
    PrimaryKeyConstraint("campaign_id", "entrant_id"),
    within_team("campaign", "campaign_id"),
    within_team("entrant", "entrant_id"),
)

#: An act on more entries than one transaction should hold, done batch after batch by entrants.
bulk_act = Table(
    "bulk_act",
    metadata,
    row_id(),
    uid(),
    team_id(),
    Column("campaign_id", RowId, nullable=False),
    #: The kind of its ledger events, which carry ``subject``, too.
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("member_id", RowId, ForeignKey("member.id")),
    #: Which entries; of those that come later, none.
    Column("wanted", JsonDoc, nullable=False),
    Column("last_id", RowId, nullable=False),
    Column("total", Integer, nullable=False),
    Column("seen", Integer, nullable=False),
    Column("changed", Integer, nullable=False),
    #: The last entrant whose entries were seen.
    Column("after_id", RowId, nullable=False),
    moment("started_at"),
    moment("finished_at", nullable=True),
    UniqueConstraint("team_id", "id"),
    Index(None, "campaign_id", "id"),
    Index(None, "subject"),
    within_team("campaign", "campaign_id"),
)

#: A file of entries that somebody asked for; it lies in the data folder under its uid.
download = Table(
    "download",
    metadata,
    row_id(),
    uid(),
    team_id(),
    Column("campaign_id", RowId, nullable=False),
    Column("name", Text, nullable=False),
    Column("shape", Text, nullable=False),
    Column("bom", Boolean, nullable=False),
    Column("wanted", JsonDoc, nullable=False),
    #: Names of details that have a column; known when the first line is written.
    Column("details", JsonDoc),
    Column("state", Text, nullable=False),
    Column("total", Integer, nullable=False),
    Column("done", Integer, nullable=False),
    #: Bytes that count; what lies behind them was written by somebody who died.
    Column("size", RowId, nullable=False),
    #: The last line that is in the file.
    Column("place", JsonDoc),
    Column("member_id", RowId, ForeignKey("member.id")),
    moment("asked_at"),
    moment("expires_at", nullable=True),
    UniqueConstraint("team_id", "id"),
    Index(None, "campaign_id", "id"),
    within_team("campaign", "campaign_id"),
)

#: A list's filters under a name, for everybody in the team.
saved_view = Table(
    "saved_view",
    metadata,
    row_id(),
    uid(),
    team_id(),
    Column("campaign_id", RowId, nullable=False),
    Column("name", Text, nullable=False),
    Column("wanted", JsonDoc, nullable=False),
    Column("member_id", RowId, ForeignKey("member.id")),
    moment("created_at"),
    UniqueConstraint("team_id", "id"),
    UniqueConstraint("campaign_id", "name"),
    within_team("campaign", "campaign_id"),
)
