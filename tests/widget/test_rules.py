import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tombola.campaigns.rules import Interval, Phase
from tombola.widget.rules import (
    LONGEST_NAME,
    LONGEST_VALUE,
    MOST_EVENTS,
    Miss,
    Pushed,
    Run,
    Standing,
    Unreadable,
    excess,
    is_excessive,
    lasting,
    read_push,
    resolve,
    standing,
    suggestion,
)

BERLIN = ZoneInfo("Europe/Berlin")


def body(**fields):
    return json.dumps({"v": "visitor-1", "k": ["y2sB7"], "e": [], **fields}).encode()


def test_push_is_read_as_the_script_sends_it():
    push = read_push(body(e=[["VIP"], ["a", "1"], [["b", "2", "c"]]], x="y2sB7.t", i=0.5))
    assert push.events == (Run(("VIP",)), Run(("a", "1")), Run(("b", "2", "c"), loose=True))
    assert (push.visitor, push.keys, push.token) == ("visitor-1", ("y2sB7",), "y2sB7.t")


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"\xff",
        b"[]",
        b"null",
        b"[" * 60_000,
        body(v=None),
        body(v="short"),
        body(v="with space"),
        body(k=[]),
        body(k=["toolong"]),
        body(k="y2sB7"),
        b'{"v": 1e999999}',
        b'{"v":' + b"9" * 5000 + b"}",
    ],
)
def test_garbage_is_unreadable_and_nothing_worse(sent):
    with pytest.raises(Unreadable):
        read_push(sent)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=3),
    )
)
def test_any_json_as_events_is_read_without_failing(events):
    push = read_push(body(e=events))
    assert all(
        run.words and all(isinstance(word, str) for word in run.words) for run in push.events
    )
    assert resolve(push.events, {"VIP"}) is not None


def test_half_characters_and_zeros_are_made_harmless():
    push = read_push(body(e=[["a", "x\ud83d\x00y"]]))
    assert push.events[0].words == ("a", "x?\ufffdy")


def test_names_are_normalised_and_values_are_not():
    push = read_push(body(e=[["Cafe\u0301", "e\u0301"]]))
    assert push.events[0].words == ("Café", "e\u0301")


def test_more_than_a_page_would_send_is_cut():
    push = read_push(body(e=[["a", str(n)] for n in range(MOST_EVENTS + 1)], k=["y2sB7"] * 30))
    assert len(push.events) == MOST_EVENTS
    assert push.keys == ("y2sB7",)


@pytest.mark.parametrize(
    ("words", "known", "expected"),
    [
        (("VIP", "x"), {"VIP"}, [Pushed("VIP", "x")]),
        (("VIP", "x"), set(), [Pushed("VIP", "x")]),
        (("VIP", "Lead"), {"VIP", "Lead"}, [Pushed("VIP"), Pushed("Lead")]),
        (("VIP", "x", "Lead"), {"VIP", "Lead"}, [Pushed("VIP", "x"), Pushed("Lead")]),
        (("x", "VIP"), {"VIP"}, [Pushed("x"), Pushed("VIP")]),
    ],
)
def test_known_names_tell_what_a_loose_run_means(words, known, expected):
    assert resolve([Run(words, loose=True)], known) == expected


def test_loaded_pair_is_a_pair_whatever_is_known():
    assert resolve([Run(("VIP", "Lead"))], {"VIP", "Lead"}) == [Pushed("VIP", "Lead")]


def test_limits_are_inclusive_and_in_bytes():
    assert excess(Pushed("n" * LONGEST_NAME, "v" * LONGEST_VALUE)) is None
    assert excess(Pushed("n" * (LONGEST_NAME + 1))) is Miss.NAME_TOO_LONG
    assert excess(Pushed("n", "v" * (LONGEST_VALUE + 1))) is Miss.VALUE_TOO_LONG
    assert excess(Pushed("n", "ö" * (LONGEST_VALUE // 2 + 1))) is Miss.VALUE_TOO_LONG
    assert is_excessive([Run(("a", "b")), Run(("a", "v" * 10_241), loose=True)])
    assert not is_excessive([Run(("a", "v" * 10_240))])


AT = datetime(2026, 6, 1, 21, 59, tzinfo=UTC)  # one minute to midnight in Berlin


@pytest.mark.parametrize(
    ("intervals", "name", "ends"),
    [
        ([Interval.ONCE], "", None),
        ([Interval.UNLIMITED], "", None),
        ([Interval.DAILY], "2026-06-01", AT + timedelta(minutes=1)),
        ([Interval.HOURLY], "2026-06-01T23+0200", AT + timedelta(minutes=1)),
        ([Interval.DAILY, Interval.HOURLY], "2026-06-01T23+0200", AT + timedelta(minutes=1)),
        ([Interval.DAILY, Interval.ONCE], "2026-06-01", None),
        ([], "", None),
    ],
)
def test_event_lasts_as_long_as_the_longest_of_its_actions(intervals, name, ends):
    assert lasting(intervals, AT, BERLIN) == (name, ends)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("userid", "UserID"), ("user_id", "UserID"), ("UserIds", "UserID"), ("Purchas", "Purchase"),
     ("zzz", None)],
)  # fmt: skip
def test_near_name_is_suggested(name, expected):
    assert suggestion(name, ["UserID", "Purchase", "VIP"]) == expected


O, D, T, H, S, A = (  # noqa: E741 - the table reads best with letters
    Standing.OPEN, Standing.DONE, Standing.TOMORROW, Standing.NEXT_HOUR, Standing.SHUT,
    Standing.AWAY,
)  # fmt: skip
#: interval, phase → what it shows when (done, available) is FF, FT, TF, TT
TABLE = {
    (Interval.ONCE, Phase.SCHEDULED): (A, S, D, D),
    (Interval.ONCE, Phase.RUNNING): (A, O, D, D),
    (Interval.ONCE, Phase.ENDED): (A, S, D, D),
    (Interval.DAILY, Phase.SCHEDULED): (A, S, D, D),
    (Interval.DAILY, Phase.RUNNING): (A, O, T, T),
    (Interval.DAILY, Phase.ENDED): (A, S, D, D),
    (Interval.HOURLY, Phase.SCHEDULED): (A, S, D, D),
    (Interval.HOURLY, Phase.RUNNING): (A, O, H, H),
    (Interval.HOURLY, Phase.ENDED): (A, S, D, D),
    (Interval.UNLIMITED, Phase.SCHEDULED): (A, S, A, S),
    (Interval.UNLIMITED, Phase.RUNNING): (A, O, A, O),
    (Interval.UNLIMITED, Phase.ENDED): (A, S, A, S),
}


@pytest.mark.parametrize("phase", list(Phase))
@pytest.mark.parametrize("interval", list(Interval))
def test_what_is_required_first_locks_only_what_would_be_open(interval, phase):
    for done in (False, True):
        for available in (False, True):
            facts = {"done": done, "available": available}
            free = standing(interval, phase, **facts)
            locked = standing(interval, phase, **facts, locked=True)
            assert locked is (Standing.LOCKED if free is Standing.OPEN else free)


@pytest.mark.parametrize(("case", "expected"), TABLE.items())
def test_state_table(case, expected):
    interval, phase = case
    shown = tuple(
        standing(interval, phase, done=done, available=available)
        for done in (False, True)
        for available in (False, True)
    )
    assert shown == expected
