"""The cursor of Instagram's hashtags: the same on every page, and yet it goes on."""

import threading
from typing import Final

from tombola_sandbox.ids import short_hash
from tombola_sandbox.meta import errors

MOST_WALKS: Final = 2000


class Walks:
    """Where readers of hashtags are: their cursor never changes and yet goes on.

    Kept in memory, so a restart forgets where somebody was.
    """

    def __init__(self) -> None:
        self._lists: dict[str, tuple[list[str], int]] = {}
        self._lock = threading.Lock()
        self._count = 0

    def begin(self, name: str, ids: list[str]) -> str:
        """Begin a walk and give its cursor."""
        with self._lock:
            self._count += 1
            mark = f"NTAy{short_hash(f'{name} {self._count}', 24)}ZD"
            while len(self._lists) >= MOST_WALKS:
                self._lists.pop(next(iter(self._lists)))
            self._lists[mark] = (ids, 0)
        return mark

    def step(self, mark: str, count: int) -> tuple[list[str], bool]:
        """Go on and give the next ids, and whether more come.

        Raises:
            GraphError: there is no such walk (100).
        """
        with self._lock:
            if mark not in self._lists:
                raise errors.invalid_cursor()
            ids, at = self._lists[mark]
            self._lists[mark] = (ids, at + count)
        return ids[at : at + count], at + count < len(ids)
