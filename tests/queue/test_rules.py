from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from tombola.queue import rules
from tombola.queue.rules import State


@given(attempts=st.integers(0, 10_000), key=st.text())
def test_wait_stays_between_five_seconds_and_half_an_hour_and_a_quarter(attempts, key):
    wait = rules.wait_after(attempts, key)

    assert rules.FIRST_WAIT <= wait <= rules.LONGEST_WAIT * 1.25
    assert wait == rules.wait_after(attempts, key)


@given(attempts=st.integers(1, 8), key=st.text())
def test_wait_grows_with_each_failure(attempts, key):
    assert rules.wait_after(attempts + 1, key) > rules.wait_after(attempts, key)


def test_keys_that_fail_together_come_back_apart():
    waits = {rules.wait_after(3, f"source-{n}") for n in range(100)}

    assert len(waits) == 100
    assert max(waits) - min(waits) > timedelta(seconds=3)


def test_last_attempt_is_the_end():
    assert [rules.after_failure(n, 3) for n in (1, 2, 3, 4)] == [
        State.READY,
        State.READY,
        State.DEAD,
        State.DEAD,
    ]


def test_error_keeps_its_end_and_loses_what_a_database_refuses():
    said = rules.short("a\x00" + "b" * 5000 + "\udfff the end")

    assert len(said) == rules.ERROR_LENGTH
    assert said.endswith("? the end")
    assert "\x00" not in said
