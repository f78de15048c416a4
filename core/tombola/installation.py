"""The installation: what every service function takes first.

One frozen object holds the few things that a process shares. It is made once, in ``app.py``, and
handed down; nothing in the rooms keeps a global of its own.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import cast

import flask

from tombola.db import Database
from tombola.plugins.registry import Plugins
from tombola.queue.bell import Bell
from tombola.settings import Settings
from tombola.toolkit.fetch import Fetcher
from tombola.toolkit.vault import Vault

#: Gives the present moment, aware and in UTC. The only clock of the core.
Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Installation:
    """What the processes of one Tombola share.

    Attributes:
        settings: The operator's settings, from the environment.
        db: The database; the only way to a transaction.
        vault: Seals and opens secrets.
        plugins: The loaded plugins, their states, and the one way of calling them.
        bell: Rings workers; losing a ring costs seconds, never work.
        clock: The present moment.
        fetcher: The one way to an address outside.
    """

    settings: Settings
    db: Database
    vault: Vault
    plugins: Plugins
    bell: Bell
    clock: Clock
    fetcher: Fetcher


def current() -> Installation:
    """The installation behind the present request."""
    return cast("Installation", flask.current_app.extensions["tombola"])
