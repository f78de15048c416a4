"""Pages of a plugin's own, at ``/p/<slug>/``."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Audience(StrEnum):
    """Whom a page is for. There is no default."""

    OPERATOR = "operator"
    TEAM = "team"
    #: Of a team, those who may change something; requests may bring a file of 8 MiB.
    EDITORS = "editors"
    ENTRANT = "entrant"
    PUBLIC = "public"
    #: Programs of a team, by a token of its own; the core's pages only.
    API = "api"


@dataclass(frozen=True, slots=True)
class Views:
    """A Flask blueprint, imported only when the web application starts.

    Attributes:
        blueprint: ``module:attribute``.
        audience: of every page in it.
    """

    blueprint: str
    audience: Audience
