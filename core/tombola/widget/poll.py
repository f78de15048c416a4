"""GET /s/<key>: has anything changed for this entrant? One pure handler over plain data.

Asked by every open widget every few seconds, so the usual answer, "no", costs one read by primary
key: who a cookie belongs to is remembered for a moment, and the campaign is too.
"""

import json
import threading
import time
from collections import OrderedDict

from tombola.installation import Installation
from tombola.widget import entering
from tombola.widget.directory import Directory, Place
from tombola.widget.standing import progress, tag_of
from tombola.widget.tracking import Answer

#: How long a known entrant is believed to be the same; somebody unknown is asked for each time.
BELIEVED_S = 10.0
ROOM = 50_000
_PRIVATE = ("Cache-Control", "private, no-cache")


class Poll:
    """Answers polls for one process."""

    def __init__(self, inst: Installation, directory: Directory) -> None:
        self._inst = inst
        self._directory = directory
        self._believed: OrderedDict[tuple[int, str], tuple[float, int]] = OrderedDict()
        self._lock = threading.Lock()

    def answer(self, key: str, secret: str | None, if_none_match: str | None) -> Answer:
        """The state for the browser with that cookie; 304 while its tag is the same."""
        place = self._directory.get(key)
        if place is None:
            return Answer(404, (("Cache-Control", "no-store"),))
        entrant_id = self._entrant(place, secret)
        now = self._inst.clock()
        with self._inst.db.read() as conn:
            tag = f'"{tag_of(conn, place, entrant_id, now)}"'
            if if_none_match == tag:
                return Answer(304, (("ETag", tag), _PRIVATE))
            found = progress(conn, place, entrant_id, now)
        told = {
            "known": entrant_id is not None,
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
        }
        headers = (("ETag", f'"{found.tag}"'), _PRIVATE, ("Content-Type", "application/json"))
        return Answer(200, headers, json.dumps(told).encode())

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
