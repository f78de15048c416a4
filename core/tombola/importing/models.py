"""Tables of imports: sources, their lanes and runs, the items found and their pictures."""

from sqlalchemy import (
    Boolean,
    Column,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    and_,
    exists,
    or_,
)

from tombola.db.base import metadata, moment, row_id, team_id, uid, within_team
from tombola.db.types import JsonDoc, RowId

source = Table(
    "source",
    metadata,
    row_id(),
    uid(),
    team_id(),
    Column("action_id", RowId, nullable=False),
    Column("importer_key", Text, nullable=False),
    Column("config", JsonDoc, nullable=False),
    Column("config_version", Integer, nullable=False),
    Column("connection_id", RowId),
    moment("floor_at", nullable=True),
    Column("cap", Integer),
    Column("every_seconds", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("detail", JsonDoc, nullable=False),
    #: When the team was last written to; emptied when the source has worked since.
    moment("told_at", nullable=True),
    moment("created_at"),
    moment("last_run_at", nullable=True),
    moment("next_run_at", nullable=True),
    moment("removed_at", nullable=True),
    UniqueConstraint("team_id", "id"),
    Index(None, "action_id"),
    Index(None, "connection_id"),
    within_team("action", "action_id"),
    within_team("connection", "connection_id"),
)

#: ``lane`` is live or history. ``cursor`` is where a run goes on, ``checkpoint`` where the next
#: run starts.
lane = Table(
    "lane",
    metadata,
    team_id(),
    Column("source_id", RowId, nullable=False),
    Column("lane", Text, nullable=False),
    Column("cursor", JsonDoc),
    Column("checkpoint", JsonDoc),
    Column("run_id", RowId),
    moment("finished_at", nullable=True),
    PrimaryKeyConstraint("source_id", "lane"),
    within_team("source", "source_id"),
)

run = Table(
    "run",
    metadata,
    row_id(),
    uid(),
    team_id(),
    Column("source_id", RowId, nullable=False),
    Column("lane", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("counts", JsonDoc, nullable=False),
    Column("calls", JsonDoc, nullable=False),
    moment("started_at"),
    moment("seen_at"),
    moment("finished_at", nullable=True),
    moment("undone_at", nullable=True),
    UniqueConstraint("team_id", "id"),
    Index(None, "source_id", "id"),
    within_team("source", "source_id"),
)

item = Table(
    "item",
    metadata,
    row_id(),
    uid(),
    team_id(),
    Column("source_id", RowId, nullable=False),
    Column("external_id", Text, nullable=False),
    Column("run_id", RowId, nullable=False),
    Column("identity_id", RowId),
    Column("kind", Text, nullable=False),
    moment("occurred_at", nullable=True),
    moment("seen_at"),
    #: When the network said what is stored; what it said before that changes nothing any more.
    moment("as_of"),
    Column("text", Text, nullable=False),
    Column("permalink", Text),
    Column("parent_id", Text),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("details", JsonDoc, nullable=False),
    Column("raw", JsonDoc),
    moment("raw_until", nullable=True),
    #: By which the author of a post without one may claim it.
    Column("claim_key", Text),
    #: Hash of the author of a post that was left out, and so has no identity: for an erasure.
    Column("author", Text),
    UniqueConstraint("source_id", "external_id"),
    UniqueConstraint("team_id", "id"),
    Index(None, "run_id"),
    Index(None, "raw_until"),
    within_team("source", "source_id"),
    within_team("identity", "identity_id"),
)

Index(
    "ix_item_team_claim_key",
    item.c.team_id,
    item.c.claim_key,
    sqlite_where=item.c.claim_key.is_not(None),
    postgresql_where=item.c.claim_key.is_not(None),
)

_left_out = item.c.identity_id.is_(None)
Index(
    "ix_item_team_author",
    item.c.team_id,
    item.c.author,
    sqlite_where=_left_out,
    postgresql_where=_left_out,
)

media = Table(
    "media",
    metadata,
    row_id(),
    uid(),
    team_id(),
    Column("item_id", RowId, nullable=False),
    Column("source_id", RowId, nullable=False),
    Column("campaign_id", RowId, nullable=False),
    #: Of the post: when it was posted, or else when it was seen.
    moment("sort_at"),
    Column("position", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("url", Text),
    Column("alt", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("attempts", Integer, nullable=False),
    #: Name of the stored file, the hash of its bytes; the same picture is kept once.
    Column("sha256", Text),
    Column("width", Integer),
    Column("height", Integer),
    #: What the team says of it: waiting, shown, hidden or removed.
    Column("review", Text, nullable=False),
    #: A fresh address was asked for, since the first one had expired.
    Column("renewed", Boolean, nullable=False),
    UniqueConstraint("item_id", "position"),
    UniqueConstraint("team_id", "id"),
    within_team("item", "item_id"),
    within_team("source", "source_id"),
    within_team("campaign", "campaign_id"),
)
_NEWEST = (media.c.sort_at.desc(), media.c.id.desc())
for _name, _columns, _state in (
    ("campaign_kept", (media.c.campaign_id, *_NEWEST), "kept"),
    ("campaign_review", (media.c.campaign_id, media.c.review, *_NEWEST), "kept"),
    ("source_review", (media.c.source_id, media.c.review, *_NEWEST), "kept"),
    ("campaign_failed", (media.c.campaign_id, *_NEWEST), "failed"),
    ("source_wanted", (media.c.source_id, media.c.id), "wanted"),
    ("source_expired", (media.c.source_id, media.c.id), "expired"),
):
    _only = media.c.state == _state
    Index(f"ix_media_{_name}", *_columns, sqlite_where=_only, postgresql_where=_only)
_known = media.c.sha256.is_not(None)
Index("ix_media_sha256", media.c.sha256, sqlite_where=_known, postgresql_where=_known)

#: What a campaign wants of its pictures; without a row neither.
picture_rule = Table(
    "picture_rule",
    metadata,
    team_id(),
    Column("campaign_id", RowId, nullable=False),
    #: Only pictures that somebody has let through are shown to others.
    Column("approve_first", Boolean, nullable=False),
    #: The entry of a picture that is hidden or removed is taken back with it.
    Column("takes_back", Boolean, nullable=False),
    PrimaryKeyConstraint("campaign_id"),
    within_team("campaign", "campaign_id"),
)

#: What a network said of its limits, by bucket and by whom the limit counts.
limit_seen = Table(
    "limit_seen",
    metadata,
    Column("bucket", Text, nullable=False),
    Column("holder", Text, nullable=False),
    Column("remaining", Integer, nullable=False),
    moment("resets_at"),
    PrimaryKeyConstraint("bucket", "holder"),
)

#: Keys that a distinct limit counts, such as hashtags, from their first use on.
limit_key = Table(
    "limit_key",
    metadata,
    Column("bucket", Text, nullable=False),
    Column("holder", Text, nullable=False),
    Column("key", Text, nullable=False),
    moment("first_at"),
    PrimaryKeyConstraint("bucket", "holder", "key"),
    Index(None, "first_at"),
)

#: Another look at what a source has brought. ``after_id`` is the last item that was looked at.
recheck = Table(
    "recheck",
    metadata,
    row_id(),
    uid(),
    team_id(),
    Column("source_id", RowId, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("total", Integer, nullable=False),
    Column("seen", Integer, nullable=False),
    Column("gone", Integer, nullable=False),
    Column("edited", Integer, nullable=False),
    Column("back", Integer, nullable=False),
    Column("after_id", RowId, nullable=False),
    moment("started_at"),
    moment("finished_at", nullable=True),
    UniqueConstraint("team_id", "id"),
    Index(None, "source_id", "id"),
    within_team("source", "source_id"),
)

#: Pictures that everybody may see: not hidden, and let through where the campaign asks for that.
PUBLIC_PICTURE = or_(
    media.c.review == "shown",
    and_(
        media.c.review == "waiting",
        ~exists().where(
            picture_rule.c.campaign_id == media.c.campaign_id,
            picture_rule.c.approve_first.is_(True),
        ),
    ),
)
