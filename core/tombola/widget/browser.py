"""The browser's half of an entrant's session: a secret in a cookie, and whose page asks."""

import re
from datetime import timedelta
from urllib.parse import urlsplit

from flask import Response, current_app, request
from werkzeug.http import parse_cookie

from tombola.api import Forbidden
from tombola.web.i18n import gettext as _
from tombola.widget.tokens import new_secret

_LASTS = timedelta(days=180)
_SECRET = re.compile(r"^[\w-]{40,64}$")


def secret(*, framed: bool) -> str | None:
    """The secret that the request brought, if any."""
    return secret_in(request.headers.get("Cookie", ""), framed=framed, https=_https())


def secret_in(cookies: str, *, framed: bool, https: bool) -> str | None:
    """The secret in a ``Cookie`` header, if any."""
    name = _name(framed=framed, https=https)
    if name not in cookies:
        return None
    try:
        found = parse_cookie(cookies).get(name, "")
    except UnicodeError:  # no browser sends such a header
        return None
    return found if _SECRET.match(found) else None


def secret_or_new(*, framed: bool) -> str:
    """The secret that the request brought, or a fresh one."""
    return secret(framed=framed) or new_secret()


def give(response: Response, value: str, *, framed: bool) -> None:
    """Let the browser keep its secret.

    In another site's frame the cookie is partitioned: it belongs to that site's pages alone, so
    that no setting against third-party cookies concerns it.
    """
    https = _https()
    response.set_cookie(
        _name(framed=framed, https=https),
        value,
        max_age=_LASTS,
        httponly=True,
        path="/",
        secure=https or framed,
        samesite="None" if framed else "Lax",
        partitioned=framed,
    )


def drop(response: Response, *, framed: bool) -> None:
    """Let the browser forget its secret."""
    response.delete_cookie(
        _name(framed=framed, https=_https()),
        path="/",
        httponly=True,
        secure=_https() or framed,
        samesite="None" if framed else "Lax",
        partitioned=framed,
    )


def may_keep(address: str) -> bool:
    """Whether browsers keep a secure cookie of this address: by https, or on their own machine.

    Source: Secure Contexts (W3C), "Is origin potentially trustworthy?", read 2026-11.
    """
    parts = urlsplit(address)
    host = parts.hostname or ""
    own = host in {"localhost", "::1"} or host.endswith(".localhost") or host.startswith("127.")
    return parts.scheme == "https" or own


def need_own_page(address: str) -> None:
    """Refuse an act that no page of ours has sent.

    Every browser of today says which site a request comes from; older ones send the origin.

    Raises:
        Forbidden: it comes from elsewhere, or nothing says where from.
    """
    fetch_site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin", "")
    mine = urlsplit(address).netloc
    if fetch_site == "same-origin" or (fetch_site is None and urlsplit(origin).netloc == mine):
        return
    raise Forbidden(_("This form was not sent from this page. Please open it in its own window."))


def _name(*, framed: bool, https: bool) -> str:
    name = "tombola-frame" if framed else "tombola-visitor"
    return f"__Host-{name}" if https or framed else name


def _https() -> bool:
    return bool(current_app.config["TOMBOLA_HTTPS"])
