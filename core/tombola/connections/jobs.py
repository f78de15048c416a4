"""The room's duties: one check a connection, and the round that asks for it once a day."""

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select

from tombola.api import (
    CredentialExpired,
    Ctx,
    FetchError,
    HttpError,
    PermissionLost,
    Phrase,
    PluginFailed,
    PluginUnavailable,
    Retry,
    SourceGone,
    Text,
    Throttled,
)
from tombola.connections.models import connection, offer
from tombola.connections.rules import USABLE, ConnectionState
from tombola.connections.service import CHECK
from tombola.connections.states import break_, mend
from tombola.connections.store import opened
from tombola.db.rows import first
from tombola.installation import Installation
from tombola.mail.service import MAIL
from tombola.plugins.world import TeamRef
from tombola.queue import tasks
from tombola.queue.kinds import Again, Done, Kind, Parked, Result, Settled
from tombola.queue.tasks import Claim
from tombola.teams.models import team

#: The duty that asks for the day's checks, and how many it asks for in one transaction.
ROUND = "connection_round"
BATCH = 200
DAILY = timedelta(days=1)
#: How long one check may take, and how long a silent worker keeps it.
PATIENCE = timedelta(seconds=30)
LEASE = timedelta(minutes=1)
#: The wait after a network that did not answer, unless it names a longer one.
LATER = timedelta(minutes=1)


def kinds() -> list[Kind]:
    """The connections' kinds of duty."""
    return [
        Kind(CHECK, check, lease=LEASE),
        Kind(ROUND, ask_daily, every=timedelta(hours=1), concurrency=1),
    ]


def check(inst: Installation, held: Claim) -> Result:
    """Let the connector join and check one account, and write down how it stands."""
    began = inst.clock()
    with inst.db.read() as conn:
        joined = select(connection, team.c.uid.label("team_uid")).join(
            team, team.c.id == connection.c.team_id
        )
        row = first(conn, joined.where(connection.c.id == int(held.key)))
    if row is None or row["state"] == ConnectionState.LEFT:
        return Done()
    connector = inst.plugins.connector(row["connector"])
    if connector is None:
        raise Parked("Nobody offers this way to connect any more.")
    account = opened(inst.vault, row)

    def ask(ctx: Ctx) -> Text | None:
        connector.join(ctx, account)
        return connector.check(ctx, account)

    says: Text | None
    broken = False
    try:
        says = inst.plugins.call(
            connector.key,
            TeamRef(row["team_id"], row["team_uid"]),
            "check",
            ask,
            deadline=PATIENCE,
            passes=(FetchError, HttpError),
        )
    except PluginUnavailable as away:
        raise Parked(str(away)) from away
    except (CredentialExpired, PermissionLost, SourceGone) as lost:
        says, broken = str(lost), True
    except (Retry, Throttled, HttpError) as later:
        return Again(_when(later, inst.clock()))
    except FetchError as error:
        says = str(error)
    except PluginFailed as failed:
        says = Phrase(
            "The check itself failed (%(correlation)s); the operator sees more.",
            {"correlation": failed.correlation},
        )
    now = inst.clock()
    with inst.db.write() as conn:
        tasks.guard(conn, held, now=now, lease=LEASE)
        if broken:
            break_(conn, inst, row["id"], says or "", since=began, now=now)
            seen = connection.update().where(connection.c.id == row["id"])
            conn.execute(seen.values(checked_at=now))
        else:
            mend(conn, row, says, now)
        tasks.finish(conn, held)
    inst.bell.ring(MAIL)
    return Settled()


def ask_daily(inst: Installation, held: Claim) -> Result:
    """Ask for a check of every connection that had none for a day; forget old offers.

    Broken ones are left alone: nothing but a member mends them.
    """
    now = inst.clock()
    with inst.db.write() as conn:
        conn.execute(delete(offer).where(offer.c.expires_at < now))
    after = 0
    while not held.over():
        due = (
            select(connection.c.id, connection.c.team_id)
            .where(
                connection.c.id > after,
                connection.c.state.in_([each.value for each in USABLE]),
                func.coalesce(connection.c.checked_at, connection.c.created_at) <= now - DAILY,
            )
            .order_by(connection.c.id)
            .limit(BATCH)
        )
        with inst.db.write() as conn:
            rows = conn.execute(due).all()
            for row in rows:
                tasks.put(conn, CHECK, str(row.id), now, team_id=row.team_id)
        if len(rows) < BATCH:
            break
        after = rows[-1].id
    inst.bell.ring(CHECK)
    return Done()


def _when(later: FetchError | HttpError, now: datetime) -> datetime:
    """When a network that gave no answer is asked again."""
    if isinstance(later, Throttled):
        return max(later.until, now + LATER)
    return now + (max(later.after, LATER) if isinstance(later, Retry) else LATER)
