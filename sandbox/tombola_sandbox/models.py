"""What exists in the sandbox's world.

Objects of the network are kept whole, as JSON in the older of its two vocabularies ("tweet"); the
newer one ("post") is a matter of answering, see ``x/dialect.py``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict

Json = dict[str, Any]


class Standing(StrEnum):
    """How a person stands with the network."""

    WELL = "well"
    SUSPENDED = "suspended"
    """Missing from ``includes``, named in ``errors``."""
    PROTECTED = "protected"
    """Missing from ``includes``, and nothing says so."""


@dataclass(slots=True)
class Person:
    """Somebody who posts.

    Attributes:
        body: the user object, old vocabulary.
        standing: what the network thinks of them.
        ours: born here and able to log in; False for those loaded from recordings.
    """

    body: Json
    standing: Standing = Standing.WELL
    ours: bool = True

    @property
    def id(self) -> str:
        """The network's id, never reused."""
        return str(self.body["id"])

    @property
    def username(self) -> str:
        """The name after the @, which may change."""
        return str(self.body["username"])

    @property
    def name(self) -> str:
        """The name shown; the username where a recording lacks it."""
        return str(self.body.get("name") or self.username)

    @property
    def face(self) -> str:
        """The address of their picture; a recording may lack it."""
        return str(self.body.get("profile_image_url") or "/assets/sandbox.svg")


@dataclass(slots=True)
class Post:
    """One version of one post.

    Attributes:
        body: the post object, old vocabulary.
        visible_from: when the search index has it, aware UTC; later than ``created_at``.
        found_as_of: by which time search finds it; later than ``created_at`` for old recordings.
        searchable: False for posts known only because another refers to them.
        deleted: gone for good.
        edited_into: the id of the next version; search shows only the last.
    """

    body: Json
    created_at: datetime
    visible_from: datetime
    found_as_of: datetime
    searchable: bool = True
    deleted: bool = False
    edited_into: int | None = None
    id: int = field(init=False)

    def __post_init__(self) -> None:
        self.id = int(self.body["id"])

    @property
    def author_id(self) -> str | None:
        """The author's id; a recording may lack it."""
        found = self.body.get("author_id")
        return None if found is None else str(found)

    @property
    def text(self) -> str:
        """The text as the network shows it."""
        return str(self.body.get("text", ""))

    @property
    def media_keys(self) -> list[str]:
        """Keys of what is attached, in order."""
        attachments = self.body.get("attachments") or {}
        return [str(key) for key in attachments.get("media_keys") or ()]


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that the sandbox draws when it is asked for.

    Attributes:
        name: path under ``/media/``.
        seed: the same seed gives the same picture.
        width: in pixels.
        height: in pixels.
    """

    name: str
    seed: str
    width: int
    height: int


class App(BaseModel):
    """An application registered with the network."""

    model_config = ConfigDict(frozen=True)

    client_id: str
    client_secret: str
    api_key: str
    api_secret: str
    bearer: str
    name: str
    account_id: int = 1550000000000000001
    redirect_uris: tuple[str, ...] = ()
    enrolled: bool = True


class Token(BaseModel):
    """A user's access token and what renews it."""

    model_config = ConfigDict(frozen=True)

    access_token: str
    client_id: str
    person_id: str
    scopes: tuple[str, ...]
    expires_at: AwareDatetime
    refresh_token: str | None = None


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is asking.

    Attributes:
        app: the application.
        person_id: the user whose token it is; None for the app itself.
        scopes: what the user allowed; empty for the app itself.
    """

    app: App
    person_id: str | None = None
    scopes: frozenset[str] = frozenset()

    @property
    def key(self) -> str:
        """By what rate limits are counted."""
        return f"user {self.person_id}" if self.person_id else f"app {self.app.client_id}"


@dataclass(frozen=True, slots=True)
class Included:
    """What is answered beside posts, by the network's names: places, polls, and so on."""

    kind: str
    key: str
    body: Mapping[str, Any]
