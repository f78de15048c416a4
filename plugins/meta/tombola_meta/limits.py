"""How much Meta lets us ask, as it says with its answers. Pure.

Meta counts in shares: its headers say how many percent of an unnamed amount are used. The amounts
declared here are the least that it grants; what its headers say comes before them.

Source: Meta, “Rate Limits”, platform and business-use-case limits and their headers; read
2026-11-21.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from tombola.api import Limit, LimitSeen, Scope
from tombola_meta.reading import Raw, mapping, number, objects

#: Names of the limits. An importer of a Meta plugin declares ``LIMITS``, and one of its own
#: (``HASHTAGS``) where it searches hashtags.
APP: Final = "meta_app"
ACCOUNT: Final = "meta_account"
EDGE: Final = "meta_edge"
HASHTAGS: Final = "meta_hashtags"

_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)

#: What is counted by the app as a whole or by a single edge is not known beforehand: Meta says so
#: when it is too much. An account has 4,800 calls a day for each person that is engaged with it.
LIMITS: Final[Sequence[Limit]] = (
    Limit(APP, amount=100_000, per=_HOUR, scope=Scope.APP),
    Limit(ACCOUNT, amount=4_800, per=_DAY, scope=Scope.CREDENTIAL),
    Limit(EDGE, amount=100_000, per=_HOUR, scope=Scope.SOURCE),
)

#: Waits where Meta does not say how long: its windows roll, so room comes back bit by bit. Ours.
PAUSES: Final[Mapping[str, timedelta]] = {
    APP: timedelta(minutes=15),
    ACCOUNT: timedelta(minutes=15),
    EDGE: timedelta(minutes=5),
    HASHTAGS: _DAY,
}

#: Longer waits than Meta's longest window are taken for mistakes.
LONGEST: Final = _DAY

_APP_HEADERS: Final = ("x-app-usage",)
_ACCOUNT_HEADERS: Final = ("x-business-use-case-usage", "x-page-usage")
_SHARES: Final = ("call_count", "total_cputime", "total_time")
_REGAIN: Final = "estimated_time_to_regain_access"


def limits_from(headers: Mapping[str, str], now: datetime) -> tuple[LimitSeen, ...]:
    """Read what is left of the limits; nothing where Meta says nothing.

    Args:
        headers: of an answer, names in lower case.
        now: aware UTC.
    """
    seen = (
        _seen(limit, [use for name in names for use in _uses(headers.get(name, ""))], now)
        for limit, names in ((LIMITS[0], _APP_HEADERS), (LIMITS[1], _ACCOUNT_HEADERS))
    )
    return tuple(each for each in seen if each is not None)


def free_at(bucket: str, headers: Mapping[str, str], now: datetime) -> datetime:
    """Say when a limit that is used up may be tried again; Meta's minutes before our guess."""
    waits = [_regain(use) for name in _ACCOUNT_HEADERS for use in _uses(headers.get(name, ""))]
    longest = max(waits, default=timedelta())
    return now + (longest or PAUSES.get(bucket, _HOUR))


def _seen(limit: Limit, uses: Sequence[Raw], now: datetime) -> LimitSeen | None:
    if not uses:
        return None
    share = max(_share(use) for use in uses)
    wait = max(_regain(use) for use in uses) or min(limit.per, _HOUR)
    left = 0 if any(map(_regain, uses)) else int(limit.amount * (100 - share) // 100)
    return LimitSeen(limit.bucket, left, now + wait)


def _share(use: Raw) -> float:
    given = (number(use.get(name)) for name in _SHARES)
    return min(max((each for each in given if each is not None), default=0.0), 100.0)


def _regain(use: Raw) -> timedelta:
    minutes = number(use.get(_REGAIN)) or 0.0
    return min(timedelta(minutes=min(max(minutes, 0.0), 10_000.0)), LONGEST)


def _uses(header: str) -> Iterator[Raw]:
    """Give the shares in a header: one object, or lists of them by the account they are about."""
    try:
        said: Any = json.loads(header) if header else None
    except (ValueError, RecursionError):
        return
    uses = mapping(said)
    if any(name in uses for name in _SHARES):
        yield uses
    for listed in uses.values():
        yield from objects(listed)
