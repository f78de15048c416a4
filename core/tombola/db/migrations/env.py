"""The one Alembic environment, for the core and for every plugin; driven by ``db.migrate``."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

from tombola.db.types import JsonDoc, RowId, UtcDateTime

attributes = context.config.attributes
OWN_TYPES = ((RowId, "RowId"), (JsonDoc, "JsonDoc"))


def render_item(kind: str, item: Any, autogen_context: AutogenContext) -> str | Literal[False]:
    """Write our own types by name, since a migration must not depend on how they are built."""
    if kind != "type":
        return False
    name = next((name for own, name in OWN_TYPES if item is own), "")
    if isinstance(item, UtcDateTime):
        name = "UtcDateTime"
    if name:
        autogen_context.imports.add(f"from tombola.db.types import {name}")
        return "UtcDateTime()" if name == "UtcDateTime" else name
    return False


context.configure(
    connection=attributes["connection"],
    target_metadata=attributes["metadata"],
    version_table=attributes["version_table"],
    include_name=attributes.get("include_name"),
    render_as_batch=True,
    render_item=render_item,
)
context.run_migrations()
