"""Models with ``SecretStr`` fields as JSON documents: what is secret is sealed one by one."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, SecretStr

from tombola.toolkit.vault import Vault

M = TypeVar("M", bound=BaseModel)
SEALED = "sealed"


def to_document(vault: Vault, context: str, model: BaseModel) -> dict[str, Any]:
    """Give the JSON of the explicitly set fields, secrets as ``{"sealed": …}``.

    Args:
        vault: seals.
        context: the place, such as ``setting:team:7:demo``; each secret's path is added.
        model: any pydantic model; lists and models within are walked.
    """
    plain = model.model_dump(mode="json", exclude_unset=True)
    return {
        name: _seal(vault, f"{context}.{name}", getattr(model, name), plain[name]) for name in plain
    }


def from_document(vault: Vault, context: str, model: type[M], document: Mapping[str, Any]) -> M:
    """Give the model back, with its secrets.

    Raises:
        SealBroken: a secret was altered or moved.
        pydantic.ValidationError: the document does not fit the model (any more).
    """
    return model.model_validate(opened(vault, context, document))


def opened(vault: Vault, context: str, document: Mapping[str, Any]) -> dict[str, Any]:
    """Give the document with every seal opened."""
    return {name: _open(vault, f"{context}.{name}", value) for name, value in document.items()}


def _seal(vault: Vault, context: str, value: Any, plain: Any) -> Any:
    if isinstance(value, SecretStr):
        return {SEALED: vault.seal(context, value.get_secret_value())}
    if isinstance(value, BaseModel):
        return to_document(vault, context, value)
    if isinstance(value, list | tuple):
        return [_seal(vault, f"{context}.{n}", each, plain[n]) for n, each in enumerate(value)]
    return plain


def _open(vault: Vault, context: str, value: Any) -> Any:
    if isinstance(value, dict):
        if set(value) == {SEALED}:
            return vault.open(context, value[SEALED])
        return opened(vault, context, value)
    if isinstance(value, list):
        return [_open(vault, f"{context}.{n}", each) for n, each in enumerate(value)]
    return value
