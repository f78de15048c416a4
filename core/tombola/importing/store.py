"""A page's way into the database: items, entries, cursor and lease, in one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select, update

from tombola.api import EntryDraft, Identity, Item, MediaKind
from tombola.claiming.arriving import notice
from tombola.db import new_uid
from tombola.db.sets import insert_new, lock_alone, members, update_each
from tombola.entrants.service import ITEM, Known
from tombola.entrants.tombstones import author_hash
from tombola.entries.models import entry
from tombola.entries.record import Status, load_rules, record
from tombola.importing.models import item, media, run, source
from tombola.importing.rules import why_left_out
from tombola.importing.work import Work

#: What entries of an import name as their cause; the number is the run's.
CAUSE = "import"
#: Why an entry was taken back, as the Actions tab says it. What begins so was taken back here, and
#: may be given back here; what a person took back stays taken back.
GONE = "deleted at the network"
EDITED = "edited"
#: Counted as entries of a run: what the ledger took down, whether it counts or not.
TAKEN = frozenset({Status.NEW, Status.SPENT, Status.OUTSIDE, Status.REFUSED})

_ITEM_COLUMNS = (
    "uid", "team_id", "source_id", "external_id", "run_id", "identity_id", "kind", "occurred_at",
    "seen_at", "as_of", "text", "permalink", "parent_id", "state", "reason", "details", "raw",
    "raw_until", "claim_key", "author",
)  # fmt: skip
_MEDIA_COLUMNS = (
    "uid", "team_id", "item_id", "source_id", "campaign_id", "sort_at", "position", "kind", "url",
    "alt", "state", "attempts", "width", "height", "review", "renewed",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Judged:
    """An item of a page with the core's judgement of it.

    Attributes:
        left_out: Why it makes no entry; None when it makes one.
        author: Whose it is: the network's author, or the item itself.
    """

    item: Item
    left_out: str | None
    author: Identity

    @property
    def state(self) -> str:
        """The item's state in its row."""
        if self.item.deleted:
            return "deleted"
        return "kept" if self.left_out is None else "left_out"

    @property
    def enters(self) -> bool:
        """Whether it makes an entry."""
        return self.state == "kept"


@dataclass(frozen=True, slots=True)
class Written:
    """What a page changed: row numbers by external id, and what was new among them."""

    new: int
    known: int
    left_out: int
    deleted: int
    entries: int
    pictures: int


def judge(work: Work, items: Sequence[Item], config: Any) -> list[Judged]:
    """Say of each item whether it makes an entry, and whose it is."""
    return [
        Judged(
            each,
            why_left_out(each, config),
            each.author or _itself(work, each),
        )
        for each in items
    ]


def author_of(work: Work, each: Item) -> tuple[str, str]:
    """The name of whoever an item is of, the item itself without an author: (kind, value)."""
    author = each.author or _itself(work, each)
    return author.provider, author.uid


def _itself(work: Work, each: Item) -> Identity:
    return Identity(ITEM, f"{work.source_uid}:{each.external_id}")


def stored(conn: Connection, source_id: int, external_ids: Sequence[str]) -> dict[str, Any]:
    """The rows of a source's items by external id, those that there are."""
    rows = conn.execute(
        select(
            item.c.id,
            item.c.external_id,
            item.c.run_id,
            item.c.state,
            item.c.reason,
            item.c.text,
            item.c.identity_id,
            item.c.seen_at,
            item.c.as_of,
        ).where(item.c.source_id == source_id, members(conn, item.c.external_id, external_ids))
    )
    return {row.external_id: row for row in rows}


def draft_of(
    work: Work, judged: Judged, person: Known, item_id: int | None, run_id: int
) -> EntryDraft:
    """The entry that an item asks for. Its key is the network's id: one post, one entry."""
    each = judged.item
    return EntryDraft(
        action_id=work.action_id,
        identity_id=person.id,
        entrant_id=person.entrant_id,
        key=each.external_id,
        cause_kind=CAUSE,
        cause_id=run_id,
        occurred_at=each.occurred_at,
        worth=each.worth,
        details=dict(each.details),
        item_id=item_id,
    )


def write(
    conn: Connection,
    work: Work,
    page: Sequence[Judged],
    people: Mapping[tuple[str, str], Known],
    *,
    run_id: int,
    now: datetime,
    as_of: datetime,
    raw_ttl: timedelta,
    refused: Mapping[str, str],
) -> Written:
    """Write one set of items with their entries; replaying it changes nothing.

    Of two versions of an item the one that the network gave later stays, whichever is written
    first.

    Args:
        conn: The write transaction, in which the lease has been guarded.
        work: The lane.
        page: At most ``Database.set_size`` items, each id once.
        people: Whose the items are, for all that are new.
        run_id: The open run.
        now: The moment.
        as_of: When the network said this.
        raw_ttl: How long the network's own answer may be kept.
        refused: Reason by external id, from the gates.
    """
    ordered = sorted(page, key=lambda each: each.item.external_id)
    rows = [
        _row(work, each, people, run_id, now, as_of, raw_ttl)
        for each in ordered
        if _has(people, each)
    ]
    fresh = set(insert_new(conn, item, _ITEM_COLUMNS, rows))
    found = stored(conn, work.source_id, [each.item.external_id for each in ordered])
    old = [each for each in ordered if _number(found, each) not in fresh]
    _refresh(conn, old, found, people, as_of)
    entering = [
        each
        for each in ordered
        if each.enters
        and _has(people, each)
        and _is_due(found[each.item.external_id], fresh, as_of)
    ]
    drafts = [
        draft_of(work, each, people[who(each)], _number(found, each), run_id) for each in entering
    ]
    outcomes = record(conn, drafts, load_rules(conn, work.campaign.id), now, refused=refused)
    new = [each for each in ordered if _number(found, each) in fresh]
    notice_claims(conn, work.team_id, ordered, entering, now)
    return Written(
        new=len(new),
        known=len(old),
        left_out=sum(1 for each in new if each.state == "left_out"),
        deleted=sum(1 for each in ordered if each.item.deleted),
        entries=sum(1 for outcome in outcomes if outcome.status in TAKEN),
        pictures=_write_media(
            conn, work, [each for each in entering if _number(found, each) in fresh], found, now
        ),
    )


def notice_claims(
    conn: Connection,
    team_id: int,
    page: Sequence[Judged],
    entering: Sequence[Judged],
    now: datetime,
) -> None:
    """Tell claims of the posts that they may be about; ``entering`` are those that are new."""
    items = [each.item for each in page if each.enters]
    words = {one.claim_key: one.text for one in items if one.claim_key}
    fresh = {each.item.claim_key for each in entering if each.item.claim_key in words}
    notice(conn, team_id, words, {key for key in fresh if key}, now)


def hand_over(conn: Connection, team_id: int, run_id: int, source_id: int) -> int:
    """Let the runs of other sources be the cause of entries of posts that these have found, too.

    Only sources of the same action count, and runs that nobody has taken back.

    Returns:
        How many entries have another cause now.
    """
    found = conn.execute(
        select(entry.c.id, entry.c.campaign_id, item.c.id.label("item_id"), item.c.run_id)
        .join(source, (source.c.action_id == entry.c.action_id) & (source.c.id != source_id))
        .join(item, (item.c.source_id == source.c.id) & (item.c.external_id == entry.c.key))
        .join(run, run.c.id == item.c.run_id)
        .where(
            entry.c.team_id == team_id,
            entry.c.cause_kind == CAUSE,
            entry.c.cause_id == run_id,
            item.c.state == "kept",
            run.c.undone_at.is_(None),
        )
        .order_by(entry.c.id, item.c.id.desc())
    ).all()
    for campaign_id in sorted({row.campaign_id for row in found}):
        lock_alone(conn, campaign_id)
    heirs = {row.id: (row.id, row.run_id, row.item_id) for row in found}
    update_each(conn, entry, "id", ("cause_id", "item_id"), list(heirs.values()))
    return len(heirs)


def who(judged: Judged) -> tuple[str, str]:
    """The name of an item's identity: (kind, value)."""
    return judged.author.provider, judged.author.uid


def _has(people: Mapping[tuple[str, str], Known], judged: Judged) -> bool:
    return not judged.enters or who(judged) in people


def _number(found: Mapping[str, Any], judged: Judged) -> int | None:
    row = found.get(judged.item.external_id)
    return row.id if row is not None else None


def never_entered(row: Any) -> bool:
    """Whether a stored item never made an entry: left out, or gone before it was ever seen."""
    followed = row.reason is not None and row.reason.startswith((GONE, EDITED))
    return row.state in {"left_out", "deleted"} and not followed


def entered(rows: Mapping[str, Any]) -> dict[str, Any]:
    """Those of ``stored`` that made an entry once."""
    return {key: row for key, row in rows.items() if not never_entered(row)}


def _is_due(row: Any, fresh: set[int], as_of: datetime) -> bool:
    """New, or without an entry until now (an edited post, other filters, or there after all)."""
    return row.id in fresh or (never_entered(row) and row.as_of <= as_of)


def _row(
    work: Work,
    judged: Judged,
    people: Mapping[tuple[str, str], Known],
    run_id: int,
    now: datetime,
    as_of: datetime,
    raw_ttl: timedelta,
) -> tuple[Any, ...]:
    each = judged.item
    person = people.get(who(judged))
    keeps_raw = judged.enters and bool(each.raw)
    return (
        new_uid(now), work.team_id, work.source_id, each.external_id, run_id,
        person.id if person else None, each.kind, each.occurred_at, now, as_of, each.text,
        each.permalink, each.parent_id, judged.state, judged.left_out, dict(each.details),
        dict(each.raw) if keeps_raw else None, now + raw_ttl if keeps_raw else None, each.claim_key,
        None if person else author_hash(*who(judged)),
    )  # fmt: skip


def _refresh(
    conn: Connection,
    old: Sequence[Judged],
    found: Mapping[str, Any],
    people: Mapping[tuple[str, str], Known],
    as_of: datetime,
) -> None:
    """Follow what the network changed about items that are stored: their text, and deletion."""
    changed = []
    for each in old:
        row = found[each.item.external_id]
        if row.as_of > as_of:
            continue
        text = row.text if each.item.deleted else each.item.text
        state = each.state if each.enters or each.item.deleted else row.state
        if (text, state) != (row.text, row.state):
            reason = None if state == "kept" else each.left_out
            person = people.get(who(each))
            owner = person.id if person is not None and each.enters else row.identity_id
            changed.append((row.id, text, state, reason, owner, as_of))
    columns = ("text", "state", "reason", "identity_id", "as_of")
    update_each(conn, item, "id", columns, sorted(changed, key=lambda values: values[0]))


def _write_media(
    conn: Connection, work: Work, new: Sequence[Judged], found: Mapping[str, Any], now: datetime
) -> int:
    rows = [
        (
            new_uid(now), work.team_id, _number(found, each), work.source_id, work.campaign.id,
            each.item.occurred_at or now, position, one.kind.value, one.url, one.alt[:1000],
            _media_state(one.kind, one.url), 0, one.width, one.height, "waiting", False,
        )
        for each in new
        for position, one in enumerate(each.item.media)
    ]  # fmt: skip
    insert_new(conn, media, _MEDIA_COLUMNS, rows)
    return sum(1 for row in rows if row[10] == "wanted")


def _media_state(kind: MediaKind, url: str | None) -> str:
    if kind is not MediaKind.PHOTO:
        return "not_kept"
    return "wanted" if url else "missing"


def ask_again(conn: Connection, work: Work, page: Sequence[Judged]) -> int:
    """Take fresh addresses for pictures that could not be fetched. Returns how many."""
    ids = [each.item.external_id for each in page]
    failed = conn.execute(
        select(media.c.id, media.c.position, media.c.url, item.c.external_id)
        .join(item, item.c.id == media.c.item_id)
        .where(
            item.c.source_id == work.source_id,
            members(conn, item.c.external_id, ids),
            media.c.state.in_(["failed", "expired"]),
        )
    ).all()
    fresh = {each.item.external_id: each.item.media for each in page}
    again = 0
    for row in failed:
        listed = fresh[row.external_id]
        url = listed[row.position].url if row.position < len(listed) else None
        if url and url != row.url:
            values = {"url": url, "state": "wanted", "attempts": 0, "reason": None}
            conn.execute(update(media).where(media.c.id == row.id).values(**values))
            again += 1
    return again
