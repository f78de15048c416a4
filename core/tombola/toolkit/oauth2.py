"""OAuth 2 with PKCE, on top of ``ctx.http``. Source: RFC 6749, RFC 7636."""

import base64
import hashlib
from collections.abc import Mapping
from urllib.parse import quote, urlencode

from tombola.api import Flow, Http, Invalid


def challenge(verifier: str) -> str:
    """Give the S256 challenge of a PKCE verifier (RFC 7636, 4.2)."""
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def authorize_url(
    endpoint: str, flow: Flow, client_id: str, scopes: frozenset[str] | tuple[str, ...]
) -> str:
    """Give the address to which the browser goes; ``scopes`` in the order given, sets sorted."""
    listed = scopes if isinstance(scopes, tuple) else tuple(sorted(scopes))
    query = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": flow.callback,
        "scope": " ".join(listed),
        "state": flow.state,
        "code_challenge": challenge(flow.verifier),
        "code_challenge_method": "S256",
    }
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query, quote_via=quote)}"


def code_of(params: Mapping[str, str]) -> str:
    """Give the code that the browser brought back.

    Raises:
        Invalid: the person or the network refused, in the network's words.
    """
    if "code" in params:
        return params["code"]
    said = params.get("error_description") or params.get("error") or "no code came back"
    raise Invalid({"": f"The log-in was not completed: {said}"})


def basic(client_id: str, client_secret: str) -> str:
    """Give the Authorization header of a confidential client (RFC 6749, 2.3.1)."""
    pair = f"{quote(client_id, safe='')}:{quote(client_secret, safe='')}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"


def token(
    http: Http, endpoint: str, form: Mapping[str, str], client_id: str, client_secret: str
) -> dict[str, object]:
    """Ask a token endpoint; without a secret the client names itself in the form.

    Raises:
        Invalid: it refused, or answered without a token.
        HttpError: it did not answer.
    """
    headers = {"authorization": basic(client_id, client_secret)} if client_secret else {}
    sent = dict(form) if client_secret else {**form, "client_id": client_id}
    answer = http.post(endpoint, form=sent, headers=headers)
    try:
        found = answer.json()
    except ValueError:
        found = None
    if not answer.ok or not isinstance(found, dict) or "access_token" not in found:
        said = found.get("error", "") if isinstance(found, dict) else ""
        raise Invalid({"": f"The network gave no token ({answer.status} {said})".strip()})
    return found


def exchange(
    http: Http, endpoint: str, flow: Flow, code: str, client_id: str, client_secret: str = ""
) -> dict[str, object]:
    """Turn a code into tokens. Raises like ``token``."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": flow.callback,
        "code_verifier": flow.verifier,
    }
    return token(http, endpoint, form, client_id, client_secret)
