"""Shows things as Graph does: only the fields asked for, and lists in pages."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from tombola_sandbox.meta import errors
from tombola_sandbox.meta.access import Caller, MetaAccess
from tombola_sandbox.meta.fields import Field, named, parse, text_of
from tombola_sandbox.meta.limits import Usage
from tombola_sandbox.meta.models import Json
from tombola_sandbox.meta.world import MetaWorld

MISSING: Final = object()
"""What a field gives that is not there for this caller."""

FACEBOOK_GRAPH: Final = "graph.facebook.com"
INSTAGRAM_GRAPH: Final = "graph.instagram.com"

Read = Callable[["View", Any, Field], Any]


def stamp(at: datetime) -> str:
    """Write a time as Graph does: no colon in the offset."""
    return f"{at:%Y-%m-%dT%H:%M:%S}+0000"


@dataclass(frozen=True, slots=True)
class Column:
    """One field of a kind of thing.

    Attributes:
        read: gives its value for one thing, or ``MISSING``.
        of: the kind of what is inside, where there is something.
    """

    read: Read
    of: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of node.

    Attributes:
        name: as errors call it.
        columns: what may be asked for.
        default: what comes when nothing is asked for, beside the id.
        identify: the id for this caller, or None.
    """

    name: str
    columns: Mapping[str, Column]
    default: tuple[str, ...]
    identify: Callable[["View", Any], str | None]


KINDS: dict[str, Kind] = {}
"""Every kind of node by its name; filled by ``find.py``."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What is wanted of one thing or one list.

    Attributes:
        path: as it stands in ``next``.
        args: parameters of the call, or what stands behind an expanded field.
        fields: None for whatever comes by itself.
    """

    path: str
    args: Mapping[str, str]
    fields: tuple[Field, ...] | None

    @classmethod
    def of_call(cls, path: str, args: Mapping[str, str]) -> "Ask":
        """Read a call's own parameters."""
        wanted = args.get("fields", "")
        return cls(path, args, parse(wanted) if wanted.strip() else None)

    @classmethod
    def inside(cls, owner: str, asked: Field) -> "Ask":
        """Read an expanded field."""
        return cls(f"{owner}/{asked.name}", asked.args, asked.inside)


@dataclass(slots=True)
class View:
    """One call as seen by what answers it.

    Attributes:
        root: the sandbox's own address.
        host: the name of the Graph that is called.
        version: as it stood in the path, or "".
        signed: the call carried a right ``appsecret_proof``.
    """

    world: MetaWorld
    access: MetaAccess
    usage: Usage
    caller: Caller
    args: Mapping[str, str]
    root: str
    host: str = FACEBOOK_GRAPH
    version: str = ""
    signed: bool = False
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def now(self) -> datetime:
        """The world's time."""
        return self.world.clock()

    @property
    def on_instagram(self) -> bool:
        """Whether it is ``graph.instagram.com`` that is asked."""
        return self.host == INSTAGRAM_GRAPH

    def show(self, kind: str, thing: Any, fields: Sequence[Field] | None = None) -> Json:
        """Show one thing: what was asked for, and the id."""
        found = KINDS[kind]
        if fields is None:
            fields = named(*found.default)
        check(kind, fields)
        body: Json = {}
        for asked in fields:
            value = found.columns[asked.name].read(self, thing, asked)
            if value is not MISSING:
                body[asked.shown_as] = value
        if "id" not in body and (own := found.identify(self, thing)) is not None:
            body["id"] = own
        return body

    def link(self, ask: Ask, **params: str) -> str:
        """Give the address of another page of a list, with the token in it, as Graph does."""
        kept = {"access_token": self.caller.text}
        if "appsecret_proof" in self.args:
            kept["appsecret_proof"] = self.args["appsecret_proof"]
        kept |= {name: value for name, value in ask.args.items() if name not in _PAGING}
        if ask.fields is not None:
            kept["fields"] = text_of(ask.fields)
        version = f"/{self.version}" if self.version else ""
        query = urlencode({**kept, **params})
        return f"{self.root.rstrip('/')}/{self.host}{version}/{ask.path}?{query}"


_PAGING: Final = frozenset(
    {"access_token", "as", "after", "before", "since", "until", "__paging_token", "__previous"}
)


def check(kind: str, fields: Sequence[Field]) -> None:
    """Refuse fields that a kind of thing does not have, also where there is no thing.

    Raises:
        GraphError: 100.
    """
    found = KINDS[kind]
    for asked in fields:
        column = found.columns.get(asked.name)
        if column is None:
            raise errors.no_field(asked.name, found.name)
        if column.of and asked.inside is not None:
            check(column.of, asked.inside)


def identified(columns: Mapping[str, Column], identify: Callable[[View, Any], str | None]) -> Any:
    """Put the column ``id`` before others."""

    def read(view: View, thing: Any, _: Field) -> Any:
        found = identify(view, thing)
        return MISSING if found is None else found

    return {"id": Column(read), **columns}


def plain(name: str) -> Column:
    """Make a column that shows an attribute; an empty one is missing."""

    def read(_: View, thing: Any, __: Field) -> Any:
        value = getattr(thing, name)
        return MISSING if value in {None, ""} else value

    return Column(read)


def timed(name: str) -> Column:
    """Make a column that shows a time."""

    def read(_: View, thing: Any, __: Field) -> Any:
        value = getattr(thing, name)
        return MISSING if value is None else stamp(value)

    return Column(read)
