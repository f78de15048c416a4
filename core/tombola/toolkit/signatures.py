"""Signatures of webhooks and signed calls, compared without telling how much of them agrees."""

import hashlib
import hmac
from typing import Literal

Digest = Literal["sha1", "sha256", "sha512"]


def sign(secret: str, body: bytes, digest: Digest = "sha256") -> str:
    """Give the HMAC of a body as lower-case hex."""
    return hmac.new(secret.encode(), body, getattr(hashlib, digest)).hexdigest()


def is_signed(secret: str, body: bytes, given: str | None, digest: Digest = "sha256") -> bool:
    """Tell whether ``given`` is the body's HMAC in hex, with or without ``<digest>=`` before it.

    An empty secret signs nothing: it would make every forgery true.
    """
    if not secret or not given:
        return False
    plain = given.strip().removeprefix(f"{digest}=").lower()
    return hmac.compare_digest(sign(secret, body, digest).encode(), plain.encode())
