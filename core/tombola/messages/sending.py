"""Sending: one duty an account, each message handed over at most once.

A row says ``sending`` before the plugin is called. Whoever finds one so at the beginning of the
duty took over from a worker that ended meanwhile: the message may have gone, becomes ``unknown``,
and is never sent again by itself.
"""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event

import structlog
from sqlalchemy import RowMapping, select

from tombola.api import Channel, PluginFailed, PluginUnavailable, Purpose, Text, render
from tombola.campaigns import service as campaigns
from tombola.campaigns.service import Campaign
from tombola.connections import service as connections
from tombola.connections import states
from tombola.db.rows import first
from tombola.installation import Installation
from tombola.mail.service import MAIL
from tombola.messages import handing, rules, slips
from tombola.messages.judging import Verdict, judge
from tombola.messages.models import rest
from tombola.messages.people import Person, people
from tombola.messages.promises import promised
from tombola.plugins.world import TeamRef
from tombola.queue.kinds import Again, Done, Parked, Result
from tombola.queue.tasks import Claim
from tombola.teams.service import team_by_id

log = structlog.get_logger("tombola.messages")

#: Longer than a channel may take to send one message.
LEASE = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Mouth:
    """An account that speaks: whose, through which channel, as whom ("" as nobody in particular).

    Attributes:
        connection_id: the connected account's row; None where the channel needs none.
    """

    inst: Installation
    held: Claim
    team: TeamRef
    channel: Channel
    account: str
    connection_id: int | None


def speak(inst: Installation, held: Claim) -> Result:
    """Send what is due through one account: the handler of ``messages``.

    Raises:
        Parked: the plugin or the account is away; nothing is lost meanwhile.
    """
    slips.leave_unknown(inst, held)
    mouth = _mouth(inst, held)
    pace = _Pace(1 / mouth.channel.per_second)
    while not held.over():
        now = inst.clock()
        with inst.db.read() as conn:
            row = slips.next_due(conn, held, now)
            resting = first(
                conn,
                select(rest).where(
                    rest.c.team_id == mouth.team.team_id,
                    rest.c.channel == mouth.channel.key,
                    rest.c.account == mouth.account,
                    rest.c.until > now,
                ),
            )
        if row is None:
            return Done()
        if resting is not None:
            return Again(resting["until"])
        if row["due_at"] > now:
            return Again(row["due_at"])
        pace.wait()
        pace.begin(sent=_one(mouth, row, now))
    return Again(inst.clock())


def _one(mouth: Mouth, row: RowMapping, now: datetime) -> bool:
    """Decide about one message and send it if it may go. Says whether the network was asked."""
    inst = mouth.inst
    with inst.db.read() as conn:
        campaign = campaigns.ever(conn, row["campaign_id"])
        told = promised(conn, campaign)
        found = people(
            conn, inst.vault, mouth.team.team_id, mouth.channel.key, campaign.id,
            [row["identity_id"]], now,
        )  # fmt: skip
    person = found.get(row["identity_id"])
    if now >= row["good_until"]:
        slips.cancel(mouth.inst, mouth.held, row, _TOO_LATE)
        return False
    if person is None:
        slips.cancel(mouth.inst, mouth.held, row, _NOBODY)
        return False
    try:
        (verdict,) = judge(
            inst, mouth.team, mouth.channel, [person], Purpose(row["purpose"]), told, now
        )
    except PluginUnavailable as away:
        raise Parked(render(away.reason)) from away
    except PluginFailed as failed:
        # Nothing was said yet: it waits, and those behind it have their turn.
        says = Verdict(says=str(failed), until=now + rules.TRY_AGAIN)
        slips.wait(inst, mouth.held, row, says)
        return False
    if not verdict.may:
        _hold_off(mouth, row, verdict)
        return False
    return _hand_over(mouth, row, campaign, person, told)


def _hold_off(mouth: Mouth, row: RowMapping, verdict: Verdict) -> None:
    """Let it wait for what may change, and take back what never will."""
    final = verdict.held not in {None, rules.Held.CONSENT}
    if final:
        slips.cancel(mouth.inst, mouth.held, row, verdict.says)
    else:
        slips.wait(mouth.inst, mouth.held, row, verdict)


def _hand_over(
    mouth: Mouth, row: RowMapping, campaign: Campaign, person: Person, told: str
) -> bool:
    inst = mouth.inst
    begun = slips.begin(inst, mouth.held, row, campaign, person, told)
    if begun is None:
        return False
    end = handing.hand_over(inst, mouth.team, mouth.channel, begun)
    if slips.end(inst, mouth.held, begun, end, mouth.connection_id):
        inst.bell.ring(MAIL)
    log.info("message_handed_over", message=row["id"], came=end.came.value)
    if end.away is not None:
        raise Parked(render(end.away))
    if end.came is handing.Came.LOST and mouth.connection_id is not None:
        raise Parked(render(end.says))
    return True


def _mouth(inst: Installation, held: Claim) -> Mouth:
    key, account = held.payload["channel"], held.payload["account"]
    with inst.db.read() as conn:
        found = team_by_id(conn, held.team_id or 0)
    team = TeamRef(found.id, found.uid)
    channel = inst.plugins.channel(key)
    away = inst.plugins.why_not(key, team)
    if channel is None or away is not None:
        raise Parked(render(away) if away else "Nobody offers this way to send messages any more.")
    return Mouth(inst, held, team, channel, account, _connection(inst, team, channel, account))


def _connection(inst: Installation, team: TeamRef, channel: Channel, account: str) -> int | None:
    """The account's row. Raises Parked while it is broken or not connected."""
    if channel.connection is None:
        return None
    with inst.db.read() as conn:
        found = connections.id_of_account(conn, inst, team.team_id, channel.connection, account)
        if found is None:
            raise Parked("The account that writes these messages has to be connected again.")
        broken = states.why_not(conn, found)
    if broken is not None:
        raise Parked(render(broken))
    return found


class _Pace:
    """Keeps an account below what the network takes in a second."""

    def __init__(self, apart_s: float) -> None:
        self._apart_s = apart_s
        self._next_at = 0.0

    def wait(self) -> None:
        """Wait until the next may go; never longer than the channel's own pace."""
        left_s = self._next_at - time.monotonic()
        if left_s > 0:
            Event().wait(left_s)

    def begin(self, *, sent: bool) -> None:
        """Count from now, if something went."""
        if sent:
            self._next_at = time.monotonic() + self._apart_s


_TOO_LATE: Text = "It could not be sent in time, and makes no sense any more."
_NOBODY: Text = "Their data are not here any more."
