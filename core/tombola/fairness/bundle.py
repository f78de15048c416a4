"""The proof bundle: everything about one draw in one file, which anyone can check.

All integers are decimal strings and all bytes lower-case hex, since numbers of JSON differ between
languages. The pool is the last member, a line for each person, so that a file of any size can be
written and read in one pass. ``docs/draw.md`` says it all again for people with other tools.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import IO, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError, field_validator

from tombola.api import TombolaError
from tombola.fairness.beacons import Chain, Hex, Line
from tombola.fairness.hashing import canonical

ALGORITHM = "tombola/draw/1"
KIND = "tombola/bundle/1"
#: Dice that grade C needs at least: 51 bits, more than anybody can try out in an afternoon.
DICE = 20
#: Characters that a witness's phrase needs at least.
PHRASE = 12

Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Number = Annotated[str, StringConstraints(pattern=r"^(0|[1-9][0-9]{0,18})$")]
Moment = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")]
#: Tag, tickets, and for those left out the reason.
Row = tuple[bytes, int]
Left = tuple[bytes, int, str]

_ROW = re.compile(r'\s*\["([0-9a-f]{64})","(0|[1-9][0-9]{0,18})"\]\s*(,|\])')
_CHUNK = 1 << 16


class Unreadable(TombolaError):
    """This is no bundle."""


class Grade(StrEnum):
    """What a draw's randomness proves."""

    #: Two beacons of two operators.
    A = "A"
    #: One beacon.
    B = "B"
    #: Witnesses, or dice rolled in public.
    C = "C"
    #: The operator's secret alone.
    D = "D"


class Mode(StrEnum):
    """What a person's tickets are."""

    WEIGHTED = "weighted"
    PER_PERSON = "per_person"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Prize(_Part):
    """A prize and how many win it."""

    title: str
    winners: Number


class BeaconRound(_Part):
    """A future round of a beacon."""

    name: Line
    operator: Line
    scheme: Literal["pedersen-bls-chained", "pedersen-bls-unchained", "bls-unchained-g1-rfc9380"]
    public_key: Hex
    period: Number
    genesis: Number
    round: Number

    @property
    def chain(self) -> Chain:
        """The beacon."""
        return Chain(
            name=self.name,
            operator=self.operator,
            scheme=self.scheme,
            public_key=self.public_key,
            period=int(self.period),
            genesis=int(self.genesis),
        )


class Promise(_Part):
    """A witness and the hash of what they will say."""

    name: Line
    commitment: Digest


class Randomness(_Part):
    """Where the randomness will come from."""

    grade: Literal["A", "B", "C", "D"]
    beacons: list[BeaconRound]
    witnesses: list[Promise]
    dice: Number


class Earlier(_Part):
    """An earlier draw of the same campaign."""

    draw: Number
    commitment: Digest


class Commitment(_Part):
    """What is fixed and published before the randomness exists."""

    algorithm: str
    draw: Number
    campaign: Line
    title: Line
    mode: Literal["weighted", "per_person"]
    since: Moment | None
    until: Moment | None
    actions: list[str]
    unclaimed_may_win: bool
    repeats: bool
    frozen_at: Moment
    ledger_head: Number
    sources_read: Number
    sources_unread: Number
    root: Digest
    total: Number
    people: Number
    excluded: Number
    exclusions: Digest
    prizes: list[Prize]
    backups: Number
    secret: Digest
    randomness: Randomness
    earlier: list[Earlier]


class _Common(BaseModel):
    """What the body of every record of the log has."""

    kind: Line
    draw: Number
    at: Moment


class LogRecord(_Part):
    """A record of the installation's log."""

    seq: Number
    prev: Digest
    body: dict[str, str]
    hash: Digest

    @field_validator("body")
    @classmethod
    def _has_its_parts(cls, body: dict[str, str]) -> dict[str, str]:
        _Common.model_validate(body)
        return body


class Signature(_Part):
    """A beacon's round as it was signed."""

    signature: Hex
    previous: Hex


class Reveals(_Part):
    """What has become known since the commitment; empty until it has."""

    secret: Hex
    fallback: bool
    beacons: list[Signature]
    phrases: list[str]
    dice: Annotated[str, StringConstraints(pattern=r"^[1-6]*$")]


class ResultRow(_Part):
    """A place in the order; ``prize`` counts from 1 and is 0 for a backup."""

    rank: Number
    tag: Digest
    weight: Number
    block: Number
    prize: Number


class Result(_Part):
    """What was drawn."""

    draw: Number
    seed: Digest
    fallback: bool
    winners: list[ResultRow]


class Head(_Part):
    """A bundle without its pool."""

    kind: str
    commitment: Commitment
    log: list[LogRecord]
    reveals: Reveals
    result: Result | None
    exclusions: list[tuple[Digest, Number, str]]


def moment_text(at: datetime) -> str:
    """A moment as proofs write it: UTC to the microsecond."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def moment_of(text: str) -> datetime:
    """The other way. Raises ValueError."""
    return datetime.fromisoformat(text)


def write(head: dict[str, Any], rows: Iterable[Row]) -> Iterator[str]:
    """A bundle's text, piece by piece, for a file or an answer of any size.

    Args:
        head: All members but the pool.
        rows: Sorted by tag.
    """
    yield canonical(head)[:-1] + ',"pool":[\n'
    batch: list[str] = []
    first = True
    for tag, weight in rows:
        batch.append(f'["{tag.hex()}","{weight}"]')
        if len(batch) == _CHUNK // 64:
            yield ("" if first else ",\n") + ",\n".join(batch)
            batch, first = [], False
    if batch:
        yield ("" if first else ",\n") + ",\n".join(batch)
    yield "\n]}\n"


def read(stream: IO[str]) -> tuple[Head, Iterator[Row]]:
    """A bundle's head, and its pool as it comes, which must be read before the stream is closed.

    Raises:
        Unreadable: It is no bundle, or the pool is not its last member. The pool's iterator
            raises it too.
    """
    text = ""
    while True:
        try:
            more = stream.read(_CHUNK)
        except UnicodeError as error:
            raise Unreadable("This is no text in UTF-8.") from error
        text += more
        found = re.search(r',\s*"pool"\s*:\s*\[', text)
        if found:
            break
        if not more or not text.lstrip().startswith("{"):
            raise Unreadable("This file holds no proof bundle: it has no pool.")
    return _head(text[: found.start()] + "}"), _rows(text[found.end() :], stream)


def _head(text: str) -> Head:
    try:
        document = json.loads(text, object_pairs_hook=_once)
        return Head.model_validate_json(json.dumps(document))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise Unreadable(f"{place}: {first['msg']}") from error
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"This file holds no proof bundle: {error}") from error


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def _rows(text: str, stream: IO[str]) -> Iterator[Row]:
    if not text.strip():
        text += stream.read(_CHUNK)
    if empty := re.match(r"\s*\]", text):
        _check_end(text[empty.end() :] + stream.read(_CHUNK))
        return
    while True:
        at = 0
        for found in _ROW.finditer(text):
            if found.start() != at:
                break
            yield bytes.fromhex(found[1]), int(found[2])
            at = found.end()
            if found[3] == "]":
                _check_end(text[at:] + stream.read(_CHUNK))
                return
        text = text[at:]
        more = stream.read(_CHUNK)
        if not more:
            raise Unreadable(f"The pool ends or breaks at: {text[:80].strip()!r}")
        text += more


def _check_end(rest: str) -> None:
    if rest.strip() != "}":
        raise Unreadable("Something stands behind the pool, which must be the last member.")
