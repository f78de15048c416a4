"""Every error that Tombola raises on purpose.

::

    TombolaError
    ├── NotFound               no such thing for this team (or not visible to it)
    ├── Forbidden              the actor's role is too low
    │   └── NotAllowed         the plan or a gate says no; carries the Denied
    ├── Invalid                input with complaints, by field
    ├── Conflict               somebody changed it meanwhile, or it exists already
    │   └── Outdated           the version that the caller knows is not the present one
    ├── Busy                   try again in a moment
    ├── Fenced                 this worker lost its lease; stop at once
    ├── PluginUnavailable      not installed, broken, switched off or in quarantine
    ├── PluginFailed           a plugin's code raised or took too long
    ├── HttpError              ctx.http
    │   ├── HttpRefused        the address or the answer breaks a rule of the fetcher
    │   └── HttpFailed         no answer: name, connection, time-out, broken TLS
    └── FetchError             all that an importer's fetch() may raise
        ├── Retry              come back after a while
        ├── Throttled          a bucket is empty until an instant
        ├── OutOfCredit        the account has no money or quota left
        ├── CursorLost         the network no longer knows the place we stopped at
        ├── CredentialExpired  the connection or the app's key is no longer accepted
        ├── PermissionLost     accepted, but not for this
        └── SourceGone         what was read does not exist any more
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta

    from tombola.api.entries import Denied
    from tombola.api.text import Text


class TombolaError(Exception):
    """The root of the tree."""


class NotFound(TombolaError):
    """No such thing for this team. The message may be shown to the member."""


class Forbidden(TombolaError):
    """The actor's role does not allow this."""


class NotAllowed(Forbidden):
    """The plan, a switch or a plugin's gate says no.

    Attributes:
        denied: who said no and why, fit to be shown.
    """

    def __init__(self, denied: Denied) -> None:
        """Carry the denial."""
        super().__init__(str(denied.reason))
        self.denied = denied


class Invalid(TombolaError):
    """Input that cannot be taken.

    Attributes:
        errors: complaint by field; dotted paths into nested models, "" for the whole form.
    """

    def __init__(self, errors: Mapping[str, Text]) -> None:
        """Carry the complaints."""
        super().__init__("; ".join(f"{field}: {said}" for field, said in errors.items()))
        self.errors = dict(errors)


class Conflict(TombolaError):
    """Somebody changed it meanwhile, or it exists already."""


class Outdated(Conflict):
    """The caller named a version that is not the present one any more; nothing was changed."""


class Busy(TombolaError):
    """Too much at once; the same call will be accepted in a moment."""

    def __init__(self, retry_after: timedelta) -> None:
        """Carry the wait."""
        super().__init__(f"busy, try again in {retry_after.total_seconds():.0f} s")
        self.retry_after = retry_after


class Fenced(TombolaError):
    """Another worker has taken this duty over. Write nothing more."""


class PluginUnavailable(TombolaError):
    """A plugin cannot be asked now. What it owns is paused, never lost.

    Attributes:
        plugin: its slug, or the key that nobody owns.
        reason: for the team.
    """

    def __init__(self, plugin: str, reason: Text) -> None:
        """Carry plugin and reason."""
        super().__init__(f"plugin {plugin!r}: {reason}")
        self.plugin = plugin
        self.reason = reason


class PluginFailed(TombolaError):
    """A plugin's code raised or took too long; it is recorded, and counted for quarantine.

    Attributes:
        plugin: its slug.
        correlation: under which log and health page have the rest. Fit for entrants, unlike
            the message, which is the team's.
    """

    def __init__(self, plugin: str, correlation: str, summary: str) -> None:
        """Carry what the team may know."""
        super().__init__(f"plugin {plugin!r} failed ({correlation}): {summary}")
        self.plugin = plugin
        self.correlation = correlation


class HttpError(TombolaError):
    """The root of what ``ctx.http`` raises. An answer of any status is not an error."""


class HttpRefused(HttpError):
    """The address, a redirect, the size or the type breaks a rule; repeating is useless."""


class HttpFailed(HttpError):
    """No usable answer: name, connection, time-out, TLS. Repeating later may help."""


class FetchError(TombolaError):
    """The root of what an importer may raise from ``fetch``; the message is shown to the team."""


class Retry(FetchError):
    """The network had a hiccup. Nothing was read."""

    def __init__(self, after: timedelta, message: str = "the network did not answer") -> None:
        """Carry the wait that the network asked for, or a guess."""
        super().__init__(message)
        self.after = after


class Throttled(FetchError):
    """A bucket is empty.

    Attributes:
        bucket: name of the declared :class:`~tombola.api.Limit`.
        until: aware UTC; the first instant at which a call may succeed.
    """

    def __init__(self, bucket: str, until: datetime) -> None:
        """Carry bucket and instant."""
        super().__init__(f"rate limit {bucket!r} is used up until {until:%Y-%m-%d %H:%M:%S} UTC")
        self.bucket = bucket
        self.until = until


class OutOfCredit(FetchError):
    """The account behind the key has no credit. ``until`` is None when only paying helps."""

    def __init__(self, until: datetime | None = None, message: str = "no credit left") -> None:
        """Carry the instant, aware UTC."""
        super().__init__(message)
        self.until = until


class CursorLost(FetchError):
    """The network refuses our place; the core opens the lane again."""


class CredentialExpired(FetchError):
    """Key or connection is no longer accepted; a person has to renew it."""


class PermissionLost(FetchError):
    """The credential is valid but may not read this."""


class SourceGone(FetchError):
    """What the source names does not exist (any more)."""
