from datetime import UTC, datetime, timedelta

import pytest

from tombola.api import Lane, NotFound, SourceGone, Window
from tombola_csv_import import store
from tombola_csv_import.config import FileConfig, FileCursor
from tombola_csv_import.importer import FileImporter
from tombola_csv_import.reading import lines_of
from tombola_csv_import.store import get

importer = FileImporter()
WINDOW = Window(datetime(2000, 1, 1, tzinfo=UTC))


def test_lines_are_items(run, send):
    items, _ = run.to_end(send())
    assert [item.external_id for item in items] == ["1", "2", "3"]
    first = items[0]
    assert first.occurred_at == datetime(2026, 11, 20, 10, tzinfo=UTC)
    assert (first.author.uid, first.author.handle) == ("instagram:name:jane", "jane")
    assert (first.text, first.details) == ("Mine #acme", {"Shirt": "M"})


def test_times_without_a_zone_are_of_the_chosen_one(run, send):
    items, _ = run.to_end(send(zone="Europe/Berlin"))
    assert items[0].occurred_at == datetime(2026, 11, 20, 9, tzinfo=UTC)


def test_pages_have_five_hundred_lines_and_end(ctx, send):
    raw = b"id,text\n" + b"".join(b"%d,x\n" % number for number in range(1001))
    stored = send(raw)
    config = FileConfig(file=stored.id)
    cursor: FileCursor | None = importer.open(ctx, config, Lane.LIVE, WINDOW)
    sizes = []
    while cursor is not None:
        page = importer.fetch(ctx, config, cursor)
        sizes.append(len(page.items))
        cursor = page.next
    assert sizes == [500, 500, 1]


def test_second_run_reads_nothing(run, send):
    stored = send()
    _, place = run.to_end(stored)
    assert run.to_end(stored, place)[0] == []


def test_wrong_lines_are_left_out_and_told(run, send, ctx):
    stored = send(b"id,time,text\n1,2026-11-20,a\n2,soon,b\n\n3,2026-11-21,c\n2,never,d\n")
    assert [item.external_id for item in run.to_end(stored)[0]] == ["1", "3"]
    assert (stored.lines, stored.good, stored.wrong, stored.again) == (4, 2, 2, 0)
    told = store.wrong_lines(ctx, stored.id)
    assert told == [
        (3, "“soon” is no time that can be read."),
        (6, "“never” is no time that can be read."),
    ]


def test_repetitions_count_once(run, send):
    stored = send(b"name,text\nann,a\nann,a\nann,b\n")
    items, _ = run.to_end(stored)
    assert len({item.external_id for item in items}) == len(items) == 2
    assert (stored.good, stored.again) == (2, 1)


def test_same_file_again_is_the_same_one(ctx, send):
    first, second = send(), send()
    assert first.id == second.id
    assert len(store.files(ctx)) == 1


def test_files_of_other_teams_are_not_there(ctx, send):
    stored = send()
    ctx.team_id = "another"
    with pytest.raises(NotFound):
        get(ctx, stored.id)
    (complaint,) = importer.check(ctx, FileConfig(file=stored.id))
    assert complaint.field == "file"
    assert list(importer.options(ctx, "file", "")) == []


def test_file_has_to_be_described_first(ctx, send):
    raw = b"a,b\n1,2\n"
    made, _ = store.keep(ctx, "a.csv", raw, lines_of(raw))
    (complaint,) = importer.check(ctx, FileConfig(file=made))
    assert "columns" in str(complaint.text)
    assert list(importer.options(ctx, "file", "")) == []
    with pytest.raises(SourceGone, match="columns"):
        importer.estimate(ctx, FileConfig(file=made), WINDOW)


def test_described_files_are_offered(ctx, send):
    stored = send()
    ((value, label),) = importer.options(ctx, "file", "POSTS")
    assert value == stored.id
    assert "posts.csv · 3 lines" in label
    assert list(importer.options(ctx, "file", "other")) == []
    assert list(importer.options(ctx, "words", "")) == []
    assert list(importer.check(ctx, FileConfig(file=stored.id))) == []


def test_removed_file_says_so_and_leaves_no_line(ctx, send):
    stored = send()
    store.remove(ctx, stored)
    store.remove(ctx, stored)
    assert list(store.every(ctx, stored.id)) == []
    with pytest.raises(SourceGone, match="taken away"):
        importer.estimate(ctx, FileConfig(file=stored.id), WINDOW)


def test_preview_counts_exactly_and_shows_the_newest(ctx, send):
    stored = send()
    estimate = importer.estimate(ctx, FileConfig(file=stored.id), WINDOW)
    assert (estimate.count, estimate.exact) == (3, True)
    assert [item.external_id for item in estimate.samples] == ["2", "1", "3"]
    since = Window(datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 11, 20, 11, tzinfo=UTC))
    assert importer.estimate(ctx, FileConfig(file=stored.id), since).count == 1


def test_preview_tells_what_is_wrong(ctx, send):
    stored = send(b"time,text\n2026-11-20,a\nsoon,b\n2026-11-20,a\n,c\n")
    estimate = importer.estimate(ctx, FileConfig(file=stored.id), WINDOW)
    assert estimate.count == 2
    notes = [str(note) for note in estimate.notes]
    assert "cannot be imported and are left out: 1." in notes[0]
    assert "repeat" in notes[1]
    assert "somebody unknown" in notes[2]


def test_line_that_was_described_anew_is_judged_anew(run, send):
    raw = b"when,text\nsoon,a\n"
    assert send(raw).wrong == 0
    assert send(raw, meanings=["time", "text"]).wrong == 1
    assert send(raw, meanings=["nothing", "text"]).good == 1


def test_file_of_another_day_keeps_its_day(ctx, send, clock):
    clock.advance(timedelta(days=1))
    assert send().made_at == clock().replace(microsecond=0)
