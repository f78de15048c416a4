"""Roles, sessions and the chain, without a database."""

from datetime import UTC, datetime, timedelta

import pytest

from tombola.api import Forbidden
from tombola.teams.rules import (
    LONGEST_BLOCK,
    SESSION_IDLE,
    Actor,
    Role,
    block_after,
    chained,
    session_lives,
)

NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("has", "needs", "may"),
    [
        (Role.OWNER, Role.OWNER, True),
        (Role.OWNER, Role.VIEWER, True),
        (Role.EDITOR, Role.OWNER, False),
        (Role.EDITOR, Role.VIEWER, True),
        (Role.VIEWER, Role.EDITOR, False),
    ],
)
def test_roles_include_those_after_them(has, needs, may):
    actor = Actor(1, "t", 1, "A", has)
    if may:
        actor.need(needs)
    else:
        with pytest.raises(Forbidden, match=needs.value):
            actor.need(needs)


def test_an_owner_is_no_operator():
    with pytest.raises(Forbidden):
        Actor(1, "t", 1, "A", Role.OWNER).need_operator()


def test_the_wait_after_wrong_passwords_grows_to_a_bound():
    waits = [block_after(n) for n in range(1, 30)]
    assert waits[0] == timedelta(0)
    assert waits == sorted(waits)
    assert waits[-1] == LONGEST_BLOCK


def test_sessions_end_by_silence_by_age_and_by_will():
    end = NOW + timedelta(days=1)
    assert session_lives(NOW, end, None, NOW + SESSION_IDLE - timedelta(seconds=1))
    assert not session_lives(NOW, end, None, NOW + SESSION_IDLE)
    assert not session_lives(end, end, None, end)
    assert not session_lives(NOW, end, NOW, NOW)


def test_a_record_hash_covers_the_one_before():
    record = {"act": "x", "at": "now"}
    assert chained("a" * 64, record) == chained("a" * 64, dict(reversed(record.items())))
    assert chained("a" * 64, record) != chained("b" * 64, record)
