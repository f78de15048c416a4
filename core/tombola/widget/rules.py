"""What a push means, how long it lasts, and what an action shows: decided without database."""

import json
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from enum import StrEnum
from typing import Any
from unicodedata import normalize
from zoneinfo import ZoneInfo

from tombola.api import Proof
from tombola.campaigns.rules import Interval, Phase
from tombola.entries.rules import period, period_ends
from tombola.widget.proof import Flaw

#: Bytes that a request may bring, and a value; characters of a name. ``docs/tracking.md`` says so.
LONGEST_BODY = 65_536
LONGEST_VALUE = 10_240
LONGEST_NAME = 200
#: What an event's id begins with after name, value and signature; how long it and all that may be.
REF = "id:"
LONGEST_REF = 200
LONGEST_FURTHER = 500
#: More events or campaigns in one request than this are no page's doing.
MOST_EVENTS = 200
MOST_CAMPAIGNS = 20

KEY = re.compile(r"^[0-9A-Za-z]{5}$")
_VISITOR = re.compile(r"^[0-9A-Za-z._-]{8,100}$")


class Unreadable(ValueError):
    """The body is not what the script sends."""


@dataclass(frozen=True, slots=True)
class Pushed:
    """One name that was reported, with its value if it had one.

    Attributes:
        signature: of the site's backend, unchecked.
        ref: the site's own name for the event.
    """

    name: str
    value: str | None = None
    signature: str | None = None
    ref: str | None = None


@dataclass(frozen=True, slots=True)
class Push:
    """A request of the script.

    Attributes:
        visitor: what the page's storage calls this browser.
        keys: the campaigns whose scripts stood on the page, without repeats.
        events: each a run of words: one name, a name and its value, or (``loose``) several.
        token: of the link that led to the page.
    """

    visitor: str
    keys: tuple[str, ...]
    events: tuple["Run", ...]
    token: str | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """Words of one push. In a loose run only the known names tell which are values.

    Attributes:
        further: what came after name and value: a signature, then ``id:`` and the event's id,
            either or both.
    """

    words: tuple[str, ...]
    loose: bool = False
    further: str = ""


def read_push(body: bytes) -> Push:
    """Read what the script sends; what it never sends is left out.

    Raises:
        Unreadable: no JSON, no visitor, or no campaign.
    """
    try:
        sent = json.loads(body)
    except (ValueError, RecursionError) as wrong:
        raise Unreadable("the body is no JSON") from wrong
    if not isinstance(sent, dict):
        raise Unreadable("the body is no object")
    keys = [key for key in _texts(sent.get("k")) if KEY.match(key)]
    visitor = sent.get("v")
    if not isinstance(visitor, str) or not _VISITOR.match(visitor):
        raise Unreadable("there is no visitor")
    if not keys:
        raise Unreadable("there is no campaign")
    events = sent.get("e")
    token = sent.get("x")
    return Push(
        visitor=visitor,
        keys=tuple(dict.fromkeys(keys))[:MOST_CAMPAIGNS],
        events=tuple(_runs(events if isinstance(events, list) else []))[:MOST_EVENTS],
        token=token if isinstance(token, str) else None,
    )


def resolve(events: Iterable[Run], known: Collection[str]) -> list[Pushed]:
    """Tell names from values, given the names that a campaign knows.

    >>> resolve([Run(("VIP", "x"), loose=True)], {"VIP"})
    [Pushed(name='VIP', value='x')]
    >>> resolve([Run(("VIP", "Lead"), loose=True)], {"VIP", "Lead"})
    [Pushed(name='VIP', value=None), Pushed(name='Lead', value=None)]
    """
    found = []
    for run in events:
        if not run.loose:
            found.append(_tight(run))
            continue
        words = list(run.words)
        while words:
            name = words.pop(0)
            value = words.pop(0) if words and words[0] not in known else None
            found.append(Pushed(name, value))
    return found


def _tight(run: Run) -> Pushed:
    """A name, its value, and what came after them.

    >>> _tight(Run(("VIP", ""), further="v1.… id:order 17"))
    Pushed(name='VIP', value=None, signature='v1.…', ref='order 17')
    """
    value = run.words[1] if len(run.words) > 1 else None
    if not run.further:
        return Pushed(run.words[0], value)
    before, _, ref = f" {run.further}".partition(f" {REF}")
    return Pushed(run.words[0], value or None, before.strip() or None, ref[:LONGEST_REF] or None)


class Miss(StrEnum):
    """Why a push became nothing."""

    UNKNOWN = "unknown"
    NAME_TOO_LONG = "name too long"
    VALUE_TOO_LONG = "value too long"
    #: An action of that name asks for more proof than came.
    UNSIGNED = "unsigned"
    NOT_SERVER = "not from your server"
    FORGED = "forged signature"
    EXPIRED = "expired signature"
    USED = "used before"


def excess(pushed: Pushed) -> Miss | None:
    """What of a push is longer than is taken, if anything."""
    if len(pushed.name) > LONGEST_NAME:
        return Miss.NAME_TOO_LONG
    if pushed.value is not None and len(pushed.value.encode()) > LONGEST_VALUE:
        return Miss.VALUE_TOO_LONG
    return None


def weakness(level: Proof, wanted: Iterable[Proof], flaw: Flaw | None) -> Miss | None:
    """Why some action is not completed by an event of that level; None if all of them are."""
    unmet = [each for each in wanted if not level.meets(each)]
    if not unmet:
        return None
    if flaw is not None:
        return Miss(flaw.value)
    return Miss.UNSIGNED if Proof.SIGNED in unmet else Miss.NOT_SERVER


def is_excessive(events: Iterable[Run]) -> bool:
    """Whether anything in a push is too long to be taken, whatever a campaign knows."""
    return any(excess(pushed) for pushed in resolve(events, ()))


def lasting(
    intervals: Collection[Interval], at: datetime, zone: ZoneInfo
) -> tuple[str, datetime | None]:
    """The period within which a repeated push is the same, and when a pending one is void.

    A name may unlock several actions: the shortest interval tells repeats apart, the longest
    keeps the event alive.
    """
    for interval in (Interval.HOURLY, Interval.DAILY):
        if interval in intervals:
            name = period(interval, at, zone) or ""
            break
    else:
        name = ""
    ends = [period_ends(interval, at, zone) for interval in intervals]
    lasts = [end for end in ends if end is not None]
    return name, max(lasts) if lasts and len(lasts) == len(ends) else None


def suggestion(name: str, known: Iterable[str]) -> str | None:
    """The known name that a page probably meant, since people mix ``UserID`` and ``userId``.

    >>> suggestion("user_id", ["VIP", "UserID"])
    'UserID'
    """
    plain = {_plain(candidate): candidate for candidate in known}
    if _plain(name) in plain:
        return plain[_plain(name)]
    close = get_close_matches(_plain(name), plain, n=1, cutoff=0.75)
    return plain[close[0]] if close else None


class Standing(StrEnum):
    """What an action shows to one entrant."""

    OPEN = "open"
    #: Done, and never again.
    DONE = "done"
    #: Done for today; comes back at the campaign's midnight.
    TOMORROW = "tomorrow"
    #: Done for this hour.
    NEXT_HOUR = "next hour"
    #: Waits until the entrant has done what the campaign requires first.
    LOCKED = "locked"
    #: Before the start or after the end.
    SHUT = "shut"
    #: Its plugin is gone, broken, switched off or not in the plan.
    AWAY = "away"


def standing(
    interval: Interval, now_in: Phase, *, done: bool, available: bool, locked: bool = False
) -> Standing:
    """What an action shows.

    Args:
        interval: The action's.
        now_in: The campaign's phase.
        done: The entrant has an entry in the action's present period.
        available: Its plugin runs and the plan has it.
        locked: Something that is required first has not been done.
    """
    if done and interval is not Interval.UNLIMITED:
        later = {Interval.DAILY: Standing.TOMORROW, Interval.HOURLY: Standing.NEXT_HOUR}
        return later.get(interval, Standing.DONE) if now_in is Phase.RUNNING else Standing.DONE
    if not available:
        return Standing.AWAY
    if now_in is not Phase.RUNNING:
        return Standing.SHUT
    return Standing.LOCKED if locked else Standing.OPEN


def _runs(events: Sequence[Any]) -> Iterable[Run]:
    for event in events:
        if not isinstance(event, list) or not event:
            continue
        loose = isinstance(event[0], list)
        words = _texts(event[0] if loose else event[:2])
        if not words or not words[0] or not (loose or isinstance(event[0], str)):
            continue
        further = "" if loose else " ".join(_texts(event[2:4]))[:LONGEST_FURTHER]
        yield Run((normalize("NFC", words[0]), *words[1:]), loose, further)


def _texts(values: Any) -> list[str]:
    if not isinstance(values, list):
        return []
    return [cleaned(value) for value in values if isinstance(value, str)]


def cleaned(text: str) -> str:
    """A text without half characters and zeros, which no database keeps."""
    return text.encode("utf-8", "replace").decode().replace("\x00", "\ufffd")


def _plain(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())
