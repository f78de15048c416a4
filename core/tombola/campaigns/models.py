"""Tables of campaigns and their actions."""

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

campaign = Table(
    "campaign",
    metadata,
    row_id(),
    uid(),
    team_id(),
    Column("key", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("zone", Text, nullable=False),
    moment("starts_at"),
    moment("ends_at"),
    Column("count_history", Boolean, nullable=False),
    #: Whether an e-mail address has to be confirmed by a code before anything counts.
    Column("confirm_email", Boolean, nullable=False, default=False),
    #: Different actions that an entrant has to do before any entry of theirs can win.
    Column("actions_required", Integer, nullable=False, default=0),
    #: What entrants are spoken to in; "" is what their browser asks for.
    Column("language", Text, nullable=False, default=""),
    Column("terms_url", Text, nullable=False, default=""),
    Column("rules_text", Text, nullable=False, default=""),
    Column("privacy_text", Text, nullable=False, default=""),
    Column("privacy_url", Text, nullable=False, default=""),
    #: Who may enter and what is asked: the models of ``terms.py``.
    Column("eligibility", JsonDoc, nullable=False, default=dict),
    Column("asks", JsonDoc, nullable=False, default=dict),
    #: Nothing of an entrant counts before they have said what these two ask.
    Column("asks_first", Boolean, nullable=False, default=False),
    #: The team's own words for some of ours: by language, then by the name of the place.
    Column("words", JsonDoc, nullable=False, default=dict),
    Column("version", Integer, nullable=False),
    #: Number of the campaign's last ledger event.
    Column("ledger_n", RowId, nullable=False),
    moment("created_at"),
    moment("removed_at", nullable=True),
    UniqueConstraint("team_id", "id"),
)

#: The history of what decides which entries count.
campaign_version = Table(
    "campaign_version",
    metadata,
    team_id(),
    Column("campaign_id", RowId, nullable=False),
    Column("n", Integer, nullable=False),
    Column("zone", Text, nullable=False),
    moment("starts_at"),
    moment("ends_at"),
    Column("count_history", Boolean, nullable=False),
    moment("at"),
    Column("member_id", RowId, ForeignKey("member.id")),
    PrimaryKeyConstraint("campaign_id", "n"),
    within_team("campaign", "campaign_id"),
)

action = Table(
    "action",
    metadata,
    row_id(),
    uid(),
    team_id(),
    Column("campaign_id", RowId, nullable=False),
    Column("type_key", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("config", JsonDoc, nullable=False),
    Column("config_version", Integer, nullable=False),
    Column("interval", Text, nullable=False),
    Column("worth", Integer, nullable=False),
    Column("position", Integer, nullable=False),
    Column("mandatory", Boolean, nullable=False),
    #: A free alternative: the public name of the action that it stands for, and in which countries.
    Column("replaces", Text),
    Column("countries", JsonDoc, nullable=False, default=list),
    moment("created_at"),
    moment("removed_at", nullable=True),
    UniqueConstraint("team_id", "id"),
    Index(None, "campaign_id", "position"),
    within_team("campaign", "campaign_id"),
)

#: Tracking names that unlock an action; the same name on two actions is legal.
action_signal = Table(
    "action_signal",
    metadata,
    team_id(),
    Column("campaign_id", RowId, nullable=False),
    Column("name", Text, nullable=False),
    Column("action_id", RowId, nullable=False),
    #: How far an event has to be believable, and whether addresses in its value are blotted out.
    Column("proof", Text, nullable=False, default="browser"),
    Column("redact", Boolean, nullable=False, default=False),
    PrimaryKeyConstraint("campaign_id", "name", "action_id"),
    within_team("campaign", "campaign_id"),
    within_team("action", "action_id"),
)

#: What a competition's winners get, or what a reward gives to everybody who has done enough.
prize = Table(
    "prize",
    metadata,
    row_id(),
    uid(),
    team_id(),
    Column("campaign_id", RowId, nullable=False),
    Column("title", Text, nullable=False),
    Column("description", Text, nullable=False),
    #: Of a competition: how many are drawn.
    Column("winners", Integer, nullable=False),
    #: Of a reward: how many can be claimed, null for no limit; with codes their number is one, too.
    Column("stock", Integer),
    #: How many are claimed: counted up in the claim's transaction, which makes claims wait in line.
    Column("claimed", Integer, nullable=False, default=0),
    #: Of a reward: different actions done before it unlocks, besides the mandatory ones.
    Column("needs", Integer, nullable=False),
    Column("delivery", Text, nullable=False),
    Column("delivery_text", Text, nullable=False),
    Column("position", Integer, nullable=False),
    moment("created_at"),
    moment("removed_at", nullable=True),
    UniqueConstraint("team_id", "id"),
    Index(None, "campaign_id", "position"),
    within_team("campaign", "campaign_id"),
)

#: A picture of a campaign's page. Its files are named by ``uid``; what was sent waits to be drawn
#: anew, and is shown by nobody until then.
campaign_picture = Table(
    "campaign_picture",
    metadata,
    row_id(),
    uid(),
    team_id(),
    Column("campaign_id", RowId, nullable=False),
    Column("state", Text, nullable=False),
    #: Why it cannot be shown, where its state says so.
    Column("reason", Text, nullable=False, default=""),
    Column("alt", Text, nullable=False),
    Column("width", Integer),
    Column("height", Integer),
    Column("position", Integer, nullable=False),
    moment("created_at"),
    UniqueConstraint("team_id", "id"),
    Index(None, "campaign_id", "position"),
    within_team("campaign", "campaign_id"),
)

#: A campaign as a team keeps it to begin others with: words, actions and prizes, no entries.
campaign_template = Table(
    "campaign_template",
    metadata,
    row_id(),
    uid(),
    team_id(),
    Column("title", Text, nullable=False),
    Column("content", JsonDoc, nullable=False),
    moment("created_at"),
    UniqueConstraint("team_id", "id"),
    Index(None, "team_id"),
)
