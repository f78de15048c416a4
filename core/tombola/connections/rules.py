"""What a connection's state means, what a connector may give, and how it becomes sealed text."""

import json
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from tombola.api import Account, Json, Phrase, Text

#: Accounts that one log-in may give, bytes of each one's facts and secrets as JSON, and characters
#: of a name.
MOST_ACCOUNTS = 500
MOST_FACTS_BYTES = 16 * 1024
MOST_SECRETS_BYTES = 32 * 1024
LONGEST = 200


class ConnectionState(StrEnum):
    """How a connection stands."""

    WORKS = "works"
    COMPLAINS = "complains"
    BROKEN = "broken"
    LEFT = "left"


#: States in which what uses the account may go on.
USABLE = frozenset({ConnectionState.WORKS, ConnectionState.COMPLAINS})


def checked(given: object) -> list[Account]:
    """Give what ``finish`` answered, looked through; called within the plugin's boundary.

    Raises:
        TypeError: It is no sequence of ``Account``, or one holds what is no text or JSON.
        ValueError: An account cannot be kept as it is, or comes twice.
    """
    if isinstance(given, str | bytes) or not isinstance(given, Sequence):
        raise TypeError(f"finish answered {type(given).__name__}, not accounts")
    found = [checked_account(each) for each in given]
    if len(found) > MOST_ACCOUNTS:
        raise ValueError(f"finish gave {len(found)} accounts, at most {MOST_ACCOUNTS} are taken")
    if len({each.uid for each in found}) != len(found):
        raise ValueError("finish gave an account twice")
    return found


def checked_account(given: object) -> Account:
    """Give one account, looked through. Raises as ``checked``."""
    if not isinstance(given, Account):
        raise TypeError(f"{type(given).__name__} is no Account")
    texts = {"uid": given.uid, "title": given.title, "kind": given.kind}
    if given.handle is not None:
        texts["handle"] = given.handle
    for name, text in texts.items():
        if not isinstance(text, str) or not 0 < len(text) <= LONGEST or not text.isprintable():
            raise ValueError(f"an account's {name} has 1 to {LONGEST} printable characters")
    pairs = given.secrets.items()
    if not all(isinstance(each, str) for pair in pairs for each in pair):
        raise TypeError("an account's secrets are texts by name")
    for name, document, most in (
        ("secrets", given.secrets, MOST_SECRETS_BYTES),
        ("facts", given.facts, MOST_FACTS_BYTES),
    ):
        text = json.dumps(dict(document), ensure_ascii=False, allow_nan=False)
        if len(text.encode()) > most or "\\u0000" in text:
            raise ValueError(f"an account's {name} are JSON of at most {most} bytes without NUL")
    if not all(isinstance(each, str | Phrase) for each in given.missing):
        raise TypeError("what an account is missing is said in texts")
    return given


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


def accounts_text(accounts: Sequence[Account]) -> str:
    """Whole accounts as the text that is sealed while a member picks."""
    return json.dumps([_document(each) for each in accounts])


def accounts_of(text: str) -> list[Account]:
    """The accounts that ``accounts_text`` wrote, in their order."""
    return [_account(each) for each in json.loads(text)]


def secrets_text(secrets: Mapping[str, str]) -> str:
    """Secrets as the text that is sealed."""
    return json.dumps(dict(secrets))


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
