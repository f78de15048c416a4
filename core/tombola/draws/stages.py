"""The steps of a draw as a page shows them. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from tombola.draws.types import Draw, State

#: In their order. The first three are names that ``Progress`` bears.
NAMES = ("imports", "rechecks", "pool", "secret", "randomness", "selection")
_DRAWN = {State.DRAWN, State.PUBLISHED}


@dataclass(frozen=True, slots=True)
class Stage:
    """One step: ``done``, ``now`` or ``later``, and how far it is where somebody knows."""

    name: str
    status: str
    done: int = 0
    total: int = 0


def stages(of: Draw) -> Sequence[Stage]:
    """The steps of a draw, those behind it and those to come."""
    at = _place(of)
    found = []
    for place, name in enumerate(NAMES):
        now = place == at
        status = "now" if now else "done" if place < at else "later"
        counts = now and of.progress.step == name
        done, total = (of.progress.done, of.progress.total) if counts else (0, 0)
        found.append(Stage(name, status, done, total))
    return found


def _place(of: Draw) -> int:
    if of.state in _DRAWN or of.drawn_at is not None:
        return len(NAMES)
    if of.state is State.WAITING:
        return NAMES.index("randomness")
    if of.state is State.FROZEN:
        return NAMES.index("secret")
    return NAMES.index(of.progress.step) if of.progress.step in NAMES else 0
