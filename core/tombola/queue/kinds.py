"""Kinds of duty: who does them, how long a lease lasts, how many at once."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import Connection

from tombola.db import Database
from tombola.queue.tasks import Claim
from tombola.settings import Settings


class Parked(Exception):
    """What does this duty is away (its plugin is gone, broken or resting). Raised by a handler."""


@dataclass(frozen=True, slots=True)
class Done:
    """The handler did all there was to do."""


@dataclass(frozen=True, slots=True)
class Again:
    """The handler did its part; the duty goes on at ``due_at``."""

    due_at: datetime


@dataclass(frozen=True, slots=True)
class Settled:
    """The handler has already written what becomes of the row, in its own transaction."""


Result = Done | Again | Settled


class Site(Protocol):
    """What the queue needs of an installation."""

    @property
    def db(self) -> Database:
        """The database."""

    @property
    def settings(self) -> Settings:
        """The settings."""

    @property
    def clock(self) -> Callable[[], datetime]:
        """Says the time, aware UTC."""

    @property
    def bell(self) -> "Rings":
        """Wakes a worker."""


class Rings(Protocol):
    """Something that can wake a worker."""

    def ring(self, kind: str) -> bool:
        """Ask a worker to look for due duties of a kind; True when it was heard. Never raises."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of duty.

    Attributes:
        name: Stands in the rows.
        handle: Does one duty, outside any transaction. Raises ``Parked``, ``Fenced``, or anything,
            which counts as a failure.
        lease: How long a silent worker keeps a duty.
        budget: How long one job goes on taking new duties.
        concurrency: Duties at a time in one job, each in a thread of its own.
        every: One duty of this kind, its key the kind's name, always comes back after this time.
        waiting: Says whether rows elsewhere need that one duty now; asked by the reconciler.
    """

    name: str
    handle: Callable[[Any, Claim], Result]
    lease: timedelta = timedelta(seconds=30)
    budget: timedelta = timedelta(seconds=20)
    concurrency: int = 4
    every: timedelta | None = None
    waiting: Callable[[Connection, datetime], bool] | None = None


class Kinds(Mapping[str, Kind]):
    """All kinds of this installation by name, registered once at start."""

    def __init__(self, kinds: Iterable[Kind]) -> None:
        self._kinds: dict[str, Kind] = {}
        for kind in kinds:
            if kind.name in self._kinds:
                raise ValueError(f"Two kinds of duty are named {kind.name!r}.")
            self._kinds[kind.name] = kind

    def __getitem__(self, name: str) -> Kind:
        return self._kinds[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._kinds)

    def __len__(self) -> int:
        return len(self._kinds)


@dataclass(frozen=True, slots=True)
class House:
    """An installation and the duties that it knows: what worker and reconciler are made from."""

    site: Site
    kinds: Kinds
