"""Probes for the health page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tombola.api.importers import Scope
from tombola.api.text import Text

if TYPE_CHECKING:
    from tombola.api.ctx import Ctx


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """A probe: None when well, else one sentence with a remedy, within five seconds."""

    key: str
    title: Text
    run: Callable[[Ctx], Text | None]
    per: Scope = Scope.APP
