"""What Meta answers when it does not answer, in the core's words.

Errors are told apart by Meta's ``code``. Its HTTP status says little (400 for nearly all of them)
and its texts are in the language of whose token it is; the status decides only where no code came,
because something before Meta answered.

Source: Meta, Graph API, “Handle Errors”; Instagram Platform, “Error Codes”; and recorded answers;
read 2026-11-21.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Final

from tombola.api import (
    CredentialExpired,
    FetchError,
    PermissionLost,
    Retry,
    SourceGone,
    Throttled,
)
from tombola_meta import limits
from tombola_meta.reading import mapping, text
from tombola_meta.secrecy import redacted, shortened

#: How long to leave Meta alone when it fails without saying for how long. Ours.
PAUSE: Final = timedelta(seconds=30)
LONG_PAUSE: Final = timedelta(minutes=15)

#: How long an account that Meta has blocked for its conduct is left in peace. Ours.
BLOCKED: Final = timedelta(hours=6)

TROUBLES: Final = frozenset({1, 2})
#: Codes of limits, with the limit that is used up.
USED_UP: Final[Mapping[int, str]] = {
    4: limits.APP,
    17: limits.ACCOUNT,
    18: limits.HASHTAGS,
    32: limits.ACCOUNT,
    613: limits.EDGE,
    **dict.fromkeys(range(80000, 80015), limits.ACCOUNT),
}
TOKEN: Final = frozenset({102, 104, 190})
#: A permission, or a feature, that the app lacks.
APP_PERMISSION: Final = 10
PERMISSION: Final = frozenset({APP_PERMISSION, *range(200, 300)})
NO_HASHTAG: Final = (24, 2207024)
NO_OBJECT: Final = (100, 33)
#: A name that Business Discovery does not find.
NO_USER: Final = 110
POLICY: Final = 368
#: Unknown paths, versions that have ended, calls with a token of the wrong kind: mistakes of ours
#: or of the settings, which no repetition mends.
MISTAKES: Final = frozenset({12, 15, 2500, 2635})

#: Why a token is dead, in words that help; anything else “is no longer valid”.
TOKEN_WORDS: Final[Mapping[int, str]] = {
    458: "the app was removed from the account that connected it",
    459: "Facebook wants that person to log in there once, and confirm who they are",
    460: "that person's password has changed",
    463: "it has expired",
    464: "that person has not confirmed their account at Facebook",
    467: "it was taken back",
    492: "that person no longer has a role on the page",
}


class NoHashtag(SourceGone):
    """Instagram has no such hashtag, or does not show it."""


class NoUser(SourceGone):
    """Instagram has no professional account with this name, or does not show it."""


class Blocked(Throttled):
    """Meta blocks the account for a while because of what it did."""

    def __init__(self, until: datetime, said: str) -> None:
        super().__init__(limits.ACCOUNT, until)
        self.args = (said,)


@dataclass(frozen=True, slots=True)
class Problem:
    """An answer that is an error.

    Attributes:
        status: of HTTP.
        code: Meta's; None where none came.
        subcode: Meta's; None where none came.
        transient: Meta says that trying again helps.
        said: Meta's words for developers, without secrets, at most 300 characters.
        trace: what Meta's support asks for; "" where none came.
    """

    status: int
    code: int | None = None
    subcode: int | None = None
    transient: bool = False
    said: str = ""
    trace: str = ""


def problem_from(status: int, body: Any, *secrets: str) -> Problem:
    """Read an error. Never raises: whatever it is, it is a problem.

    Args:
        status: of HTTP.
        body: parsed JSON of any kind. Graph's errors stand in ``error``; those of Instagram's
            token exchange stand alone, as ``error_message``; its ``code`` repeats the status.
        secrets: what must not be repeated.
    """
    whole = mapping(body)
    error = mapping(whole.get("error"))
    found = error or whole
    said = text(found.get("message")) or text(found.get("error_message")) or ""
    return Problem(
        status,
        code=_code(error.get("code")),
        subcode=_code(found.get("error_subcode")),
        transient=found.get("is_transient") is True,
        said=shortened(redacted(said, *secrets)),
        trace=shortened(redacted(text(found.get("fbtrace_id")) or "", *secrets)),
    )


def is_error(body: Any) -> bool:
    """Tell whether an answer is an error, whatever its status says."""
    whole = mapping(body)
    return isinstance(whole.get("error"), dict) or "error_message" in whole


def error_from(problem: Problem, headers: Mapping[str, str], now: datetime) -> FetchError:
    """Say what the core has to do about a problem.

    Args:
        problem: as read.
        headers: of the answer, names in lower case.
        now: aware UTC.
    """
    if problem.code is None:
        return _by_status(problem, headers, now)
    return (
        _used_up(problem, headers, now)
        or _transient(problem)
        or _token(problem)
        or _permission(problem)
        or _gone(problem)
        or Retry(LONG_PAUSE, _with_words("Meta refused for a reason of its own", problem))
    )


def garbled() -> Retry:
    """Say that an answer of success was cut off or is not what was asked for."""
    return Retry(PAUSE, "Meta's answer was cut off or is not what was asked for")


def unanswered(why: str) -> Retry:
    """Say that no answer came."""
    return Retry(PAUSE, f"Meta did not answer: {why}")


def refused_here(why: str) -> Retry:
    """Say that the call, or its answer, breaks a rule of this installation."""
    return Retry(LONG_PAUSE, f"Meta may not be asked from here: {why}")


def _used_up(problem: Problem, headers: Mapping[str, str], now: datetime) -> FetchError | None:
    bucket = USED_UP.get(problem.code or 0)
    if bucket is not None:
        return Throttled(bucket, limits.free_at(bucket, headers, now))
    if problem.code == POLICY:
        return Blocked(now + BLOCKED, _with_words("Meta blocks this account for a while", problem))
    return None


def _transient(problem: Problem) -> FetchError | None:
    if problem.code in TROUBLES or problem.transient:
        return Retry(PAUSE, _with_words("Meta has a trouble of its own", problem))
    return None


def _token(problem: Problem) -> FetchError | None:
    if problem.code not in TOKEN:
        return None
    why = TOKEN_WORDS.get(problem.subcode or 0, "it is no longer valid")
    return CredentialExpired(f"The key to this account does not work: {why}. Connect it again")


def _permission(problem: Problem) -> FetchError | None:
    if problem.code not in PERMISSION:
        return None
    said = "Meta does not permit this. Connect again and leave every permission switched on"
    if problem.code == APP_PERMISSION:
        said = "Meta does not permit this to the app: a permission is missing, or Meta's review"
    return PermissionLost(_with_words(said, problem))


def _gone(problem: Problem) -> FetchError | None:
    if problem.code == NO_HASHTAG[0]:
        kind = NoHashtag if problem.subcode == NO_HASHTAG[1] else SourceGone
        return kind("Instagram does not know this, or does not show it")
    if problem.code == NO_USER:
        return NoUser("Instagram has no professional account with this name, or does not show it")
    if (problem.code, problem.subcode) == NO_OBJECT:
        return SourceGone("Meta no longer has this, or does not show it to this account")
    if problem.code == NO_OBJECT[0]:
        return SourceGone(_with_words("Meta does not take what it was asked", problem))
    if problem.code in MISTAKES:
        return SourceGone(_with_words("Meta does not know the call; tell who runs this", problem))
    return None


def _by_status(problem: Problem, headers: Mapping[str, str], now: datetime) -> FetchError:
    match problem.status:
        case HTTPStatus.UNAUTHORIZED:
            return CredentialExpired("Meta does not accept the key to this account. Connect again")
        case HTTPStatus.FORBIDDEN:
            return PermissionLost("Meta does not permit this (HTTP 403)")
        case HTTPStatus.NOT_FOUND | HTTPStatus.GONE:
            return SourceGone(f"Meta has nothing at this address (HTTP {problem.status})")
        case HTTPStatus.TOO_MANY_REQUESTS:
            return Throttled(limits.ACCOUNT, limits.free_at(limits.ACCOUNT, headers, now))
        case _:
            return Retry(PAUSE, f"Meta has a trouble of its own (HTTP {problem.status})")


def _code(value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    try:
        return int(value)
    except ValueError:
        return None


def _with_words(ours: str, problem: Problem) -> str:
    number = f" (code {problem.code})" if problem.code is not None else ""
    return f"{ours}{number}: {problem.said}" if problem.said else f"{ours}{number}"
