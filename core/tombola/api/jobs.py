"""Background work of a plugin; the core keeps the queue."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Generic, TypeVar

from pydantic import BaseModel

from tombola.api.importers import Scope

if TYPE_CHECKING:
    from tombola.api.ctx import Ctx

P = TypeVar("P", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Job(Generic[P]):
    """Work that runs in a worker, at least once.

    Attributes:
        key: ``slug.thing``.
        payload: model of what it is given.
        run: does it.
        formerly: earlier keys.
        every: repeat at this pace (with an empty payload); None = only when enqueued.
        per: a periodic job runs once for the installation (APP) or for each team (TEAM).
        timeout: after that the run is given up.
        attempts: runs before it is parked.
    """

    key: str
    payload: type[P]
    run: Callable[[Ctx, P], None]
    formerly: tuple[str, ...] = ()
    every: timedelta | None = None
    per: Scope = Scope.APP
    timeout: timedelta = timedelta(seconds=60)
    attempts: int = 5
