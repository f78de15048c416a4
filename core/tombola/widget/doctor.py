"""What a team sees of its tracking: what came, what has not come yet, and what nearly came."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import Connection, select

from tombola.api import Proof, Text
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
    level: Proof


@dataclass(frozen=True, slots=True)
class Name:
    """A tracking name of an action; ``latest`` None: nothing has come yet."""

    name: str
    latest: Latest | None


@dataclass(frozen=True, slots=True)
class Tracked:
    """An action that pushes complete.

    Attributes:
        shut: why they are only kept for now.
        proof: how far a push has to be believable.
    """

    action: Action
    names: tuple[Name, ...]
    shut: Text | None
    proof: Proof = Proof.BROWSER


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A push that became nothing.

    Attributes:
        meant: the name that it probably was.
        action: the one that has that name, and could have this one as well.
    """

    name: str
    reason: Miss
    times: int
    last_at: datetime
    meant: str | None
    action: Action | None = None

    @property
    def place(self) -> str:
        """A word for the page, the same as long as it is about this name and reason."""
        return sha256(f"{self.name}\0{self.reason}".encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Report:
    """Everything about a campaign's tracking, actions in their order."""

    tracked: tuple[Tracked, ...]
    misses: tuple[NearMiss, ...]

    @property
    def state(self) -> str:
        """The same as long as there is nothing new to show."""
        return sha256(repr(self).encode("utf-8", "replace")).hexdigest()[:16]


def report(inst: Installation, actor: Actor, campaign: Campaign) -> Report:
    """How the tracking of a campaign of the actor's team goes."""
    actor.need(Role.VIEWER)
    place = read(inst, campaign.key)
    if place is None or place.campaign.team_id != actor.team_id:
        return Report((), ())
    with inst.db.read() as conn:
        latest = {name: _latest(conn, campaign.id, name) for name in place.signals}
        misses = _misses(conn, campaign.id, place.signals)
    tracked = []
    for number, action in place.actions.items():
        names = tuple(
            Name(name, latest[name]) for name, some in place.signals.items() if action in some
        )
        if names:
            proof = place.proofs.get(number, Proof.BROWSER)
            tracked.append(Tracked(action, names, place.shut.get(number), proof))
    return Report(tuple(tracked), misses)


def _latest(conn: Connection, campaign_id: int, name: str) -> Latest | None:
    row = conn.execute(
        select(event.c.at, event.c.origin, event.c.value, event.c.level)
        .where(event.c.campaign_id == campaign_id, event.c.name == name)
        .order_by(event.c.id.desc())
        .limit(1)
    ).first()
    return None if row is None else Latest(row.at, row.origin, row.value, Proof(row.level))


def _misses(
    conn: Connection, campaign_id: int, signals: Mapping[str, tuple[Action, ...]]
) -> tuple[NearMiss, ...]:
    rows = conn.execute(
        select(near_miss)
        .where(near_miss.c.campaign_id == campaign_id)
        .order_by(near_miss.c.last_at.desc(), near_miss.c.name)
        .limit(LISTED)
    ).mappings()
    found = []
    for row in rows:
        reason = Miss(row["reason"])
        if reason is Miss.UNKNOWN and row["name"] in signals:
            continue  # came before an action had this name
        meant = suggestion(row["name"], signals) if reason is Miss.UNKNOWN else None
        action = signals[meant][0] if meant is not None and row["name"].isprintable() else None
        found.append(NearMiss(row["name"], reason, row["times"], row["last_at"], meant, action))
    return tuple(found)
