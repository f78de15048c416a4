"""Settings of plugins: stored with sealed secrets, resolved team over installation."""

from collections.abc import Mapping
from typing import Any, TypeVar

from sqlalchemy import Connection, delete, select

from tombola.api import Config
from tombola.plugins.models import setting
from tombola.plugins.switches import Scope
from tombola.toolkit.documents import opened, to_document
from tombola.toolkit.vault import Vault

M = TypeVar("M", bound=Config)
#: Version of the stored documents' shape.
VERSION = 1


def save(
    conn: Connection, vault: Vault, plugin: str, scope: Scope, scope_id: str, model: Config
) -> None:
    """Store settings for the installation (``scope_id`` "") or a team (its number as text).

    Only the fields that were explicitly set are kept, so that others stay the next wider scope's.
    The caller writes the audit record, which never holds values.
    """
    document = to_document(vault, _context(plugin, scope, scope_id), model)
    conn.execute(delete(setting).where(*_here(plugin, scope, scope_id)))
    conn.execute(
        setting.insert().values(
            scope=scope, scope_id=scope_id, plugin=plugin, version=VERSION, doc=document
        )
    )


def stored(
    conn: Connection, vault: Vault, plugin: str, scope: Scope, scope_id: str
) -> dict[str, Any]:
    """Give the values stored at one place, secrets opened; {} when there are none.

    Raises:
        SealBroken: a secret was altered or moved.
    """
    found = conn.execute(select(setting.c.doc).where(*_here(plugin, scope, scope_id))).scalar()
    return opened(vault, _context(plugin, scope, scope_id), found) if found else {}


def load(
    conn: Connection, vault: Vault, plugin: str, scope: Scope, scope_id: str, model: type[M]
) -> M:
    """Give the settings of one place alone, as its form shows them."""
    return fitted(model, stored(conn, vault, plugin, scope, scope_id))


def resolve(conn: Connection, vault: Vault, plugin: str, team_id: int, model: type[M]) -> M:
    """Give settings field by field: the team's value, else the installation's, else the default."""
    values = stored(conn, vault, plugin, Scope.INSTALLATION, "")
    if team_id:
        values |= stored(conn, vault, plugin, Scope.TEAM, str(team_id))
    return fitted(model, values)


def fitted(model: type[M], values: Mapping[str, Any]) -> M:
    """Make a model of stored values, leaving out fields that it does not have (any more)."""
    known = {name: value for name, value in values.items() if name in model.model_fields}
    return model.model_validate(known)


def _context(plugin: str, scope: Scope, scope_id: str) -> str:
    return f"setting:{scope}:{scope_id}:{plugin}"


def _here(plugin: str, scope: Scope, scope_id: str) -> tuple[Any, Any, Any]:
    return (
        setting.c.plugin == plugin,
        setting.c.scope == scope,
        setting.c.scope_id == scope_id,
    )
