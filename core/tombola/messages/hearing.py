"""Channels hear webhook events: each event once for each team whose account it is."""

from collections.abc import Sequence
from datetime import timedelta
from typing import get_args

import structlog
from sqlalchemy import Connection, select

from tombola.api import (
    Accepted,
    Channel,
    Completes,
    Ctx,
    FetchError,
    Happening,
    OutOfCredit,
    PluginUnavailable,
    Retry,
    Throttled,
    render,
)
from tombola.connections.models import connection
from tombola.connections.rules import ConnectionState
from tombola.db.rows import first
from tombola.inbox import fanning
from tombola.inbox.fanning import Ear
from tombola.inbox.models import inbox
from tombola.inbox.service import CHANNEL_HEAR, event_of
from tombola.installation import Installation
from tombola.messages import applying, completing
from tombola.messages.models import contact
from tombola.messages.queueing import MOUTH
from tombola.plugins.world import TeamRef
from tombola.queue import tasks
from tombola.queue.kinds import Again, Done, Parked, Result, Settled
from tombola.queue.tasks import Claim
from tombola.teams.service import team_by_id

log = structlog.get_logger("tombola.messages")

#: How long a channel may take to understand an event; it may ask the network who somebody is.
PATIENCE = timedelta(seconds=30)
LEASE = timedelta(minutes=1)
#: Happenings that one event may bring: a batch of receipts has the most.
MOST = 500
_KNOWN = get_args(Happening)


def fan_out(inst: Installation, held: Claim) -> Result:
    """Give each channel and team that an event concerns a duty: the handler of ``channel_heard``.

    A channel that is not to be had now, but is known in a team, is among them: its duty waits.
    """
    given = fanning.fan_out(inst, held, CHANNEL_HEAR, _hearers)
    if given is None:
        return Done()
    event, hearers = given
    if hearers:
        log.info("event_for_channels", topic=event.topic, hearers=hearers)
        inst.bell.ring(CHANNEL_HEAR)
    return Settled()


def hear(inst: Installation, held: Claim) -> Result:
    """Let one channel hear one event for one team, and apply what it means, once.

    Raises:
        Parked: plugin or plan rest; nothing is lost meanwhile.
    """
    with inst.db.read() as conn:
        row = first(conn, select(inbox).where(inbox.c.id == held.payload["event"]))
        found = team_by_id(conn, held.team_id or 0)
    if row is None:
        return Done()
    team = TeamRef(found.id, found.uid)
    event = event_of(row)
    channel = inst.plugins.channel(held.payload["channel"])
    if channel is None:
        raise Parked("Nobody offers this way to send messages any more.")
    if event.topic not in channel.hears:
        return Done()
    try:
        happenings = _ask(inst, team, channel, event)
    except PluginUnavailable as away:
        raise Parked(render(away.reason)) from away
    except FetchError as error:
        return _later(inst, error)
    done = [
        completing.prepare(inst, team, channel, each)
        for each in happenings
        if isinstance(each, Completes)
    ]
    prepared = [each for each in done if each is not None]
    with inst.db.write() as conn:
        tasks.guard(conn, held, now=inst.clock())
        for each in prepared:
            completing.complete(conn, inst, channel, each)
        for happening in happenings:
            applying.apply(conn, inst, team.team_id, channel, happening)
        tasks.finish(conn, held)
    log.info("event_applied", topic=event.topic, channel=channel.key, happenings=len(happenings))
    inst.bell.ring(MOUTH)
    return Settled()


def _hearers(conn: Connection, inst: Installation, event: Accepted) -> list[Ear]:
    """Who an event is for: teams with its account, and channels of its connector."""
    if event.connector is None:
        return []
    keys = inst.plugins.connector_keys(event.connector)
    teams = (
        conn.execute(
            select(connection.c.team_id)
            .where(
                connection.c.connector.in_(keys),
                connection.c.account_uid == event.account,
                connection.c.state != ConnectionState.LEFT,
            )
            .distinct()
            .order_by(connection.c.team_id)
        )
        .scalars()
        .all()
    )
    hear = [
        each.key
        for each in inst.plugins.channels()
        if each.connection in keys and event.topic in each.hears
    ]
    return [
        Ear(f"{team}:{key}", team, {"channel": key})
        for team in teams
        for key in [*hear, *_away(conn, inst, team)]
    ]


def _away(conn: Connection, inst: Installation, team_id: int) -> list[str]:
    """Channels that a team has used and that nobody offers at this moment."""
    known = conn.execute(
        select(contact.c.channel).where(contact.c.team_id == team_id).distinct()
    ).scalars()
    return sorted(key for key in known if inst.plugins.channel(key) is None)


def _ask(
    inst: Installation, team: TeamRef, channel: Channel, event: Accepted
) -> Sequence[Happening]:
    def ask(ctx: Ctx) -> list[Happening]:
        found = list(channel.hear(ctx, event))
        if len(found) > MOST:
            raise ValueError(f"hear() gave {len(found)} happenings, at most {MOST} are taken")
        strange = [each for each in found if not isinstance(each, _KNOWN)]
        if strange:
            raise TypeError(f"hear() gave {type(strange[0]).__name__}, which is no happening")
        return found

    return inst.plugins.call(
        channel.key, team, "hear", ask, deadline=PATIENCE, passes=(FetchError,)
    )


def _later(inst: Installation, error: FetchError) -> Result:
    """When to ask again after trouble with the network."""
    now = inst.clock()
    match error:
        case Throttled():
            return Again(error.until)
        case OutOfCredit():
            return Again(error.until or now + timedelta(hours=1))
        case Retry():
            return Again(now + max(error.after, timedelta(seconds=1)))
    raise Parked(str(error))
