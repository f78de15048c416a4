"""How often one program may ask: a bucket for each token in every web process."""

from flask import Flask, current_app
from werkzeug.exceptions import TooManyRequests

from tombola.teams import doors
from tombola.widget.buckets import Buckets, Rate

NAME = "tombola_rest"
#: Requests of one token in one process: so many at once, then so many a second. Ours: a page of a
#: list costs some milliseconds, and a batch of entries carries thousands.
RATE = Rate(burst=100, a_second=20)


def install(app: Flask, rate: Rate = RATE) -> None:
    """Set the rate of an application, in place of the usual one."""
    app.extensions[NAME] = Buckets(rate)


def take() -> None:
    """Let the running request pass. Raises TooManyRequests with the seconds to wait."""
    if NAME not in current_app.extensions:
        install(current_app._get_current_object())  # type: ignore[attr-defined] # noqa: SLF001 # Flask's own way
    buckets: Buckets = current_app.extensions[NAME]
    wait = buckets.take(doors.api_token().id)
    if wait:
        raise TooManyRequests(retry_after=max(1, round(wait + 0.5)))
