"""Tables of messages out: whom channels know, who agreed to what, and each message once."""

from sqlalchemy import (
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

#: What a channel knows of a person. Each pair of moments is decided by the later one, so that
#: events may come in any order. ``grants`` is sealed.
contact = Table(
    "contact",
    metadata,
    team_id(),
    Column("channel", Text, nullable=False),
    Column("identity_id", RowId, nullable=False),
    moment("last_act_at", nullable=True),
    moment("opted_out_at", nullable=True),
    moment("opted_in_at", nullable=True),
    Column("opted_out_why", JsonDoc),
    moment("unreachable_at", nullable=True),
    Column("unreachable_why", JsonDoc),
    moment("delivered_through", nullable=True),
    moment("read_through", nullable=True),
    Column("grants", Text),
    PrimaryKeyConstraint("team_id", "channel", "identity_id"),
    Index(None, "identity_id"),
    within_team("identity", "identity_id"),
)

#: Who may be told of a campaign. ``agreed`` is a fingerprint of what it promised when they agreed
#: (dates, prizes, terms), ``why`` is ``completed``, ``answered`` or ``interest``.
consent = Table(
    "message_consent",
    metadata,
    team_id(),
    Column("campaign_id", RowId, nullable=False),
    Column("identity_id", RowId, nullable=False),
    Column("channel", Text, nullable=False),
    Column("agreed", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("why", Text, nullable=False),
    moment("at"),
    moment("withdrawn_at", nullable=True),
    PrimaryKeyConstraint("campaign_id", "identity_id"),
    Index(None, "identity_id"),
    within_team("campaign", "campaign_id"),
    within_team("identity", "identity_id"),
)

#: One message for many. ``last_identity_id`` is how far it has been given out.
broadcast = Table(
    "broadcast",
    metadata,
    row_id(),
    uid(),
    team_id(),
    Column("campaign_id", RowId, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("question", JsonDoc),
    Column("locale", Text, nullable=False),
    Column("last_identity_id", RowId, nullable=False),
    Column("member_id", RowId, ForeignKey("member.id")),
    moment("created_at"),
    moment("given_out_at", nullable=True),
    moment("stopped_at", nullable=True),
    UniqueConstraint("team_id", "id"),
    Index(None, "campaign_id", "id"),
    within_team("campaign", "campaign_id"),
)

#: A message to one identity. ``entrant_id`` is set while it is being sent and stays where it may
#: have gone: that key is what keeps two identities of one person from getting it twice.
#: ``text`` has placeholders until it is sent, and what was said afterwards.
message = Table(
    "message",
    metadata,
    row_id(),
    uid(),
    team_id(),
    Column("campaign_id", RowId, nullable=False),
    Column("channel", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("identity_id", RowId, nullable=False),
    Column("entrant_id", RowId),
    Column("purpose", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("broadcast_id", RowId),
    Column("text", Text, nullable=False),
    Column("tag", Text),
    Column("question", JsonDoc),
    Column("locale", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("urgency", Integer, nullable=False),
    Column("reason", JsonDoc),
    Column("alternative", JsonDoc),
    Column("tries", Integer, nullable=False),
    Column("external_id", Text),
    moment("due_at"),
    moment("created_at"),
    moment("good_until"),
    moment("began_at", nullable=True),
    moment("ended_at", nullable=True),
    moment("delivered_at", nullable=True),
    moment("read_at", nullable=True),
    UniqueConstraint("team_id", "id"),
    UniqueConstraint("campaign_id", "identity_id", "purpose", "subject"),
    UniqueConstraint("campaign_id", "entrant_id", "purpose", "subject"),
    Index(None, "team_id", "channel", "account", "state", "urgency", "due_at"),
    Index(None, "campaign_id", "id"),
    Index(None, "broadcast_id", "state"),
    Index(None, "identity_id", "state"),
    within_team("campaign", "campaign_id"),
    within_team("identity", "identity_id"),
    within_team("broadcast", "broadcast_id"),
)

#: A rest of one account: nothing is sent through it until then.
rest = Table(
    "message_rest",
    metadata,
    team_id(),
    Column("channel", Text, nullable=False),
    Column("account", Text, nullable=False),
    moment("until"),
    Column("reason", JsonDoc, nullable=False),
    PrimaryKeyConstraint("team_id", "channel", "account"),
)
