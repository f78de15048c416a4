"""What a connection's state means, and how an account becomes text to be sealed and comes back."""

import json
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from tombola.api import Account, Json, Phrase, Text

#: Bytes of an account's facts as JSON.
MOST_FACTS_BYTES = 16 * 1024


class ConnectionState(StrEnum):
    """How a connection stands."""

    CHECKING = "checking"
    WORKS = "works"
    COMPLAINS = "complains"
    BROKEN = "broken"
    LEFT = "left"


#: States in which what uses the account may go on.
USABLE = frozenset({ConnectionState.CHECKING, ConnectionState.WORKS, ConnectionState.COMPLAINS})


def text_document(text: Text | None) -> Json:
    """A text as JSON, so that it is translated where it is shown."""
    if isinstance(text, Phrase):
        return {"key": text.key, "values": dict(text.values)}
    return text


def text_of(document: Json) -> Text | None:
    """The text that ``text_document`` wrote."""
    if isinstance(document, dict):
        return Phrase(document["key"], document["values"])
    return None if document is None else str(document)


def secrets_text(secrets: Mapping[str, str]) -> str:
    """Secrets as the text that is sealed."""
    return json.dumps(dict(secrets))


def accounts_text(accounts: Sequence[Account]) -> str:
    """Whole accounts as the text that is sealed while a member picks."""
    return json.dumps([_document(each) for each in accounts])


def accounts_of(text: str) -> list[Account]:
    """The accounts that ``accounts_text`` wrote, in their order."""
    return [_account(each) for each in json.loads(text)]


def _document(account: Account) -> dict[str, Any]:
    return {
        "uid": account.uid,
        "title": account.title,
        "kind": account.kind,
        "handle": account.handle,
        "secrets": dict(account.secrets),
        "facts": dict(account.facts),
        "missing": [text_document(each) for each in account.missing],
    }


def _account(document: dict[str, Any]) -> Account:
    missing = tuple(said for each in document["missing"] if (said := text_of(each)) is not None)
    return Account(**(document | {"missing": missing}))
