"""Letting deleted bytes be gone from a file, too."""

from sqlalchemy import Connection

from tombola.db.engine import Database


def securely(conn: Connection) -> None:
    """Have what this connection deletes overwritten; SQLite leaves it in free pages otherwise.

    Source: SQLite documentation, "PRAGMA secure_delete", read 2026-11.
    """
    if conn.dialect.name == "sqlite":
        conn.exec_driver_sql("PRAGMA secure_delete=ON")


def settle(db: Database) -> None:
    """Empty SQLite's log of writes, in which older versions of pages stand; PostgreSQL vacuums.

    Somebody who reads at this moment holds it up; the next call, or checkpoint, makes up for it.
    """
    if db.engine.dialect.name == "sqlite":
        with db.engine.connect() as conn:
            raw = conn.connection.cursor()
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            raw.close()
