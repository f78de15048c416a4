"""What listening plugins are told about the ledger's events, read when they are told."""

from collections.abc import Sequence

from sqlalchemy import Connection, RowMapping, Select, select

from tombola.api import Change, EntryView, Identity
from tombola.campaigns import service as campaigns
from tombola.campaigns.models import action, campaign, campaign_version
from tombola.db.rows import first
from tombola.db.sets import members
from tombola.entrants.models import entrant, identity
from tombola.entries.models import entry
from tombola.importing.models import item
from tombola.outbox.jobs import Told
from tombola.teams.service import team_by_id

FIELDS = ("zone", "starts_at", "ends_at", "count_history")


def entries_recorded(conn: Connection, row: RowMapping) -> Told:
    """For ``on_entries_recorded``: the entries of one ledger event, as they are now."""
    found = campaigns.ever(conn, row["campaign_id"])
    views = _views(conn, _entries().where(entry.c.event_id == row["payload"]["event"]))
    return Told({"entries": views, "campaign": campaigns.view(conn, found)} if views else None)


def entries_revoked(conn: Connection, row: RowMapping) -> Told:
    """For ``on_entries_revoked``."""
    views = _views(conn, _entries().where(members(conn, entry.c.id, row["payload"]["entries"])))
    return Told({"entries": views, "reason": row["payload"]["reason"]} if views else None)


def identity_linked(conn: Connection, row: RowMapping) -> Told:
    """For ``on_identity_linked``."""
    payload = row["payload"]
    known = first(conn, select(identity).where(identity.c.id == payload["identity"]))
    uid = conn.execute(select(entrant.c.uid).where(entrant.c.id == payload["entrant"])).scalar()
    if known is None or uid is None:
        return Told(None)
    seen = Identity(known["kind"], known["value"], known["handle"], known["name"])
    team_uid = team_by_id(conn, row["team_id"]).uid
    return Told({"entrant_id": uid, "identity": seen, "team_id": team_uid})


def campaign_changed(conn: Connection, row: RowMapping) -> Told:
    """For ``on_campaign_changed``: what decides entries, before and after."""
    versions = conn.execute(
        select(campaign_version).where(
            campaign_version.c.campaign_id == row["campaign_id"],
            campaign_version.c.n.in_([row["payload"]["before"], row["payload"]["after"]]),
        )
    ).mappings()
    before, after = sorted(versions, key=lambda version: version["n"])
    changes = [
        Change(name, str(before[name]), str(after[name]))
        for name in FIELDS
        if before[name] != after[name]
    ]
    found = campaigns.ever(conn, row["campaign_id"])
    return Told({"campaign": campaigns.view(conn, found), "changes": changes})


READERS = {
    "entries_recorded": entries_recorded,
    "entries_revoked": entries_revoked,
    "identity_linked": identity_linked,
    "campaign_changed": campaign_changed,
}


def _entries() -> Select[tuple[object, ...]]:
    return (
        select(
            entry,
            campaign.c.uid.label("campaign_uid"),
            action.c.uid.label("action_uid"),
            action.c.type_key,
            entrant.c.uid.label("entrant_uid"),
            identity.c.kind.label("identity_kind"),
            identity.c.value.label("identity_value"),
            identity.c.handle,
            identity.c.name,
            item.c.permalink,
        )
        .join(campaign, campaign.c.id == entry.c.campaign_id)
        .join(action, action.c.id == entry.c.action_id)
        .join(entrant, entrant.c.id == entry.c.entrant_id)
        .join(identity, identity.c.id == entry.c.identity_id)
        .outerjoin(item, item.c.id == entry.c.item_id)
        .order_by(entry.c.id)
    )


def _views(conn: Connection, query: Select[tuple[object, ...]]) -> Sequence[EntryView]:
    return [
        EntryView(
            id=row["uid"],
            campaign_id=row["campaign_uid"],
            action_id=row["action_uid"],
            action_type=row["type_key"],
            entrant_id=row["entrant_uid"],
            identity=Identity(
                row["identity_kind"], row["identity_value"], row["handle"], row["name"]
            ),
            occurred_at=row["occurred_at"],
            recorded_at=row["recorded_at"],
            worth=row["worth"],
            state=row["state"],
            details=row["details"],
            permalink=row["permalink"],
        )
        for row in conn.execute(query).mappings()
    ]
