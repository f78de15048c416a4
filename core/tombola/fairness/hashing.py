"""The bytes that are hashed: lengths, numbers, tags, and the one way to write JSON."""

import hashlib
import json
import struct
from collections.abc import Iterable
from typing import Any

ENTRANT = b"tombola/entrant/1"
WITNESS = b"tombola/witness/1"
EXCLUSIONS = b"tombola/exclusions/1"
LOG = b"tombola/log/1"

#: Bytes of a salt and of the operator's secret.
SALT, SECRET = 16, 32
#: The largest number of tickets, in one leaf and altogether: what a signed 64-bit number holds.
MOST = 2**63 - 1


def sha256(*parts: bytes) -> bytes:
    """The hash of the parts, one after the other."""
    return hashlib.sha256(b"".join(parts)).digest()


def u64(number: int) -> bytes:
    """Eight bytes, the highest first. Raises OverflowError below 0 and from 2**64 on."""
    return number.to_bytes(8, "big")


def prefixed(part: bytes) -> bytes:
    """A part after its length in four bytes."""
    return struct.pack(">I", len(part)) + part


def tag(salt: bytes, subject: str) -> bytes:
    """What stands for a person in the published pool: 32 bytes that mean nothing without the salt.

    Args:
        salt: 16 bytes, the person's own.
        subject: Their public name at the freeze.
    """
    return sha256(ENTRANT, salt, subject.encode())


def witness_commitment(name: str, phrase: str) -> str:
    """What a witness hands over before the freeze, in hex. The name keeps others from copying it.

    >>> witness_commitment("Ada", "a long walk by the sea")[:16]
    '53b2bb9c0f58ce0b'
    """
    return sha256(WITNESS, prefixed(name.encode()), prefixed(phrase.encode())).hex()


def exclusions_hash(rows: Iterable[tuple[bytes, int, str]]) -> str:
    """The hash of those left out, in hex: tag, tickets and reason of each, sorted by tag."""
    digest = hashlib.sha256(EXCLUSIONS)
    for excluded, weight, reason in rows:
        digest.update(excluded + u64(weight) + prefixed(reason.encode()))
    return digest.hexdigest()


def canonical(document: Any) -> str:
    """JSON as it is hashed: keys sorted, no blanks, nothing escaped that need not be.

    There are no numbers in it: they would differ between languages beyond 2**53.
    """
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def hash_of(document: Any) -> str:
    """The hash of a document's canonical text, in hex. Raises UnicodeError for half characters."""
    return sha256(canonical(document).encode()).hex()


def record_hash(seq: int, prev: str, body: Any) -> str:
    """The hash of a record of the log, in hex, which covers the one before it."""
    return sha256(LOG, bytes.fromhex(prev), u64(seq), canonical(body).encode()).hex()
