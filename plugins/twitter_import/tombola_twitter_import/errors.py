"""What X answers when it does not answer, in the core's words.

X's problems are told apart by the last part of their ``type``; its host and the words changed with
the company's name. Some come without ``type``, or not from X at all but from what stands before it
(HTML, nothing), and are told apart by their status.

Source: X API v2, "Response codes and error handling", and recorded answers; read 2026-11-21.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any, Final

from tombola.api import (
    CredentialExpired,
    CursorLost,
    FetchError,
    HttpResponse,
    LimitSeen,
    OutOfCredit,
    PermissionLost,
    Retry,
    SourceGone,
    Throttled,
)

#: The pace at which X fills its buckets. Source: X, "Rate limits", read 2026-11-21.
RATE_WINDOW: Final = timedelta(minutes=15)

#: How long to leave X alone when it fails without saying for how long. Ours.
PAUSE: Final = timedelta(seconds=30)

#: Least wait after a limit whose reset has passed meanwhile. Ours.
A_MOMENT: Final = timedelta(seconds=1)

#: How often to look whether a used-up allowance is there again. Ours.
CAP_PAUSE: Final = timedelta(hours=12)

CREDITS: Final = frozenset({"credits", "credits-depleted"})
FORBIDDEN: Final = frozenset({"client-forbidden", "not-authorized-for-resource"})
PLACES: Final = frozenset({"next_token", "pagination_token", "start_time", "end_time", "until_id"})

#: More of X's own words would push the remedy off the page.
WORDS_MAX: Final = 300


class SinceIdLost(CursorLost):
    """``since_id`` is older than the search looks back; the time has to do."""


@dataclass(frozen=True, slots=True)
class Problem:
    """An answer that is no page.

    Attributes:
        status: of HTTP.
        kind: last part of ``type``, or "".
        said: X's own words, the most exact ones; "" when it said nothing.
        parameters: names of the parameters that X complains about.
        reason: X's word for why an app may not, or "".
    """

    status: int
    kind: str = ""
    said: str = ""
    parameters: frozenset[str] = frozenset()
    reason: str = ""


def problem_from(response: HttpResponse) -> Problem:
    """Read an answer of any status but 2xx. Never raises: whatever it is, it is a problem."""
    try:
        body = response.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        return Problem(response.status)
    errors = [each for each in body.get("errors") or () if isinstance(each, dict)]
    names = [name for each in errors for name in _dict(each.get("parameters"))]
    kind = body.get("type") or next((each["type"] for each in errors if each.get("type")), "")
    return Problem(
        response.status,
        kind=str(kind).rstrip("/").rpartition("/")[2],
        said=_said(body, errors),
        parameters=frozenset(map(str, names)),
        reason=str(body.get("reason") or ""),
    )


def error_from(
    problem: Problem, headers: Mapping[str, str], *, bucket: str, now: datetime
) -> FetchError:
    """Say what the core has to do about a problem.

    Args:
        problem: as read.
        headers: of the answer, names in lower case.
        bucket: of the call, for limits.
        now: aware UTC.
    """
    return (
        _out_of_credit(problem, now)
        or _throttled(problem, headers, bucket, now)
        or _not_allowed(problem)
        or _bad_request(problem)
        or _trouble(problem, headers)
        or PermissionLost(_with_words(f"X refused the search (HTTP {problem.status})", problem))
    )


def garbled() -> Retry:
    """Say that an answer of success was cut off or is no page."""
    return Retry(PAUSE, "X's answer was cut off or is no page of posts")


def limits_from(headers: Mapping[str, str], *, bucket: str) -> tuple[LimitSeen, ...]:
    """Read the rate limit that X tells with every answer.

    Source: X, "Rate limits": ``x-rate-limit-reset`` is in Unix seconds; read 2026-11-21.
    """
    remaining, reset = headers.get("x-rate-limit-remaining", ""), _reset(headers)
    if not remaining.isdecimal() or reset is None:
        return ()
    return (LimitSeen(bucket, int(remaining), reset),)


def _out_of_credit(problem: Problem, now: datetime) -> FetchError | None:
    if problem.kind in CREDITS or problem.status == HTTPStatus.PAYMENT_REQUIRED:
        said = "The account behind the app on X has no credits left"
        return OutOfCredit(None, _with_words(said, problem))
    if problem.kind == "usage-capped":
        said = "The app on X has read all it may this month"
        return OutOfCredit(now + CAP_PAUSE, _with_words(said, problem))
    return None


def _throttled(
    problem: Problem, headers: Mapping[str, str], bucket: str, now: datetime
) -> FetchError | None:
    if problem.status != HTTPStatus.TOO_MANY_REQUESTS:
        return None
    reset = _reset(headers)
    return Throttled(bucket, now + RATE_WINDOW if reset is None else max(reset, now + A_MOMENT))


def _not_allowed(problem: Problem) -> FetchError | None:
    if problem.status == HTTPStatus.UNAUTHORIZED:
        return CredentialExpired("X does not accept the app's token in the plugin's settings")
    if problem.kind not in FORBIDDEN and problem.status != HTTPStatus.FORBIDDEN:
        return None
    said = "The app on X may not search posts"
    if problem.reason == "client-not-enrolled":
        said = "The app on X belongs to no project. Attach it to one in X's developer console"
    return PermissionLost(_with_words(said, problem))


def _bad_request(problem: Problem) -> FetchError | None:
    if problem.status == HTTPStatus.NOT_FOUND:
        return SourceGone("X's API is not at the address in the plugin's settings")
    if problem.status != HTTPStatus.BAD_REQUEST:
        return None
    if "since_id" in problem.parameters:
        said = "X does not look back to the last post that was read"
        return SinceIdLost(_with_words(said, problem))
    if problem.parameters & PLACES:
        return CursorLost(_with_words("X does not know where reading stopped", problem))
    return SourceGone(_with_words("X refused the search", problem))


def _trouble(problem: Problem, headers: Mapping[str, str]) -> FetchError | None:
    transient = problem.status in {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY}
    if problem.status < HTTPStatus.INTERNAL_SERVER_ERROR and not transient:
        return None
    said = f"X has a trouble of its own (HTTP {problem.status})"
    return Retry(_retry_after(headers), said)


def _with_words(ours: str, problem: Problem) -> str:
    return f"{ours}: {problem.said}" if problem.said else ours


def _reset(headers: Mapping[str, str]) -> datetime | None:
    value = headers.get("x-rate-limit-reset", "")
    try:
        return datetime.fromtimestamp(int(value), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _retry_after(headers: Mapping[str, str]) -> timedelta:
    """Heed ``Retry-After`` where something before X sends one, within reason."""
    value = headers.get("retry-after", "")
    seconds = int(value) if re.fullmatch(r"[0-9]{1,4}", value) else 0
    return max(PAUSE, timedelta(seconds=seconds))


def _said(body: Mapping[str, Any], errors: list[dict[str, Any]]) -> str:
    exact = [str(each["message"]) for each in errors if each.get("message")]
    words = "; ".join(exact) or str(
        body.get("detail") or body.get("message") or body.get("title") or ""
    )
    return words.rstrip(". ") if len(words) <= WORDS_MAX else words[: WORDS_MAX - 1] + "…"


def _dict(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
