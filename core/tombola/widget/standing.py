"""How an entrant stands in a campaign: what counts, and what each action shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2s

from sqlalchemy import Connection, bindparam, func, select

from tombola.campaigns.requirements import Progress as Required
from tombola.campaigns.rules import Interval
from tombola.db import Database
from tombola.db.sets import members
from tombola.entries.models import entry, participation
from tombola.entries.rules import State, period
from tombola.widget.directory import Place
from tombola.widget.rewards import Reward, mandatory
from tombola.widget.rewards import standings as reward_standings
from tombola.widget.rules import Standing, standing


@dataclass(frozen=True, slots=True)
class Earned:
    """What counts of one action, for one entrant."""

    entries: int
    worth: int


@dataclass(frozen=True, slots=True)
class Progress:
    """Everything about one entrant that a widget shows.

    Attributes:
        tag: changes whenever anything here does.
        worth: the entrant's chances in the campaign.
        rewards: of a reward, by the prize's number, in their order.
        required: of a competition: how far the entrant is before anything of theirs can win.
    """

    tag: str
    entries: int
    worth: int
    standings: Mapping[int, Standing]
    earned: Mapping[int, Earned]
    rewards: Mapping[int, Reward]
    required: Required


#: Made once, since making and recognising it costs more than what it reads.
_VERSION = select(participation.c.version).where(
    participation.c.campaign_id == bindparam("campaign"),
    participation.c.entrant_id == bindparam("entrant"),
)


def glance(db: Database, place: Place, entrant_id: int | None, now: datetime) -> str:
    """What ``progress`` would say as its tag: one read by primary key, or none at all."""
    found = entrant_id and db.glance(_VERSION, _key(place, entrant_id))
    return _tag(place, entrant_id, found[0] if found else 0, now)


def _key(place: Place, entrant_id: int) -> dict[str, int]:
    return {"campaign": place.campaign.id, "entrant": entrant_id}


def _tag(place: Place, entrant_id: int | None, version: int, now: datetime) -> str:
    """What tells one state of a widget from another."""
    told = (
        place.campaign.id, place.campaign.version, place.campaign.phase(now).value,
        period(Interval.HOURLY, now, place.zone), place.numbers, sorted(place.shut),
        sorted(place.sold_out), entrant_id, version,
    )  # fmt: skip
    return blake2s(repr(told).encode(), digest_size=12).hexdigest()


def progress(conn: Connection, place: Place, entrant_id: int | None, now: datetime) -> Progress:
    """Read everything; ``glance`` says beforehand whether that is needed."""
    version = 0
    done: set[int] = set()
    earned: dict[int, Earned] = {}
    if entrant_id is not None:
        version = conn.execute(_VERSION, _key(place, entrant_id)).scalar_one_or_none() or 0
        done = _done(conn, place, entrant_id, now)
        earned = _earned(conn, place, entrant_id)
    phase = place.campaign.phase(now)
    unmet = bool(mandatory(place) - done - set(earned))
    prizes = reward_standings(conn, place, entrant_id, phase)
    standings = {
        number: standing(
            Interval(action.interval),
            phase,
            done=number in done,
            available=number not in place.shut,
            locked=unmet and not action.mandatory,
        )
        for number, action in place.actions.items()
    }
    return Progress(
        tag=_tag(place, entrant_id, version, now),
        entries=sum(each.entries for each in earned.values()),
        worth=sum(each.worth for each in earned.values()),
        standings=standings,
        earned=earned,
        rewards=prizes.rewards,
        required=prizes.required,
    )


def _done(conn: Connection, place: Place, entrant_id: int, now: datetime) -> set[int]:
    """The actions whose present period the entrant's entries hold."""
    slots = {
        number: period(Interval(action.interval), now, place.zone)
        for number, action in place.actions.items()
    }
    rows = conn.execute(
        select(entry.c.action_id, entry.c.slot).where(
            members(conn, entry.c.action_id, sorted(slots)),
            entry.c.entrant_id == entrant_id,
            members(conn, entry.c.slot, sorted({slot for slot in slots.values() if slot})),
        )
    )
    return {action_id for action_id, slot in rows if slots[action_id] == slot}


def _earned(conn: Connection, place: Place, entrant_id: int) -> dict[int, Earned]:
    rows = conn.execute(
        select(entry.c.action_id, func.count(), func.sum(entry.c.worth))
        .where(
            entry.c.campaign_id == place.campaign.id,
            entry.c.entrant_id == entrant_id,
            entry.c.state == State.VALID.value,
        )
        .group_by(entry.c.action_id)
    )
    return {action_id: Earned(count, int(worth)) for action_id, count, worth in rows}
