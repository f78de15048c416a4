import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tombola.api import Identity, Item, Lane, Media, MediaKind, SourceConfig
from tombola.importing import rules
from tombola.importing.rules import Counts, Read

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
PHOTO = (Media(MediaKind.PHOTO, "https://p.example.org/1.png"),)
FILM = (Media(MediaKind.VIDEO, "https://p.example.org/1.png"),)
moments = st.integers(0, 15 * 365 * 86_400).map(
    lambda s: NOON + timedelta(seconds=s, microseconds=s)
)
paces = st.timedeltas(timedelta(seconds=10), timedelta(days=7))
shares = st.floats(0, 1, exclude_max=True)


def post(text="", media=PHOTO, **more):
    values = {"occurred_at": NOON, "kind": "post", "text": text, "media": media, **more}
    return Item(external_id=values.pop("external_id", "1"), **values)


@given(now=moments, every=paces, spread=shares)
def test_next_run_is_the_first_one_after_now_and_never_further_than_one_pace(now, every, spread):
    upcoming = rules.next_run(now, every, spread)

    assert now < upcoming <= now + every + timedelta(microseconds=1)


@given(now=moments, every=paces, spread=shares, missed=st.integers(1, 1000))
def test_missed_runs_collapse_into_one(now, every, spread, missed):
    first = rules.next_run(now, every, spread)
    late = first + every * missed
    following = rules.next_run(late, every, spread)

    assert following > late
    assert abs((following - first) % every) < timedelta(microseconds=2) or (
        every - (following - first) % every < timedelta(microseconds=2)
    )


@given(start=moments, every=paces, spread=shares)
def test_each_slot_has_exactly_one_run(start, every, spread):
    now, runs = start, []
    for _ in range(20):
        now = rules.next_run(now, every, spread)
        runs.append(now)

    gaps = {later - earlier for earlier, later in itertools.pairwise(runs)}
    assert all(abs(gap - every) <= timedelta(microseconds=1) for gap in gaps)


def test_sources_spread_over_the_hour():
    minutes = {rules.next_run(NOON, timedelta(hours=1), n / 60).minute for n in range(60)}

    assert len(minutes) == 60


CAPTION = "Our #Summer in Köln with @lamp_shop"


@pytest.mark.parametrize(
    ("words", "match", "enters"),
    [
        ((), "all", True),
        (("#summer",), "all", True),
        (("#summer", "@lamp_shop"), "all", True),
        (("#summer", "#winter"), "all", False),
        (("#summer", "#winter"), "any", True),
        (("#winter", "@nobody"), "any", False),
        (("#sum",), "all", False),
        (("köln", "#SUMMER"), "all", True),
    ],
)
def test_truth_table_of_captions(words, match, enters):
    config = SourceConfig(words=words, words_match=match)

    assert (rules.why_left_out(post(CAPTION), config) is None) is enters


@pytest.mark.parametrize(
    ("text", "word", "found"),
    [
        ("#summertime", "#summer", False),
        ("a#summer", "#summer", False),
        ("#summer!", "#summer", True),
        ("#summer_2026", "#summer", False),
        ("\uff03summer", "#summer", True),
        ("summer", "#summer", False),
        ("#summer", "summer", True),
        ("@lamp", "@LAMP", True),
        ("STRASSE", "straße", True),
        ("Ko\u0308ln", "Köln", True),
        ("今年の夏休み", "夏", True),
        ("", "x", False),
        ("anything", "  ", True),
        ("1+1=2", "1+1", True),
    ],
)
def test_words_stand_by_themselves(text, word, found):
    assert rules.contains(text, word) is found


def test_photos_only_takes_photos_and_no_films():
    photos = SourceConfig()
    everything = SourceConfig(photos_only=False)

    assert rules.why_left_out(post(media=PHOTO), photos) is None
    assert rules.why_left_out(post(media=FILM + PHOTO), photos) is None
    assert rules.why_left_out(post(media=FILM), photos) == "no photo"
    assert rules.why_left_out(post(media=()), photos) == "no photo"
    assert rules.why_left_out(post(media=()), everything) is None


def stop(lane, counts=None, *, more=True, known=False, oldest=NOON, **over):
    limits = {"floor_at": None, "ordered": True, "cap": None, **over}
    return rules.why_stop(lane, Read(more, known, oldest), counts or Counts(), **limits)


@pytest.mark.parametrize("lane", list(Lane))
def test_run_goes_on_while_there_is_more(lane):
    assert stop(lane) is None
    assert stop(lane, more=False) == "end"
    assert stop(lane, Counts(items=0), oldest=None) is None, "an empty page is no end"


def test_floor_ends_only_ordered_sources():
    floor = NOON + timedelta(hours=1)

    assert stop(Lane.HISTORY, floor_at=floor) == "floor"
    assert stop(Lane.HISTORY, floor_at=floor, ordered=False) is None
    assert stop(Lane.HISTORY, floor_at=NOON) is None
    assert stop(Lane.HISTORY, floor_at=floor, oldest=None) is None


def test_lack_of_news_ends_only_the_live_lane():
    stale = Counts(stale=3)

    assert stop(Lane.LIVE, stale) == "no news"
    assert stop(Lane.LIVE, Counts(stale=2)) is None
    assert stop(Lane.HISTORY, Counts(stale=3_000)) is None


def test_cap_and_budget_end_and_only_they_keep_the_place():
    assert stop(Lane.HISTORY, Counts(new=5), cap=5) == "cap"
    assert stop(Lane.HISTORY, Counts(new=4, items=9), cap=5) is None
    assert stop(Lane.HISTORY, Counts(pages=rules.PAGE_BUDGET)) == "budget"
    reasons = ("end", "cap", "floor", "no news", "budget")
    assert [why for why in reasons if rules.keeps_place(why)] == ["cap", "budget"]
    assert [why for why in reasons if not rules.is_last(Lane.HISTORY, why)] == ["budget"]
    assert not any(rules.is_last(Lane.LIVE, why) for why in reasons)


@given(
    stored=st.sets(st.integers(0, 30)),
    room=st.integers(-3, 30),
    page=st.lists(st.integers(0, 30), unique=True),
)
def test_cap_lets_in_what_is_stored_and_so_many_new_ones(stored, room, page):
    items = [post(external_id=str(n)) for n in page]
    names = {str(n) for n in stored}
    kept = rules.within(items, names, room)

    assert [each for each in kept if each.external_id in names] == [
        each for each in items if each.external_id in names
    ]
    new = [each for each in items if each.external_id not in names]
    assert [each for each in kept if each.external_id not in names] == new[: max(room, 0)]
    assert rules.within(items, names, None) == items


def test_floor_keeps_what_has_no_time():
    old = post(external_id="old", occurred_at=NOON - timedelta(days=1))
    items = [post(), old, post(external_id="none", occurred_at=None)]

    assert [each.external_id for each in rules.since(items, NOON)] == ["1", "none"]
    assert len(rules.since(items, None)) == 3


def span(lane, **over):
    known = {"created_at": NOON, "floor_at": None, "reach": None, "last_run_at": None}
    return rules.window(lane, **{**known, "has_history": True, **over})


def test_history_ends_where_the_live_lane_begins():
    week = timedelta(days=7)
    history, live = span(Lane.HISTORY, reach=week), span(Lane.LIVE, reach=week)

    assert (history.since, history.until) == (NOON - week, NOON)
    assert live.until is None
    assert live.since < history.until, "what is posted in between is read twice, not never"


def test_live_lane_without_history_begins_at_the_floor():
    floor = NOON - timedelta(days=3)

    assert span(Lane.LIVE, floor_at=floor, has_history=False).since == floor
    assert span(Lane.LIVE, floor_at=floor).since == NOON - rules.OVERLAP


def test_lost_place_is_found_from_the_last_run():
    last = NOON + timedelta(days=2)

    assert span(Lane.LIVE, last_run_at=last).since == last - rules.OVERLAP


def test_floor_after_the_beginning_is_never_passed():
    later = NOON + timedelta(hours=5)

    assert span(Lane.LIVE, floor_at=later).since == later
    history = span(Lane.HISTORY, floor_at=later)
    assert history.since == history.until == later


@given(text=st.text(st.characters(codec=None), max_size=60), length=st.integers(0, 60))
def test_clean_text_is_what_databases_take(text, length):
    kept = rules.clean(text, length)

    kept.encode()
    assert "\x00" not in kept
    assert len(kept) <= length
    assert rules.clean(kept, length) == kept


def test_deep_documents_are_cut():
    deep: object = "end"
    for _ in range(5000):
        deep = [deep]

    assert "end" not in str(rules.clean_document(deep))


def test_tidied_items_have_each_id_once_with_the_last_words():
    first, again = post("first"), post("second")
    other = post("other", external_id="2", author=Identity("x", "1\x00", "h\ud800", None))
    found = rules.tidied([first, other, again])

    assert [(each.external_id, each.text) for each in found] == [("1", "second"), ("2", "other")]
    assert found[1].author == Identity("x", "1", "h?", None)


def test_counts_survive_their_document():
    counts = Counts(pages=3, new=2).plus(new=5, calls=1)

    assert Counts.of(counts.stored()) == counts
    assert Counts.of({**counts.stored(), "of a later version": 7}) == counts
    assert replace(counts, stale=0) == counts
