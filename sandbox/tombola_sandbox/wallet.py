"""The money that reading costs, counted as the network counts it."""

import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

from tombola.testing.network import Clock

POST_MICRO = 5_000
USER_MICRO = 10_000
"""Micro-dollars for one post and one user. Source: X, "Pricing", pay per use, read 2026-11."""

START_MICRO = 500_000_000


class Wallet:
    """Credits left, in millionths of a US dollar (``micro``). Safe to use from many threads.

    The same object is free for the rest of its UTC day.
    """

    def __init__(self, clock: Clock, write: Callable[[str, str, Mapping[str, Any]], None]) -> None:
        self._clock = clock
        self._write = write
        self.left_micro = START_MICRO
        self._day: date | None = None
        self._paid: set[str] = set()
        self._lock = threading.Lock()

    @property
    def empty(self) -> bool:
        """Nothing can be read any more."""
        return self.left_micro <= 0

    def set(self, micro: int) -> None:
        """Put this much into the wallet. Idempotent."""
        self._write("credits.set", "wallet", {"micro": micro})

    def charge(self, posts: Iterable[str], users: Iterable[str]) -> int:
        """Pay for what one answer holds; how much it was. The last answer may overdraw to zero."""
        with self._lock:
            self._new_day()
            cost = self._price("post", posts, POST_MICRO) + self._price("user", users, USER_MICRO)
            cost = min(cost, self.left_micro)
        if cost:
            self._write("credits.spent", "wallet", {"micro": cost})
        return cost

    def read(self, what: str, body: Mapping[str, Any]) -> None:
        """Let one line of the ledger happen."""
        if what == "set":
            self.left_micro = int(body["micro"])
        elif what == "spent":
            self.left_micro -= int(body["micro"])

    def _new_day(self) -> None:
        if (today := self._clock().date()) != self._day:
            self._day = today
            self._paid.clear()

    def _price(self, kind: str, ids: Iterable[str], each: int) -> int:
        new = {f"{kind} {i}" for i in ids} - self._paid
        self._paid |= new
        return len(new) * each
