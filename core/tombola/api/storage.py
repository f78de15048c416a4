"""Tables of a plugin's own."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Storage:
    """Own tables. Core ids in them are plain columns, never foreign keys.

    Attributes:
        metadata: ``module:attribute`` of a SQLAlchemy MetaData; each table starts with ``slug_``.
        migrations: package that holds the Alembic versions, e.g. ``tombola_quiz.migrations``.
    """

    metadata: str
    migrations: str
