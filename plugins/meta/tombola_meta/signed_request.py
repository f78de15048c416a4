"""Meta's signed requests: who removed the app, or wants their data deleted. Pure.

Source: Meta, “Data Deletion Request Callback” and “Deauthorize Callback”, read 2026-11-21.
"""

import base64
import binascii
import hashlib
import hmac
from urllib.parse import parse_qs

from tombola_meta.reading import Raw, mapping, parsed


def field_of(body: bytes) -> str:
    """Give the field ``signed_request`` of a posted form; "" when it has none."""
    try:
        form = parse_qs(body.decode("ascii"), max_num_fields=20)
    except ValueError:
        return ""
    return form.get("signed_request", [""])[0]


def opened(signed: str, secrets: tuple[str, ...]) -> Raw | None:
    """Give what was signed; None unless one of ``secrets`` has signed it with HMAC-SHA256.

    Args:
        signed: ``base64url(signature).base64url(json)``, both without padding.
        secrets: none of them empty.
    """
    signature, _, payload = signed.partition(".")
    given = _decoded(signature)
    expected = [hmac.digest(each.encode(), payload.encode(), hashlib.sha256) for each in secrets]
    if not given or not any(hmac.compare_digest(given, each) for each in expected):
        return None
    try:
        said = mapping(parsed(_decoded(payload)))
    except ValueError:
        return None
    return said if said.get("algorithm") == "HMAC-SHA256" else None


def _decoded(part: str) -> bytes:
    try:
        return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return b""
