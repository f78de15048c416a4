"""GET /s/<key>: has anything changed for this entrant? One pure handler over plain data.

Asked by every open widget every few seconds, so the usual answer, "no", costs one read by primary
key: who a cookie belongs to is remembered for a moment, and the campaign is too.
"""

import json
import re
import threading
import time
from collections import OrderedDict
from datetime import datetime
from http import HTTPStatus

from tombola.api import Busy
from tombola.installation import Installation
from tombola.widget import entering
from tombola.widget.admitting import country_of
from tombola.widget.answers import Answer, busy, too_often
from tombola.widget.buckets import Buckets, Rate
from tombola.widget.directory import Directory, Place
from tombola.widget.standing import Progress, glance, progress

#: How long a known entrant is believed to be the same; somebody unknown is asked for each time.
BELIEVED_S = 10.0
ROOM = 50_000
#: Polls of one network for one campaign: a hall full of phones behind one address, each every few
#: seconds. ``docs/tracking.md`` says so.
BY_NETWORK = Rate(burst=600, a_second=120)
#: Polls that may be at the database at once, half of the server's threads, and the seconds that
#: another waits for one of them: were the database stuck, the other half would still serve.
MOST_AT_ONCE = 32
WAIT_S = 1.0
_PRIVATE = ("Cache-Control", "private, no-cache")
_NO_STORE = (("Cache-Control", "no-store"),)
_TAG = re.compile(r'(?:W/)?"([^"]*)"')


class Poll:
    """Answers polls for one process."""

    def __init__(self, inst: Installation, directory: Directory) -> None:
        self._inst = inst
        self._directory = directory
        self._believed: OrderedDict[tuple[int, str], tuple[float, int]] = OrderedDict()
        self._lock = threading.Lock()
        self._by_network = Buckets(BY_NETWORK)
        self._places = threading.BoundedSemaphore(MOST_AT_ONCE)

    def answer(
        self, key: str, secret: str | None, if_none_match: str | None, network: str | None = None
    ) -> Answer:
        """The state for the browser with that cookie; 304 while its tag is the same.

        ``network``: whose tokens pay for it; nobody's if None.
        """
        wait_s = self._by_network.take((key, network)) if network is not None else 0.0
        if wait_s:
            return too_often(_NO_STORE, wait_s)
        if not self._places.acquire(timeout=WAIT_S):
            return busy(_NO_STORE, 1)
        try:
            return self._answer(key, secret, if_none_match)
        except Busy as wait:
            return busy(_NO_STORE, wait.retry_after.total_seconds())
        finally:
            self._places.release()

    def _answer(self, key: str, secret: str | None, if_none_match: str | None) -> Answer:
        place = self._directory.get(key)
        if place is None:
            return Answer(HTTPStatus.NOT_FOUND, _NO_STORE)
        entrant_id = self._entrant(place, secret)
        now = self._inst.clock()
        if if_none_match:
            tag = glance(self._inst.db, place, entrant_id, now)
            if matches(if_none_match, tag):
                return Answer(HTTPStatus.NOT_MODIFIED, (("ETag", f'"{tag}"'), _PRIVATE))
        with self._inst.db.read() as conn:
            if place.free:
                place = place.seen_from(country_of(conn, place, entrant_id))
            found = progress(conn, place, entrant_id, now)
        headers = (("ETag", f'"{found.tag}"'), _PRIVATE, ("Content-Type", "application/json"))
        told = _told(place, found, now, known=entrant_id is not None)
        return Answer(HTTPStatus.OK, headers, json.dumps(told).encode())

    def forget(self, team_id: int, secret: str) -> None:
        """Look anew at who this browser is, since it has just logged in or out."""
        with self._lock:
            self._believed.pop((team_id, secret), None)

    def _entrant(self, place: Place, secret: str | None) -> int | None:
        if not secret:
            return None
        name = (place.campaign.team_id, secret)
        at, entrant_id = self._believed.get(name, (float("-inf"), 0))
        if time.monotonic() - at < BELIEVED_S:
            return entrant_id
        met = entering.known(self._inst, place.campaign.team_id, secret)
        if met is None or met.entrant_id is None:
            return None
        with self._lock:
            self._believed[name] = (time.monotonic(), met.entrant_id)
            self._believed.move_to_end(name)
            while len(self._believed) > ROOM:
                self._believed.popitem(last=False)
        return met.entrant_id


def matches(if_none_match: str, tag: str) -> bool:
    """Whether an If-None-Match header names the tag, compared weakly (RFC 9110, 13.1.2).

    >>> matches('"a", W/"b"', "b"), matches("*", "b"), matches("b", "b")
    (True, True, False)
    """
    return if_none_match.strip() == "*" or tag in _TAG.findall(if_none_match)


def _told(place: Place, found: Progress, now: datetime, *, known: bool) -> dict[str, object]:
    """The state as the widget's script reads it.

    Actions by their uid: standing and worth. Rewards by theirs: standing, actions done and asked.
    """
    return {
        "known": known,
        "phase": place.campaign.phase(now).value,
        "worth": found.worth,
        "entries": found.entries,
        "actions": {
            action.uid: [
                found.standings[number].value,
                found.earned[number].worth if number in found.earned else 0,
            ]
            for number, action in place.actions.items()
        },
        "rewards": {
            each.prize.uid: [each.standing.value, each.progress.have, each.progress.total]
            for each in found.rewards.values()
        },
    }
