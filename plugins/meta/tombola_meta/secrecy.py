"""Keeps tokens and secrets out of words that people and logs see. Pure."""

import hashlib
import hmac
import re
from typing import Final

#: Names of parameters that carry a secret, and tokens by their look.
#: Source: Meta, “Access Tokens”, read 2026-11-21: user and page tokens begin with EAA, those of
#: Instagram Login with IG.
_CARRIED: Final = re.compile(
    r"((?:access_token|input_token|client_secret|fb_exchange_token|appsecret_proof|code)=)[^&\s\"']+"
)
_LOOKS: Final = re.compile(r"\b(?:EAA|IGQ|IGA)[A-Za-z0-9_-]{16,}")

#: More of a network's words would push the remedy off the page. Ours.
WORDS_MAX: Final = 300


def redacted(said: str, *secrets: str) -> str:
    """Give the words without ``secrets``, and without whatever looks like one."""
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        said = said.replace(secret, "…")
    return _LOOKS.sub("…", _CARRIED.sub(r"\1…", said))


def shortened(said: str) -> str:
    """Give at most ``WORDS_MAX`` characters, on one line."""
    line = " ".join(said.split()).rstrip(". ")
    return line if len(line) <= WORDS_MAX else line[: WORDS_MAX - 1] + "…"


def proof(secret: str, token: str) -> str:
    """Give ``appsecret_proof``, which shows that a call comes from the app's own server.

    Source: Meta, “Secure Graph API Calls”, read 2026-11-21.
    """
    return hmac.new(secret.encode(), token.encode(), hashlib.sha256).hexdigest()
