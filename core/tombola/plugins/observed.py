"""What the database knows of plugins, for commands that must work without it too."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError

from tombola.api import Busy
from tombola.db import Database
from tombola.plugins import containment, quarantine, storage, switches
from tombola.plugins.quarantine import Fault, Rest
from tombola.plugins.states import Plugin
from tombola.plugins.switches import Switch
from tombola.settings import Settings

#: A database that is away must not keep a command waiting.
PATIENCE = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Observed:
    """Switches that are set, quarantines, and the latest faults, newest first."""

    switches: list[Switch]
    rests: list[Rest]
    faults: list[Fault]


def look(settings: Settings, plugins: list[Plugin]) -> Observed | None:
    """Read it, and mark plugins whose tables are too old; None when there is no database.

    Makes nothing: an installation without its database file stays without.
    """
    if not settings.database_url and not (settings.data_dir / "tombola.sqlite3").exists():
        return None
    try:
        return containment.timed(lambda: _read(settings, plugins), PATIENCE)
    except (SQLAlchemyError, Busy, OSError, ValueError, containment.TooSlow):
        return None


def _read(settings: Settings, plugins: list[Plugin]) -> Observed:
    db = Database(settings.database)
    try:
        storage.mark_pending(db, plugins)
        with db.read() as conn:
            return Observed(
                switches=switches.listed(conn),
                rests=quarantine.rests(conn),
                faults=quarantine.faults(conn, limit=200),
            )
    finally:
        db.close()
