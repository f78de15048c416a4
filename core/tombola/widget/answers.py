"""What the hot roads answer, as plain data, for Flask or any other front."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from math import ceil

Headers = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Answer:
    """A response: status, headers that are its own, body."""

    status: int
    headers: Headers = ()
    body: bytes = b""


def too_often(headers: Headers, wait_s: float) -> Answer:
    """A sender has no token left; the same again is welcome after that many seconds."""
    return Answer(HTTPStatus.TOO_MANY_REQUESTS, (*headers, _after(wait_s)))


def busy(headers: Headers, wait_s: float) -> Answer:
    """We cannot take it now; the same again is welcome after that many seconds."""
    return Answer(HTTPStatus.SERVICE_UNAVAILABLE, (*headers, _after(wait_s)))


def _after(wait_s: float) -> tuple[str, str]:
    return ("Retry-After", str(max(1, ceil(wait_s))))
