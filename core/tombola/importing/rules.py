"""What an import keeps, when it stops and when it runs next. Pure."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from tombola.api import Identity, Item, Lane, MediaKind, SourceConfig, Window

#: Characters of a post's text, of one word about it, and of names that are kept.
TEXT_LENGTH = 20_000
WORD_LENGTH = 1_000
NAME_LENGTH = 200
#: Pages in a row that brought nothing new, after which a look at the newest posts ends.
PAGES_WITHOUT_NEWS = 3
#: Pages that one run reads before it takes a rest, so that a source cannot keep a worker for ever.
PAGE_BUDGET = 10_000
#: How far the newest posts are read again before the place where the last run began, when that
#: place was lost; what is read twice is stored once.
OVERLAP = timedelta(hours=1)
#: How long after a campaign's end its sources still look for posts that the network shows late.
GRACE = timedelta(hours=48)
#: Years in which posts are written; a time outside them is a network's way to say "unknown".
YEARS = range(1970, 2201)
#: Where history begins for a network that answers without limit and a team that set no floor.
BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)


def next_run(now: datetime, every: timedelta, spread: float) -> datetime:
    """The first planned run after ``now``.

    Runs of a source lie on a lattice of ``every``, shifted by its own share of it, so that all
    sources of an installation spread over the hour. However many runs were missed, the next one is
    the only one.

    Args:
        now: The moment, aware.
        every: The distance of two runs.
        spread: From 0 to below 1, the source's own.
    """
    shift = every * spread
    past = (now - BEGINNING - shift) // every
    return BEGINNING + shift + every * (past + 1)


def window(
    lane: Lane,
    *,
    created_at: datetime,
    floor_at: datetime | None,
    reach: timedelta | None,
    last_run_at: datetime | None,
    has_history: bool,
) -> Window:
    """The stretch of time that a lane reads when it begins anew.

    History ends where the live lane begins. A network without history is read from the floor by
    the live lane itself.
    """
    floor = floor_at or (created_at - reach if reach else BEGINNING)
    if lane is Lane.HISTORY:
        return Window(floor, max(created_at, floor))
    if last_run_at is not None:
        return Window(max(last_run_at - OVERLAP, floor))
    return Window(max(created_at - OVERLAP, floor) if has_history else floor)


@dataclass(frozen=True, slots=True)
class Counts:
    """What a run has done so far. ``stale`` counts pages in a row that brought nothing new."""

    pages: int = 0
    items: int = 0
    new: int = 0
    known: int = 0
    left_out: int = 0
    deleted: int = 0
    entries: int = 0
    calls: int = 0
    failures: int = 0
    stale: int = 0

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "Counts":
        """Read a stored document, unknown fields left out."""
        known = {name: int(stored[name]) for name in cls.__dataclass_fields__ if name in stored}
        return cls(**known)

    def plus(self, **more: int) -> "Counts":
        """The same with something added to some fields."""
        return replace(self, **{name: getattr(self, name) + n for name, n in more.items()})

    def stored(self) -> dict[str, int]:
        """The document to store."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


@dataclass(frozen=True, slots=True)
class Read:
    """What one page held, as far as stopping depends on it.

    Attributes:
        next: The network has more.
        known: Every item was stored before this run; False for a page without items.
        oldest: Time of the oldest item that has one.
    """

    next: bool
    known: bool
    oldest: datetime | None


def why_stop(
    lane: Lane,
    page: Read,
    counts: Counts,
    *,
    floor_at: datetime | None,
    ordered: bool,
    cap: int | None,
) -> str | None:
    """Why a run ends after this page; None when it goes on.

    ``counts`` include the page. An unchanged cursor is no reason: some networks give the same one
    on every page and move on all the same. Only the live lane ends for lack of news, since a
    history that is read a second time is known for many pages before it is not.
    """
    if not page.next:
        return "end"
    if cap is not None and counts.new >= cap:
        return "cap"
    below = floor_at is not None and page.oldest is not None and page.oldest < floor_at
    if ordered and below:
        return "floor"
    if lane is Lane.LIVE and counts.stale >= PAGES_WITHOUT_NEWS:
        return "no news"
    return "budget" if counts.pages >= PAGE_BUDGET else None


def keeps_place(why: str) -> bool:
    """Whether a run that ended for this reason is continued by the next one where it stood."""
    return why in {"cap", "budget"}


def is_last(lane: Lane, why: str) -> bool:
    """Whether the lane is finished for good: history is read once."""
    return lane is Lane.HISTORY and why != "budget"


def since(items: Sequence[Item], floor_at: datetime | None) -> list[Item]:
    """The items of a page that are not before the floor; what has no time may stay."""
    return [
        item
        for item in items
        if floor_at is None or item.occurred_at is None or item.occurred_at >= floor_at
    ]


def within(items: Sequence[Item], stored: Collection[str], room: int | None) -> list[Item]:
    """The items of a page that the cap lets in: all that are stored, and so many new ones."""
    if room is None:
        return list(items)
    new = [item.external_id for item in items if item.external_id not in stored]
    let_in = set(new[: max(room, 0)])
    return [item for item in items if item.external_id in stored or item.external_id in let_in]


def why_left_out(item: Item, config: SourceConfig) -> str | None:
    """Why a post makes no entry, as words for the team; None when it makes one."""
    if item.unfit:
        return item.unfit
    if config.photos_only and not any(each.kind is MediaKind.PHOTO for each in item.media):
        return "no photo"
    if not config.words:
        return None
    missing = [word for word in config.words if not contains(item.text, word)]
    if config.words_match == "all" and missing:
        return f"without {missing[0]}"
    if config.words_match == "any" and len(missing) == len(config.words):
        return "without any of the words"
    return None


def contains(text: str, word: str) -> bool:
    """Whether a text has a word, a #hashtag or a @mention of its own, whatever the case.

    A word between other letters does not count, except in scripts that put no space between words.
    """
    wanted = _folded(word.strip())
    if not wanted:
        return True
    if any(unicodedata.east_asian_width(letter) in "WF" for letter in wanted):
        return wanted in _folded(text)
    return re.search(rf"(?<!\w){re.escape(wanted)}(?!\w)", _folded(text)) is not None


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def clean(text: str, length: int) -> str:
    """Text as a database takes it: NFC, without NUL and half characters, not longer than that."""
    if text.isascii() and "\x00" not in text:
        return text[:length]
    whole = text.replace("\x00", "").encode("utf-8", "replace").decode()
    return unicodedata.normalize("NFC", whole)[:length]


def clean_document(value: Any, depth: int = 0) -> Any:
    """JSON as a database takes it; what lies too deep is dropped."""
    if depth > 20:  # noqa: PLR2004 # no network nests so deep
        return None
    if isinstance(value, str):
        return clean(value, TEXT_LENGTH)
    if isinstance(value, Mapping):
        return {
            clean(str(key), WORD_LENGTH): clean_document(each, depth + 1)
            for key, each in value.items()
        }
    if isinstance(value, list | tuple):
        return [clean_document(each, depth + 1) for each in value]
    return value


def tidied(items: Iterable[Item]) -> list[Item]:
    """Items with clean texts, each id once (the last one that came, at its first place)."""
    found = {clean(item.external_id, NAME_LENGTH): item for item in items}
    return [_tidy(key, item) for key, item in found.items()]


def known_time(at: datetime | None) -> datetime | None:
    """The time, unless no post can be of it: other zones' calendars end at years 1 and 9999."""
    return at if at is not None and at.year in YEARS else None


def _tidy(external_id: str, item: Item) -> Item:
    author = item.author
    if author is not None:
        author = Identity(
            provider=author.provider,
            uid=clean(author.uid, NAME_LENGTH),
            handle=clean(author.handle, NAME_LENGTH) if author.handle else None,
            name=clean(author.name, NAME_LENGTH) if author.name else None,
        )
    return replace(
        item,
        external_id=external_id,
        occurred_at=known_time(item.occurred_at),
        author=author,
        text=clean(item.text, TEXT_LENGTH),
        details={
            clean(str(name), WORD_LENGTH): clean(str(word), WORD_LENGTH)
            for name, word in item.details.items()
        },
        permalink=clean(item.permalink, WORD_LENGTH) if item.permalink else None,
        parent_id=clean(item.parent_id, NAME_LENGTH) if item.parent_id else None,
        unfit=clean(item.unfit, NAME_LENGTH),
        raw=clean_document(item.raw),
    )
