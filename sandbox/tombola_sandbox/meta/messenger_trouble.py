"""What is broken at Messenger's Send API: refusals that tests and the console switch on."""

import threading

from tombola_sandbox.meta.messenger_errors import TROUBLES


class Trouble:
    """One refusal for every message, some times or until mended. Kept in memory, for all threads.

    Attributes:
        name: which one, "" for none; a key of ``messenger_errors.TROUBLES``.
        times: how many messages it still hits; None until mended.
    """

    def __init__(self) -> None:
        self.name = ""
        self.times: int | None = None
        self._lock = threading.Lock()

    def begin(self, name: str, *, times: int | None = None) -> None:
        """Refuse messages from now on.

        Raises:
            KeyError: there is no such refusal.
        """
        if name not in TROUBLES:
            raise KeyError(f"no refusal is called {name!r}")
        with self._lock:
            self.name, self.times = name, times

    def mend(self) -> None:
        """Refuse nothing more. Idempotent."""
        with self._lock:
            self.name, self.times = "", None

    def check(self) -> None:
        """Refuse one message, if it is to be.

        Raises:
            GraphError: it is.
        """
        with self._lock:
            name = self.name
            if name and self.times is not None:
                self.times -= 1
                if self.times <= 0:
                    self.name, self.times = "", None
        if name:
            refusal = TROUBLES[name][1]()
            raise refusal
