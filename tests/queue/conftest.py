from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from tombola.queue.kinds import Done, House, Kind, Kinds
from tombola.settings import Settings


@dataclass
class Recorder:
    rung: list[str] = field(default_factory=list)

    def ring(self, kind: str) -> bool:
        self.rung.append(kind)
        return True


@dataclass
class Place:
    db: Any
    clock: Any
    bell: Any = field(default_factory=Recorder)
    settings: Settings = field(default_factory=Settings)


@pytest.fixture
def site(database: Any, clock: Any) -> Place:
    return Place(database, clock)


@pytest.fixture
def quick_site(sqlite_database: Any, clock: Any) -> Place:
    return Place(sqlite_database, clock)


@pytest.fixture
def house() -> Callable[..., House]:
    def make(site: Place, **handlers: Any) -> House:
        kinds = [Kind(name, handle or (lambda *_: Done())) for name, handle in handlers.items()]
        return House(site, Kinds(kinds))

    return make
