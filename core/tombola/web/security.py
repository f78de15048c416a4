"""What every answer tells the browser: content policy, framing, caching, transport."""

import secrets
from collections import defaultdict
from hmac import compare_digest

from flask import Flask, Response, abort, current_app, g, request
from flask_wtf.csrf import CSRFProtect  # type: ignore[import-untyped] # it ships no types

from tombola.api import Audience
from tombola.web.routing import Access, Forgery, current_access, is_safe

#: Where a page may take things from unless it asks for more with ``allow``.
_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "object-src": "'none'",
}
_PERSONAL = frozenset({Audience.TEAM, Audience.OPERATOR, Audience.API})
_TWO_YEARS_S = 63_072_000

csrf = CSRFProtect()


def install(app: Flask, *, https: bool) -> None:
    """Headers on every answer, forgery checks on every changing request.

    Call it after ``routing.install``, so that the check runs for those who are let in. ``https``:
    browsers reach
    this installation by https, so cookies and transport may be strict.
    """
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    app.config["WTF_CSRF_TIME_LIMIT"] = None
    app.config["WTF_CSRF_SSL_STRICT"] = https
    app.config["SESSION_COOKIE_NAME"] = "__Host-tombola-page" if https else "tombola-page"
    app.config["SESSION_COOKIE_SECURE"] = https
    app.config["SESSION_COOKIE_HTTPONLY"] = True
    app.config["SESSION_COOKIE_SAMESITE"] = "Lax"
    app.config["TOMBOLA_HTTPS"] = https
    csrf.init_app(app)
    app.jinja_env.globals["csp_nonce"] = nonce
    app.before_request(_refuse_unstorable)
    app.before_request(_refuse_forgery)
    app.after_request(_add_headers)


def nonce() -> str:
    """The running request's nonce for its own script elements."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return str(g.csp_nonce)


def allow(directive: str, source: str) -> None:
    """Let the running page use one more source, e.g. ``allow("form-action", "https://x.com")``."""
    _extra()[directive].add(source)


def same_token(given: str, expected: str) -> bool:
    """Compare two secrets without telling by time how much of them agrees."""
    return compare_digest(given.encode(), expected.encode())


def _refuse_unstorable() -> None:
    """No database keeps a NUL, and no browser sends one: it is refused before anybody looks."""
    texts = [request.path, *request.args, *request.args.values()]
    access = current_access()
    if access is not None and access.forgery is Forgery.PAGE_TOKEN:
        texts += [
            *request.form,
            *(text for name in request.form for text in request.form.getlist(name)),
        ]
    if any("\x00" in text for text in texts):
        abort(400)


def _refuse_forgery() -> None:
    access = current_access()
    if access is None or access.forgery is Forgery.OWN or is_safe(request.method):
        return
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        abort(403, "This form was sent from another site.")
    csrf.protect()


def _add_headers(response: Response) -> Response:
    access = current_access()
    framed = access is not None and access.framed
    headers = response.headers
    headers.setdefault("Content-Security-Policy", _policy(framed=framed))
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault(
        "Referrer-Policy", "strict-origin-when-cross-origin" if framed else "same-origin"
    )
    headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()")
    if not framed:
        headers.setdefault("X-Frame-Options", "DENY")
    if _is_personal(access):
        headers["Cache-Control"] = "no-store"
        headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    if current_app.config["TOMBOLA_HTTPS"]:
        headers.setdefault("Strict-Transport-Security", f"max-age={_TWO_YEARS_S}")
    return response


def _is_personal(access: Access | None) -> bool:
    """Team and operator pages, and any page with a form's token, are in no cache."""
    return (access is not None and access.audience in _PERSONAL) or "csrf_token" in g


def _policy(*, framed: bool) -> str:
    parts = dict(_POLICY)
    if "csp_nonce" in g:
        parts["script-src"] += f" 'nonce-{g.csp_nonce}'"
    for directive, sources in _extra().items():
        parts[directive] = " ".join([parts.get(directive, "'self'"), *sorted(sources)])
    if not framed:
        # A framed page says nothing of it: "*" would leave out apps, files and sandboxed pages.
        parts["frame-ancestors"] = "'none'"
    return "; ".join(f"{directive} {sources}" for directive, sources in parts.items())


def _extra() -> defaultdict[str, set[str]]:
    if "csp_extra" not in g:
        g.csp_extra = defaultdict(set)
    extra: defaultdict[str, set[str]] = g.csp_extra
    return extra
