"""Limits that count different keys, such as 30 hashtags in seven days: a ledger of who asked when.

A key counts from its first use until its period is over; using it again meanwhile is free and does
not begin the period anew.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, func, select

from tombola.api import Ctx, Importer, Limit, SourceConfig
from tombola.db.sets import insert_ignore, members
from tombola.importing.limits import Holders, check_buckets
from tombola.importing.models import limit_key
from tombola.installation import Installation
from tombola.plugins.world import TeamRef
from tombola.teams.rules import Actor

#: Rows older than the longest period that any network counts in are swept.
KEPT = timedelta(days=40)


def keys_of(
    inst: Installation, team: Actor | TeamRef, importer: Importer[Any, Any], config: SourceConfig
) -> dict[str, list[str]]:
    """The keys that a configuration asks for, by bucket. Plugin code: raises PluginFailed."""

    def ask(_: Ctx) -> dict[str, list[str]]:
        found = {
            bucket: [str(key) for key in keys] for bucket, keys in importer.uses(config).items()
        }
        check_buckets(importer.limits, dict.fromkeys(found, 0))
        return found

    return inst.plugins.call(importer.key, team, "uses", ask)


def free_at(
    conn: Connection,
    limits: Sequence[Limit],
    uses: Mapping[str, Sequence[str]],
    holders: Holders,
    now: datetime,
) -> dict[str, datetime]:
    """The buckets that have no room for keys asked for, each with the moment when it has.

    Args:
        conn: Any connection; nothing is written.
        limits: The importer's declared ones.
        uses: Keys by bucket, as ``Importer.uses`` names them.
        holders: Who counts.
        now: The moment, aware.

    Returns:
        Nothing for buckets with room. More keys than the limit itself never fit: their moment is
        a whole period away.

    Raises:
        UnknownBucket: ``uses`` names one that is not declared.
    """
    check_buckets(limits, dict.fromkeys(uses, 0))
    full = {}
    for limit in _distinct(limits, uses):
        keys = set(uses[limit.bucket])
        since = now - limit.per
        here = _of(limit, holders, since)
        known = set(
            conn.execute(
                select(limit_key.c.key).where(*here, members(conn, limit_key.c.key, sorted(keys)))
            ).scalars()
        )
        used = conn.execute(select(func.count()).where(*here)).scalar_one()
        excess = used + len(keys - known) - limit.amount
        if excess > 0 and keys - known:
            full[limit.bucket] = _when(conn, limit, holders, since, sorted(keys), excess)
    return full


def take(
    conn: Connection,
    limits: Sequence[Limit],
    uses: Mapping[str, Sequence[str]],
    holders: Holders,
    now: datetime,
) -> datetime | None:
    """Write down that keys are used from now on, or say when there is room for all of them.

    Idempotent within a key's period. A refusal writes nothing.
    """
    full = free_at(conn, limits, uses, holders, now)
    if full:
        return max(full.values())
    for limit in _distinct(limits, uses):
        holder = holders.of(limit.scope)
        keys = sorted(set(uses[limit.bucket]))
        outdated = delete(limit_key).where(
            limit_key.c.bucket == limit.bucket,
            limit_key.c.holder == holder,
            limit_key.c.first_at <= now - limit.per,
            members(conn, limit_key.c.key, keys),
        )
        conn.execute(outdated)
        rows = [(limit.bucket, holder, key, now) for key in keys]
        insert_ignore(conn, limit_key, ("bucket", "holder", "key", "first_at"), rows)
    return None


def _distinct(limits: Sequence[Limit], uses: Mapping[str, Sequence[str]]) -> list[Limit]:
    found = [limit for limit in limits if limit.distinct and uses.get(limit.bucket)]
    return sorted(found, key=lambda limit: limit.bucket)


def _of(limit: Limit, holders: Holders, since: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        limit_key.c.bucket == limit.bucket,
        limit_key.c.holder == holders.of(limit.scope),
        limit_key.c.first_at > since,
    )


def _when(
    conn: Connection, limit: Limit, holders: Holders, since: datetime, keys: Sequence[str],
    excess: int,
) -> datetime:  # fmt: skip
    """When so many keys that are not asked for have fallen out."""
    others = conn.execute(
        select(limit_key.c.first_at)
        .where(*_of(limit, holders, since), ~members(conn, limit_key.c.key, keys))
        .order_by(limit_key.c.first_at)
        .limit(excess)
    ).scalars()
    times = list(others)
    begun = times[-1] if len(times) == excess else since + limit.per
    return begun + limit.per
