"""Secrets at rest: sealed with a key that never lies in the database."""

import hmac
import json
import os
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from tombola.api import TombolaError

KEY_FILE = "vault.key"


class SealBroken(TombolaError):
    """A sealed value was altered, moved to another place, or its key is gone."""


class Vault:
    """Seals and opens short texts. The first key seals, all of them open.

    Each seal is bound to a context (where the value belongs), so that a value copied to another
    row, column or team does not open there.
    """

    def __init__(self, keys: list[bytes]) -> None:
        self._keys = MultiFernet([Fernet(key) for key in keys])
        self._newest = keys[0]

    def __repr__(self) -> str:
        """Say nothing."""
        return "<Vault>"

    @classmethod
    def in_folder(cls, folder: Path) -> "Vault":
        """Read the keys of an installation, one a line, newest first; make one if there is none.

        The file has mode 600. Several processes may come at once: the first one's key is kept.

        Raises:
            SealBroken: the file is there but holds no usable key.
        """
        path = folder / KEY_FILE
        if not path.exists():
            _make_key(path)
        try:
            return cls(path.read_bytes().split())
        except ValueError as error:
            raise SealBroken(f"{path} holds no key; restore it from the backup") from error

    def derived(self, purpose: str) -> bytes:
        """Give a key for another use, 32 bytes; it changes when a new key is put on top."""
        return hmac.digest(self._newest, f"tombola/{purpose}".encode(), "sha256")

    def seal(self, context: str, plaintext: str) -> str:
        """Seal a text for one place. Two seals of the same text differ."""
        return self._keys.encrypt(json.dumps([context, plaintext]).encode()).decode()

    def open(self, context: str, sealed: str) -> str:
        """Give the text back.

        Raises:
            SealBroken: the seal belongs elsewhere, was altered, or its key is gone.
        """
        try:
            place, plaintext = json.loads(self._keys.decrypt(sealed.encode()))
        except (InvalidToken, ValueError) as error:
            raise SealBroken(f"{context}: the seal does not open") from error
        if place != context:
            raise SealBroken(f"{context}: the seal belongs elsewhere")
        return str(plaintext)

    def renew(self, sealed: str) -> str:
        """Seal again with the newest key, without saying what it was.

        Raises:
            SealBroken: it does not open.
        """
        try:
            return self._keys.rotate(sealed.encode()).decode()
        except InvalidToken as error:
            raise SealBroken("the seal does not open") from error


def new_key() -> bytes:
    """Make a key, as one line of the key file."""
    return Fernet.generate_key()


def _make_key(path: Path) -> None:
    """Write a key beside and link it into place, so that nobody ever reads half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(new_key() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return
    finally:
        draft.unlink()
