"""Settings of a plugin, for the installation and for each team."""

from __future__ import annotations

from dataclasses import dataclass

from tombola.api.config import Config


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings models; forms are the core's, ``SecretStr`` fields are sealed.

    Every field needs a default. ``ctx.settings(Model)`` gives the team's value of a field where
    the team has set one, else the installation's, else the default.

    Attributes:
        installation: what the operator sets.
        team: what a team may set for itself; fields with the same name override.
    """

    installation: type[Config] | None = None
    team: type[Config] | None = None
