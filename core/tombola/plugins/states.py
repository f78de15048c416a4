"""What is known about an installed plugin."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import click
    import pluggy

    from tombola.api import (
        ActionType,
        Channel,
        Connector,
        Feature,
        HealthCheck,
        IdentityProvider,
        Importer,
        Job,
        Settings,
        Storage,
        Views,
        Webhook,
    )


class State(StrEnum):
    """How far a plugin came. Only READY ones are called."""

    DISCOVERED = "discovered"
    INCOMPATIBLE = "incompatible"
    BROKEN = "broken"
    INVALID = "invalid"
    NEEDS_MIGRATION = "needs_migration"
    READY = "ready"


@dataclass(slots=True)
class Parts:
    """What a plugin registered, validated. Classes have been instantiated once."""

    action_types: list[ActionType[Any]] = field(default_factory=list)
    importers: list[Importer[Any, Any]] = field(default_factory=list)
    identity_providers: list[IdentityProvider] = field(default_factory=list)
    connectors: list[Connector] = field(default_factory=list)
    channels: list[Channel] = field(default_factory=list)
    webhooks: list[Webhook] = field(default_factory=list)
    jobs: list[Job[Any]] = field(default_factory=list)
    features: list[Feature] = field(default_factory=list)
    views: list[Views] = field(default_factory=list)
    commands: list[click.Command] = field(default_factory=list)
    health_checks: list[HealthCheck] = field(default_factory=list)
    settings: Settings | None = None
    storage: Storage | None = None

    def connectors_used(self) -> frozenset[str]:
        """Keys of the connectors that it offers, or whose accounts something of it reads with."""
        own = {key for each in self.connectors for key in (each.key, *each.formerly)}
        used = {
            *(each.connection for each in self.action_types),
            *(each.connection for each in self.importers),
            *(each.connection for each in self.channels),
        }
        return frozenset(own | {key for key in used if key})


@dataclass(slots=True)
class Plugin:
    """An installed plugin, whatever became of it. Filled by the loader, then only read.

    Attributes:
        slug: name of its entry point.
        target: what the entry point names, ``package.module``.
        distribution: name of what was installed, with ``version``.
        needs: names of installed distributions that it requires, normalised.
        reason: why it is not READY, fit for the operator.
        traceback: of what it raised.
        manager: holds its hook implementations once it is loaded.
    """

    slug: str
    target: str
    distribution: str
    version: str
    needs: frozenset[str] = frozenset()
    state: State = State.DISCOVERED
    reason: str = ""
    traceback: str = ""
    manager: pluggy.PluginManager | None = None
    parts: Parts = field(default_factory=Parts)

    @property
    def ready(self) -> bool:
        """Tell whether it may be called."""
        return self.state is State.READY

    @property
    def public_reason(self) -> str:
        """The reason as strangers may read it: the core's own sentence, or none.

        What a plugin raised may hold addresses and secrets; it stays with the operator.
        """
        return "" if self.state is State.BROKEN or self.traceback else self.reason

    def stop(self, state: State, reason: str, traceback: str = "") -> None:
        """Take it out, with the reason; a second reason is added to the first."""
        self.state = state
        self.reason = f"{self.reason}; {reason}" if self.reason else reason
        self.traceback = self.traceback or traceback
        self.parts = Parts()
