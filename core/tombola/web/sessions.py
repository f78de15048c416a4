"""The browser's half of a log-in: an opaque token in a cookie; the database keeps its hash.

The other half, who is logged in and until when, is in ``teams``. Flask's own signed session carries
nothing but the
form token and messages to show once; it starts anew at every log-in and log-out.
"""

from datetime import timedelta

from flask import Response, current_app, request, session

_NAME = "tombola-log-in"


def read_token() -> str | None:
    """The token that the running request brought, if any."""
    return request.cookies.get(_cookie_name()) or None


def give_token(response: Response, token: str, *, lasts: timedelta) -> None:
    """Log the browser in with a new token and a new form session: nothing from before counts."""
    session.clear()
    response.set_cookie(
        _cookie_name(),
        token,
        max_age=lasts,
        secure=_https(),
        httponly=True,
        samesite="Lax",
        path="/",
    )


def drop_token(response: Response) -> None:
    """Log the browser out."""
    session.clear()
    response.delete_cookie(_cookie_name(), secure=_https(), httponly=True, samesite="Lax", path="/")


def _cookie_name() -> str:
    return f"__Host-{_NAME}" if _https() else _NAME


def _https() -> bool:
    return bool(current_app.config["TOMBOLA_HTTPS"])
