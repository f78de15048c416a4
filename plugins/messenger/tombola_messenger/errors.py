"""What Messenger answers when it did not send, in the core's words.

Told apart by code first: the subcode 1545041 comes with several of them. Source: Messenger
Platform, “Error Codes”; Graph API, “Handle Errors”; recorded answers; read 2026-11-21. Code
10/2018300 comes from older documents.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from tombola.api import NotNow, Rejected, Retry, Unreachable
from tombola_messenger.policy import WAIT
from tombola_meta.errors import (
    APP_PERMISSION,
    PAUSE,
    PERMISSION,
    POLICY,
    TOKEN,
    TROUBLES,
    USED_UP,
    Problem,
    error_from,
)

#: Name of the limit that a page runs into.
PAGE: Final = "messenger_page"

#: The page may not send for a while; how long depends on how often it was told so.
RESTRICTED: Final = (10, 1893063)
#: “This person isn't available right now”: away, or gone if it goes on.
AWAY: Final = 551
BAD_PARAMETER: Final = 100
SEND_TROUBLE: Final = 1200

Outcome = NotNow | Rejected | Unreachable


def outcome(problem: Problem, headers: Mapping[str, str], now: datetime) -> Outcome:
    """Say what a refusal means for the message.

    ``RESTRICTED`` and ``AWAY`` depend on what was before, and are not judged here.

    Args:
        problem: as read; its ``code`` is known.
        headers: of the answer, names in lower case.
        now: aware UTC.

    Raises:
        FetchError: trouble that passes, or that a member has to end; nothing was sent.
    """
    both = (problem.code, problem.subcode)
    told = TOLD.get(both)
    if told is not None:
        return told
    if problem.code == APP_PERMISSION and problem.subcode is not None:
        return CLOSED
    if problem.code in USED_UP or problem.code in TOKEN | PERMISSION | {POLICY}:
        raise error_from(problem, headers, now)
    if problem.code == SEND_TROUBLE or problem.code in TROUBLES or problem.transient:
        raise Retry(PAUSE, "Messenger has a trouble of its own, and sent nothing")
    said = f"{REFUSED} (code {problem.code}): {problem.said}"
    return Rejected("refused", said, retryable=problem.code != BAD_PARAMETER)


REFUSED: Final = "Messenger did not take the message as it was"

CLOSED: Final = NotNow(
    "Messenger says that more than 24 hours have passed since they last did anything there.", WAIT
)
BLOCKED: Final = Unreachable("They have blocked the page, or take no messages from it.")

#: What a refusal means, by code and subcode.
TOLD: Final[Mapping[tuple[int | None, int | None], Outcome]] = {
    (10, 2018278): CLOSED,
    (10, 2534022): CLOSED,
    (10, 2018065): CLOSED,
    (10, 2018108): BLOCKED,
    (200, 1545041): BLOCKED,
    (100, 2018001): Unreachable("The page no longer knows this person."),
    (10, 2018300): Rejected(
        "held_elsewhere", "Another app of the page holds this conversation just now."
    ),
    (200, 2018028): Rejected(
        "not_reviewed",
        "Before Meta has reviewed the app for pages_messaging it may write only to people with a "
        "role in the app.",
        retryable=False,
    ),
}

#: How long a page that may not send is left in peace; twice as long each time it is told again.
#: Source: Messenger Platform, “Error Codes”, 10/1893063 of 2026-06-25; the figures are ours.
REST: Final = timedelta(minutes=30)
REST_MAX: Final = timedelta(hours=24)


def rest(times: int) -> timedelta:
    """Say for how long a page rests that was told so for the ``times``-th time in a row.

    >>> [str(rest(each)) for each in (1, 2, 3, 9)]
    ['0:30:00', '1:00:00', '2:00:00', '1 day, 0:00:00']
    """
    return min(REST * (1 << min(max(times, 1) - 1, 10)), REST_MAX)
