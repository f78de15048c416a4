"""Plays recorded answers of the real Graph API: a folder of requests with their responses.

One file holds one pair or a list of pairs, as JSON::

    {"request": {"method": "GET", "path": "/v26.0/100_1/comments", "query": {"fields": "id"}},
     "response": {"status": 200, "headers": {"x-app-usage": "…"}, "body": {"data": []}}}

A call is answered by the recording whose method, path (whatever the version) and query are its
own; tokens and signatures do not count. The same call recorded several times is answered in that
order, the last time again and again. Whoever plays a recording needs no token of this world.
"""

import hashlib
import json
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from tombola_sandbox.meta.models import Json

NOT_COUNTED: Final = frozenset(
    {"access_token", "appsecret_proof", "client_secret", "input_token", "locale", "summary"}
)
"""What differs from one caller to the next and does not make another call."""


class RecordingError(Exception):
    """A file is no recording; the text names file and reason."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore")


class Request(_Part):
    """What was asked.

    Attributes:
        host: of which Graph; Facebook's where a recording does not say.
        path: with or without version, and with or without a query of its own.
    """

    method: str = "GET"
    host: str = "graph.facebook.com"
    path: str = Field(min_length=1)
    query: Mapping[str, str] = {}

    @field_validator("query", mode="before")
    @classmethod
    def _texts(cls, value: Any) -> Any:
        return {k: str(v) for k, v in value.items()} if isinstance(value, dict) else value


class Response(_Part):
    """What was answered; ``body`` as JSON, or as the text that it was."""

    status: int = Field(default=200, ge=100, le=599)
    headers: Mapping[str, str] = {}
    body: Any = None


class Recorded(_Part):
    """One pair."""

    request: Request
    response: Response

    @property
    def key(self) -> str:
        """What makes a call the same call."""
        parts = urlsplit(self.request.path)
        query = {**dict(parse_qsl(parts.query)), **self.request.query}
        return key_of(self.request.method, self.request.host, parts.path, query)


def key_of(method: str, host: str, path: str, query: Mapping[str, str]) -> str:
    """Name a call by what counts."""
    parts = [part for part in path.split("/") if part]
    if parts and parts[0][:1] == "v" and parts[0][1:2].isdigit():
        parts = parts[1:]
    counted = sorted((k, v) for k, v in query.items() if k not in NOT_COUNTED)
    return json.dumps([method.upper(), host, "/".join(parts), counted])


class Player:
    """Recordings by their call. Safe to use from many threads."""

    def __init__(self) -> None:
        self._answers: dict[str, list[Response]] = {}
        self._at: dict[str, int] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return sum(len(answers) for answers in self._answers.values())

    def add(self, pair: Recorded) -> None:
        """Take one pair."""
        with self._lock:
            self._answers.setdefault(pair.key, []).append(pair.response)

    def play(self, method: str, host: str, path: str, query: Mapping[str, str]) -> Response | None:
        """Give the next answer to a call; None where none was recorded."""
        key = key_of(method, host, path, query)
        with self._lock:
            found = self._answers.get(key)
            if not found:
                return None
            at = self._at.get(key, 0)
            self._at[key] = at + 1
            return found[min(at, len(found) - 1)]


def read_folder(folder: Path) -> list[tuple[str, Json]]:
    """Read every ``*.json`` below a folder, by name; each pair with a mark of its own.

    Raises:
        RecordingError: a file is none. Nothing is taken then.
    """
    files = sorted(folder.rglob("*.json"))
    if not files:
        raise RecordingError(f"{folder} holds no .json file")
    found: list[tuple[str, Json]] = []
    for file in files:
        try:
            whole = json.loads(file.read_bytes())
            pairs = [Recorded.model_validate(one) for one in _list(whole)]
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False)[0]
            where = ".".join(str(step) for step in first["loc"])
            raise RecordingError(f"{file.name} is no recording: {where}: {first['msg']}") from error
        except ValueError as error:
            raise RecordingError(f"{file.name} is no recording: {error}") from error
        found += [(_mark(file.name, n, pair), pair.model_dump()) for n, pair in enumerate(pairs)]
    return found


def _list(whole: Any) -> Iterable[Any]:
    return whole if isinstance(whole, list) else [whole]


def _mark(name: str, number: int, pair: Recorded) -> str:
    return hashlib.sha256(f"{name} {number} {pair.model_dump_json()}".encode()).hexdigest()[:32]
