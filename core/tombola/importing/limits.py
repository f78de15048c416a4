"""Units of a network's limits: reserved before a call, corrected by what the network says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from tombola.api import Importer, Limit, LimitSeen, Scope, SourceConfig
from tombola.connections.models import connection
from tombola.importing.models import limit_seen
from tombola.importing.work import Work, has_own

#: Rows whose period is over say nothing any more; they are swept after this time.
KEPT = timedelta(days=8)


class UnknownBucket(ValueError):
    """``cost()`` names a bucket that the importer has not declared."""


@dataclass(frozen=True, slots=True)
class Holders:
    """By whom a limit counts: a name for each scope, the same for all who share it."""

    app: str
    team: str
    credential: str
    source: str

    def of(self, scope: Scope) -> str:
        """The name of the holder of a limit of this scope."""
        return {
            Scope.APP: self.app,
            Scope.TEAM: self.team,
            Scope.CREDENTIAL: self.credential,
            Scope.SOURCE: self.source,
        }.get(scope, self.app)


def holders_of(work: Work) -> Holders:
    """Whose limits a source's calls count against."""
    slug = work.importer_key.partition(".")[0]
    return holders(slug, work.team_id, work.connection_id, work.source_id, own=work.own_credentials)


def holders(
    slug: str, team_id: int, connection_id: int | None, source_id: int | None, *, own: bool
) -> Holders:
    """Names for those who count; ``own``: the team uses its own key of the network."""
    team = f"{slug}:team:{team_id}"
    app = team if own else slug
    credential = f"{slug}:connection:{connection_id}" if connection_id else app
    return Holders(app, team, credential, f"{slug}:source:{source_id}")


def holders_for(
    conn: Connection, importer: Importer[Any, Any], config: SourceConfig, team_id: int
) -> Holders:
    """Whose limits a source would count against that is not there yet."""
    slug = importer.key.partition(".")[0]
    account = getattr(config, "account", None) if importer.connection else None
    with_it = select(connection.c.id).where(
        connection.c.team_id == team_id,
        connection.c.connector == importer.connection,
        connection.c.account_uid == account,
    )
    connection_id = conn.execute(with_it).scalar() if account else None
    return holders(slug, team_id, connection_id, None, own=has_own(conn, importer.key, team_id))


def reserve(
    conn: Connection,
    limits: Sequence[Limit],
    cost: Mapping[str, int],
    holders: Holders,
    now: datetime,
) -> datetime | None:
    """Reserve the units of one page, or say when they will be free.

    Args:
        conn: A write transaction. All buckets are taken in the order of their names, or none: the
            caller rolls back nothing, since a refusal writes nothing.
        limits: The importer's declared ones. Distinct ones are kept in ``distinct``.
        cost: Units by bucket; a bucket absent here costs nothing.
        holders: Who counts.
        now: The moment, aware.

    Returns:
        None when reserved, otherwise the first moment at which every bucket fits.

    Raises:
        UnknownBucket: Nothing is reserved.
    """
    check_buckets(limits, cost)
    declared = {limit.bucket: limit for limit in limits}
    wanted = [
        (declared[bucket], units)
        for bucket, units in sorted(cost.items())
        if units > 0 and not declared[bucket].distinct
    ]
    free = {limit.bucket: _state(conn, limit, holders, now) for limit, _ in wanted}
    full = [
        free[limit.bucket][1]
        for limit, units in wanted
        if free[limit.bucket][0] < min(units, limit.amount)
    ]
    if full:
        return max(full)
    for limit, units in wanted:
        _take(conn, limit, units, holders, now)
    return None


def check_buckets(limits: Sequence[Limit], cost: Mapping[str, int]) -> None:
    """Raise UnknownBucket when a cost names a bucket that is not among the limits."""
    unknown = sorted(set(cost) - {limit.bucket for limit in limits})
    if unknown:
        raise UnknownBucket(f"cost() names the bucket {unknown[0]!r}, which is not declared.")


def observe(
    conn: Connection,
    seen: Sequence[LimitSeen],
    limits: Sequence[Limit],
    holders: Holders,
) -> None:
    """Keep what the network itself said; it knows of calls that were not ours."""
    scopes = {limit.bucket: limit.scope for limit in limits}
    for each in sorted(seen, key=lambda one: one.bucket):
        holder = holders.of(scopes.get(each.bucket, Scope.APP))
        _write(conn, each.bucket, holder, max(each.remaining, 0), each.resets_at)


def exhaust(
    conn: Connection, bucket: str, limits: Sequence[Limit], holders: Holders, until: datetime
) -> None:
    """Keep that a bucket is empty until a moment, so that no other source asks in vain."""
    observe(conn, [LimitSeen(bucket, 0, until)], limits, holders)


def _state(conn: Connection, limit: Limit, holders: Holders, now: datetime) -> tuple[int, datetime]:
    row = conn.execute(
        select(limit_seen.c.remaining, limit_seen.c.resets_at)
        .where(limit_seen.c.bucket == limit.bucket, limit_seen.c.holder == holders.of(limit.scope))
        .with_for_update()
    ).first()
    if row is None or row.resets_at <= now:
        return limit.amount, now
    return row.remaining, row.resets_at


def _take(conn: Connection, limit: Limit, units: int, holders: Holders, now: datetime) -> None:
    holder = holders.of(limit.scope)
    lives = and_(
        limit_seen.c.bucket == limit.bucket,
        limit_seen.c.holder == holder,
        limit_seen.c.resets_at > now,
        or_(limit_seen.c.remaining >= units, limit_seen.c.remaining >= limit.amount),
    )
    taken = update(limit_seen).where(lives).values(remaining=limit_seen.c.remaining - units)
    if conn.execute(taken).rowcount == 0:
        _write(conn, limit.bucket, holder, limit.amount - units, now + limit.per)


def _write(conn: Connection, bucket: str, holder: str, remaining: int, resets_at: datetime) -> None:
    insert = sqlite.insert if conn.dialect.name == "sqlite" else postgresql.insert
    values = {"remaining": remaining, "resets_at": resets_at}
    statement = insert(limit_seen).values(bucket=bucket, holder=holder, **values)
    conn.execute(statement.on_conflict_do_update(index_elements=["bucket", "holder"], set_=values))
