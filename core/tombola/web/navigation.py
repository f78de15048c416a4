"""The links that pages share: each room adds its own, the order is by number and then by label."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from flask import Flask, current_app, request, url_for

from tombola.web.i18n import gettext as _


class Place(StrEnum):
    """Where a link stands, and what its address is made of."""

    #: In the bar on a team's pages; ``team``.
    TEAM = "team"
    #: In the tabs on a campaign's pages; ``team`` and ``key``.
    CAMPAIGN = "campaign"
    #: In the bar on the operator's pages; nothing.
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """One link as a room adds it: a message id, and the endpoints on which it is current.

    ``count`` takes what its address is made of and says what waits behind it; None: nothing.
    ``when`` takes the same and says whether the link is there at all; None: always.
    """

    order: int
    label: str
    endpoint: str
    sections: tuple[str, ...]
    count: Callable[..., int | None] | None = field(default=None, compare=False)
    when: Callable[..., bool] | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Link:
    """One link as a page shows it."""

    label: str
    href: str
    current: bool = False
    count: int | None = None


def add(app: Flask, place: Place, entry: Entry) -> None:
    """Put a link in its place; adding it again changes nothing."""
    found: dict[Place, set[Entry]] = app.extensions.setdefault("tombola_navigation", {})
    found.setdefault(place, set()).add(entry)


def links(place: Place, **values: Any) -> list[Link]:
    """The links of a place in the running request."""
    entries: set[Entry] = current_app.extensions.get("tombola_navigation", {}).get(place, set())
    here = request.endpoint or ""
    return [
        Link(
            _(entry.label),
            url_for(entry.endpoint, **values),
            here.startswith(entry.sections),
            entry.count(**values) if entry.count is not None else None,
        )
        for entry in sorted(entries)
        if entry.when is None or entry.when(**values)
    ]
