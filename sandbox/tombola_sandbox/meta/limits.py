"""How often one may call, counted over rolling windows, and the headers that say so.

Source: Meta, "Rate Limits" (platform and Business Use Case), read 2026-11; limits of single users
and edges are not published, theirs are ours.
"""

import json
import threading
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from tombola.testing.network import Clock
from tombola_sandbox.meta import errors
from tombola_sandbox.meta.access import Caller
from tombola_sandbox.meta.messenger_rules import SENDS_A_SECOND

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
MINUTE: Final = timedelta(minutes=1)
SECOND: Final = timedelta(seconds=1)

CALLS_PER_USER: Final = 200
CALLS_PER_ENGAGED: Final = 4800
"""Calls an hour for each user of the app, and a day for each engaged user or impression."""


@dataclass(slots=True)
class Quota:
    """How many calls there may be; tests and the console set them.

    Attributes:
        user: code 17, an hour, for one person's token.
        page: code 32, a day, on one page with a person's token.
        edge: code 613, a minute, on one edge of one thing.
        engaged: people engaged with a page; 4800 calls a day for each (80001).
        impressions: of an Instagram account; 4800 calls a day for each (80002).
        sends: code 613, a second, messages of one page.
    """

    user: int = 2_000
    page: int = 9_600
    edge: int = 600
    engaged: int = 10
    impressions: int = 10
    sends: int = SENDS_A_SECOND


@dataclass(frozen=True, slots=True)
class Bucket:
    """What is counted together."""

    code: int
    key: str
    most: int
    window: timedelta
    kind: str = ""


@dataclass(slots=True)
class Asked:
    """What one call is about, as far as limits go."""

    page: str | None = None
    account: str | None = None
    edge: str = ""
    sends: bool = False
    buckets: list[Bucket] = field(default_factory=list)


class Usage:
    """Counts calls. Safe to use from many threads; kept in memory."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._calls: dict[tuple[int, str], deque[datetime]] = defaultdict(deque)
        self._lock = threading.Lock()
        self.quota = Quota()

    def take(self, caller: Caller, asked: Asked) -> Mapping[str, str]:
        """Count a call and give the headers that tell the state.

        Raises:
            GraphError: a limit is reached; the call is not counted.
        """
        asked.buckets = self._buckets(caller, asked)
        now = self._clock()
        with self._lock:
            full = [b for b in asked.buckets if self._used(b, now) >= b.most]
            for bucket in () if full else asked.buckets:
                self._calls[bucket.code, bucket.key].append(now)
        headers = self.headers(asked)
        if full:
            error = errors.limit_reached(full[0].code)
            error.headers = headers
            raise error
        return headers

    def headers(self, asked: Asked) -> Mapping[str, str]:
        """Tell how much is used, in percent; nothing below one percent."""
        now = self._clock()
        found: dict[str, str] = {}
        business: dict[str, list[dict[str, object]]] = {}
        for bucket in asked.buckets:
            with self._lock:
                used = self._used(bucket, now)
                oldest = self._calls[bucket.code, bucket.key]
                rest = oldest[0] + bucket.window - now if oldest else timedelta()
            percent = used * 100 // bucket.most if bucket.most else 100
            if not percent:
                continue
            state = {"call_count": percent, "total_cputime": percent, "total_time": percent}
            if bucket.kind:
                minutes = -(-int(rest.total_seconds()) // 60) if used >= bucket.most else 0
                more = {"type": bucket.kind, "estimated_time_to_regain_access": minutes}
                business.setdefault(bucket.key, []).append({**state, **more})
            elif bucket.code == 4:  # noqa: PLR2004 - the app's
                found["X-App-Usage"] = json.dumps(state, separators=(",", ":"))
        if business:
            said = json.dumps(business, separators=(",", ":"))
            found["X-Business-Use-Case-Usage"] = said
        return found

    def clear(self) -> None:
        """Forget all calls."""
        with self._lock:
            self._calls.clear()

    def _buckets(self, caller: Caller, asked: Asked) -> list[Bucket]:
        """Say against what a call counts: Business Use Case limits, or the platform's."""
        quota = self.quota
        if asked.sends and asked.page is not None:
            return [Bucket(613, f"messages {asked.page}", quota.sends, SECOND)]
        found: list[Bucket] = []
        if asked.account is not None:
            most = quota.impressions * CALLS_PER_ENGAGED
            found.append(Bucket(80002, asked.account, most, DAY, "instagram"))
        elif caller.kind in {"PAGE", "SYSTEM_USER"} and (page := asked.page or caller.page):
            most = quota.engaged * CALLS_PER_ENGAGED
            found.append(Bucket(80001, page, most, DAY, "pages"))
        else:
            app = caller.app
            found.append(Bucket(4, app.id, app.users * CALLS_PER_USER, HOUR))
            if caller.kind == "USER":
                found.append(Bucket(17, f"{app.id} {caller.person}", quota.user, HOUR))
                if asked.page is not None:
                    found.append(Bucket(32, asked.page, quota.page, DAY))
        if asked.edge:
            key = f"{caller.app.id} {caller.person} {asked.edge}"
            found.append(Bucket(613, key, quota.edge, MINUTE))
        return found

    def _used(self, bucket: Bucket, now: datetime) -> int:
        calls = self._calls[bucket.code, bucket.key]
        while calls and calls[0] <= now - bucket.window:
            calls.popleft()
        return len(calls)
