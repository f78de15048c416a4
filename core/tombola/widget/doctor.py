"""What a team sees of its tracking: what came, what has not come yet, and what nearly came."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from tombola.api import Text
from tombola.campaigns.service import Action, Campaign
from tombola.installation import Installation
from tombola.teams.rules import Actor, Role
from tombola.widget.directory import read
from tombola.widget.models import event, near_miss
from tombola.widget.rules import Miss, suggestion

#: Near misses that the page lists, the latest first.
LISTED = 50


@dataclass(frozen=True, slots=True)
class Latest:
    """The newest event of a name."""

    at: datetime
    origin: str | None
    value: str | None


@dataclass(frozen=True, slots=True)
class Name:
    """A tracking name of an action; ``latest`` None: nothing has come yet."""

    name: str
    latest: Latest | None


@dataclass(frozen=True, slots=True)
class Tracked:
    """An action that pushes complete; ``shut`` says why they are only kept for now."""

    action: Action
    names: tuple[Name, ...]
    shut: Text | None


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A push that became nothing; ``meant`` is the name that it probably was."""

    name: str
    reason: Miss
    times: int
    last_at: datetime
    meant: str | None


@dataclass(frozen=True, slots=True)
class Report:
    """Everything about a campaign's tracking, actions in their order."""

    tracked: tuple[Tracked, ...]
    misses: tuple[NearMiss, ...]


def report(inst: Installation, actor: Actor, campaign: Campaign) -> Report:
    """How the tracking of a campaign of the actor's team goes."""
    actor.need(Role.VIEWER)
    place = read(inst, campaign.key)
    if place is None or place.campaign.team_id != actor.team_id:
        return Report((), ())
    with inst.db.read() as conn:
        latest = {name: _latest(conn, campaign.id, name) for name in place.signals}
        misses = _misses(conn, campaign.id, list(place.signals))
    tracked = []
    for number, action in place.actions.items():
        names = tuple(
            Name(name, latest[name]) for name, some in place.signals.items() if action in some
        )
        if names:
            tracked.append(Tracked(action, names, place.shut.get(number)))
    return Report(tuple(tracked), misses)


def _latest(conn: Connection, campaign_id: int, name: str) -> Latest | None:
    row = conn.execute(
        select(event.c.at, event.c.origin, event.c.value)
        .where(event.c.campaign_id == campaign_id, event.c.name == name)
        .order_by(event.c.id.desc())
        .limit(1)
    ).first()
    return None if row is None else Latest(*row)


def _misses(conn: Connection, campaign_id: int, known: Sequence[str]) -> tuple[NearMiss, ...]:
    rows = conn.execute(
        select(near_miss)
        .where(near_miss.c.campaign_id == campaign_id)
        .order_by(near_miss.c.last_at.desc(), near_miss.c.name)
        .limit(LISTED)
    ).mappings()
    return tuple(
        NearMiss(
            name=row["name"],
            reason=Miss(row["reason"]),
            times=row["times"],
            last_at=row["last_at"],
            meant=suggestion(row["name"], known) if row["reason"] == Miss.UNKNOWN else None,
        )
        for row in rows
    )
