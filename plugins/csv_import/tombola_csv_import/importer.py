"""The source “a file”: reads described files in pages. No network."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from heapq import nlargest
from typing import ClassVar, Final

from tombola.api import (
    Complaint,
    Ctx,
    Estimate,
    Importer,
    Item,
    Lane,
    NotFound,
    Page,
    Phrase,
    SourceGone,
    Text,
    Window,
)
from tombola_csv_import import store
from tombola_csv_import.config import FileConfig, FileCursor
from tombola_csv_import.rows import PROVIDER, Reader, Wrong
from tombola_csv_import.store import Stored

#: Lines on a page. Ours.
PAGE: Final = 500
#: Lines that are shown in a preview. Ours.
SAMPLES: Final = 8
#: Lines among which the newest are looked for at a time. Ours.
_KEPT: Final = 1_000

NO_FILE: Final = "Choose a file from the list, or send one first."
NOT_DESCRIBED: Final = "Say first what the columns of this file are."
SOME_WRONG: Final = (
    "Lines that cannot be imported and are left out: %(n)s. The file's own page says which and why."
)
SOME_AGAIN: Final = "Lines that repeat an earlier one, and count once: %(n)s."
NO_PEOPLE: Final = (
    "No column says who it was: each line is an entry of somebody unknown. Choose a username, an "
    "id or an address to enter people."
)


class FileImporter(Importer[FileConfig, FileCursor]):
    """Lines of a file that a team has sent."""

    key: ClassVar[str] = "csv_import.file"
    title: ClassVar[Text] = "Entries from a file (CSV)"
    config_model: ClassVar[type[FileConfig]] = FileConfig
    cursor_model: ClassVar[type[FileCursor]] = FileCursor
    identity: ClassVar[str | None] = PROVIDER
    lanes: ClassVar[frozenset[Lane]] = frozenset({Lane.LIVE})
    reach: ClassVar[timedelta | None] = None
    ordered: ClassVar[bool] = False
    prepare: ClassVar[tuple[Text, str] | None] = ("Send a file", "")

    def check(self, ctx: Ctx, config: FileConfig) -> Iterable[Complaint]:
        """Complain about a file that is not there or not described. No network."""
        try:
            stored = store.get(ctx, config.file)
        except NotFound:
            yield Complaint(NO_FILE, "file")
            return
        if stored.choices is None:
            yield Complaint(NOT_DESCRIBED, "file")

    def options(self, ctx: Ctx, field: str, query: str) -> Iterable[tuple[str, str]]:
        """Offer the files that are described, newest first."""
        wanted = query.strip().casefold()
        ready = (each for each in store.files(ctx) if each.choices is not None)
        lines = [(each.id, each.label) for each in ready if field == "file"]
        return [each for each in lines if wanted in f"{each[0]} {each[1]}".casefold()]

    def cost(self, config: FileConfig, cursor: FileCursor) -> Mapping[str, int]:
        """Nothing is asked outside."""
        return {}

    def open(self, ctx: Ctx, config: FileConfig, lane: Lane, window: Window) -> FileCursor:
        """Start before the first line."""
        return FileCursor()

    def fetch(self, ctx: Ctx, config: FileConfig, cursor: FileCursor) -> Page[FileCursor]:
        """Read 500 lines; those that are wrong are left out.

        Raises:
            SourceGone: the file was taken away, or nobody has said what its columns are.
        """
        _, reads = _open(ctx, config)
        lines = store.some(ctx, config.file, cursor.line, PAGE)
        here = FileCursor(line=lines[-1][0] if lines else cursor.line)
        found: dict[str, Item] = {}
        for _, cells in lines:
            try:
                item = reads.item(cells)
            except Wrong:
                continue
            found.setdefault(item.external_id, item)
        return Page(list(found.values()), here if len(lines) == PAGE else None, here)

    def estimate(self, ctx: Ctx, config: FileConfig, window: Window) -> Estimate:
        """Count what the window holds, line by line.

        Raises:
            SourceGone: as ``fetch``.
        """
        stored, reads = _open(ctx, config)
        seen: set[str] = set()
        newest: list[tuple[datetime, int, Item]] = []
        without: list[Item] = []
        for line, cells in store.every(ctx, config.file):
            try:
                item = reads.item(cells)
            except Wrong:
                continue
            if item.external_id in seen or not _is_within(item, window):
                continue
            seen.add(item.external_id)
            if item.occurred_at is not None:
                newest.append((item.occurred_at, -line, item))
                if len(newest) > _KEPT:
                    newest = nlargest(SAMPLES, newest, key=_when)
            elif len(without) < SAMPLES:
                without.append(item)
        latest = nlargest(SAMPLES, newest, key=_when)
        samples = [*(item for _, _, item in latest), *without][:SAMPLES]
        return Estimate(len(seen), exact=True, samples=samples, notes=_notes(stored, samples))


def _open(ctx: Ctx, config: FileConfig) -> tuple[Stored, Reader]:
    try:
        stored = store.get(ctx, config.file)
    except NotFound as error:
        raise SourceGone("The file was taken away; what it brought stays") from error
    if stored.choices is None:
        raise SourceGone(NOT_DESCRIBED)
    return stored, store.reader(stored, stored.choices)


def _notes(stored: Stored, samples: list[Item]) -> list[Text]:
    notes: list[Text] = []
    if stored.wrong:
        notes.append(Phrase(SOME_WRONG, {"n": f"{stored.wrong:,}"}))
    if stored.again:
        notes.append(Phrase(SOME_AGAIN, {"n": f"{stored.again:,}"}))
    if samples and not any(item.author for item in samples):
        notes.append(NO_PEOPLE)
    return notes


def _is_within(item: Item, window: Window) -> bool:
    at = item.occurred_at
    return at is None or (at >= window.since and (window.until is None or at < window.until))


def _when(found: tuple[datetime, int, Item]) -> tuple[datetime, int]:
    return found[:2]
