"""How the world behaves, as switches that are remembered."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Any


class Vocabulary(StrEnum):
    """Which of its two vocabularies the network speaks."""

    BOTH = "both"
    """Answers in the one asked."""
    POST = "post"
    """Knows only the new one: ``tweet.fields`` is refused."""
    TWEET = "tweet"
    """Knows only the old one: ``post.fields`` is refused."""


class Switches:
    """The state of every switch; setting one writes a line into the world's ledger."""

    def __init__(self, write: Callable[[str, str, Mapping[str, Any]], None]) -> None:
        self._write = write
        self._values: dict[str, Any] = {
            "self_posting": False,
            "every_seconds": 8.0,
            "index_lag_seconds": 10.0,
            "reach_days": 7.0,
            "vocabulary": Vocabulary.BOTH.value,
            "meta_doubled": False,
            "meta_reordered": False,
            "meta_batched": False,
            "meta_webhooks_fail": False,
            "clock_ahead_seconds": 0.0,
        }

    def set(self, **values: Any) -> None:
        """Set switches by name.

        Raises:
            KeyError: there is no switch of that name.
        """
        for name, value in values.items():
            if name not in self._values:
                raise KeyError(f"no switch is called {name!r}")
            self._write("switch.set", name, {"value": value})

    @property
    def self_posting(self) -> bool:
        """Whether people post by themselves."""
        return bool(self._values["self_posting"])

    @property
    def every(self) -> timedelta:
        """How long between two posts of a world that posts by itself, on the average."""
        return timedelta(seconds=float(self._values["every_seconds"]))

    @property
    def index_lag(self) -> timedelta:
        """How long a post takes to reach the search index."""
        return timedelta(seconds=float(self._values["index_lag_seconds"]))

    @property
    def reach(self) -> timedelta:
        """How far back recent search looks.

        Source: X, "Search Posts", recent: 7 days, read 2026-11.
        """
        return timedelta(days=float(self._values["reach_days"]))

    @property
    def vocabulary(self) -> Vocabulary:
        """Which vocabulary the network speaks."""
        return Vocabulary(self._values["vocabulary"])

    @property
    def meta_doubled(self) -> bool:
        """Whether Meta sends every event twice."""
        return bool(self._values["meta_doubled"])

    @property
    def meta_reordered(self) -> bool:
        """Whether Meta sends events in another order than they happened."""
        return bool(self._values["meta_reordered"])

    @property
    def meta_batched(self) -> bool:
        """Whether Meta puts events together in one delivery."""
        return bool(self._values["meta_batched"])

    @property
    def meta_webhooks_fail(self) -> bool:
        """Whether no event of Meta's arrives, as if every app were away."""
        return bool(self._values["meta_webhooks_fail"])

    @property
    def clock_ahead(self) -> timedelta:
        """By how much the world's clock is before the real one, or behind it."""
        return timedelta(seconds=float(self._values["clock_ahead_seconds"]))

    def read(self, name: str, body: Mapping[str, Any]) -> None:
        """Let one line of the ledger happen; unknown names are kept and not used."""
        self._values[name] = body["value"]
