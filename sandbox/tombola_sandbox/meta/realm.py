"""Meta as a whole, as the world holds it."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from tombola.testing.network import Clock
from tombola_sandbox.meta.access import MetaAccess
from tombola_sandbox.meta.facebook_acts import FacebookActs
from tombola_sandbox.meta.hooks import Hooks
from tombola_sandbox.meta.instagram_acts import InstagramActs
from tombola_sandbox.meta.limits import Usage
from tombola_sandbox.meta.messenger_acts import MessengerActs
from tombola_sandbox.meta.recording import Player, Recorded, read_folder
from tombola_sandbox.meta.world import MetaWorld


class Meta:
    """What exists at Facebook and Instagram, and who does what there.

    Attributes:
        things: everything by kind.
        access: applications and tokens.
        facebook: what people and pages do.
        instagram: what accounts do.
        messenger: what people do at Messenger.
        usage: calls counted against limits.
        player: recorded answers.
    """

    def __init__(self, clock: Clock, write: Callable[[str, str, Mapping[str, Any]], None]) -> None:
        self._write = write
        self.player = Player()
        self._loaded: set[str] = set()
        self.things = MetaWorld(clock, write)
        self.access = MetaAccess(self.things)
        hooks = Hooks(self.things, self.access)
        self.facebook = FacebookActs(self.things, hooks)
        self.instagram = InstagramActs(self.things, hooks)
        self.messenger = MessengerActs(self.things, self.access)
        self.usage = Usage(clock)

    def load(self, folder: Path) -> int:
        """Take a folder of recordings; how many were new. The same folder twice changes nothing.

        Raises:
            RecordingError: a file is none; nothing is taken then.
        """
        return self.take(read_folder(folder))

    def take(self, pairs: Iterable[tuple[str, Mapping[str, Any]]]) -> int:
        """Take recordings that were read; how many were new. Idempotent."""
        new = [(mark, body) for mark, body in pairs if mark not in self._loaded]
        for mark, body in new:
            self._write("meta.recorded", mark, Recorded.model_validate(body).model_dump())
        return len(new)

    def read(self, what: str, subject: str, body: Mapping[str, Any]) -> None:
        """Let one line of the ledger happen."""
        if what == "recorded":
            self._loaded.add(subject)
            self.player.add(Recorded.model_validate(body))
        else:
            self.things.read(what, subject, body)
