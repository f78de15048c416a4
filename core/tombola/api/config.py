"""Bases of the models that plugins declare and the core stores as JSON."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict


class Config(BaseModel):
    """Configuration of an action, a source or a plugin.

    The core makes the form from it (``Field(title=…, description=…)``), stores its JSON with
    the type's ``config_version``, and gives it back validated. Secrets are ``SecretStr``.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)


def _filters_last(schema: JsonDict) -> None:
    """Let a form begin with what a plugin asks, and end with the core's filters."""
    fields = schema.get("properties")
    if isinstance(fields, dict):
        for name in SourceConfig.model_fields:
            fields[name] = fields.pop(name)


class SourceConfig(Config):
    """Configuration of an importer's source, with the filters that the core applies to items.

    A plugin may read these fields to ask the network for less; the core decides.
    """

    model_config = ConfigDict(json_schema_extra=_filters_last)

    photos_only: bool = Field(
        default=True,
        title="Photos only",
        description="Import only posts with at least one photo.",
    )
    words: tuple[str, ...] = Field(
        default=(),
        max_length=20,
        title="Words",
        description="Hashtags, mentions or words that a post has to contain.",
    )
    words_match: Literal["all", "any"] = Field(default="all", title="Require")


class Cursor(BaseModel):
    """An importer's place; survives ``model_dump_json`` → ``model_validate_json`` unchanged."""

    model_config = ConfigDict(extra="forbid", frozen=True)
