"""API tokens: shown once, kept as a hash, taken back at once; and their page."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from tombola.api import Forbidden, NotFound
from tombola.plans.service import ensure_first_plans
from tombola.teams import tokens
from tombola.teams.models import api_token
from tombola.teams.rules import Actor, Role
from tombola.teams.service import NewTeam, create_team
from tombola.teams.tokens import NewToken

OPERATOR = Actor(0, "", None, "Olga", Role.VIEWER, operator=True)


@pytest.fixture
def team(inst):
    with inst.db.write() as conn:
        ensure_first_plans(conn)
    made = create_team(inst, OPERATOR, NewTeam(name="Lamps", slug="lamps", plan="business"))
    return Actor.system(made.id, made.uid)


def test_token_is_known_again_and_only_its_hash_is_kept(inst, team):
    text = tokens.make(inst, team, NewToken(name="Shop"))
    found = tokens.known(inst, text)
    assert found is not None
    assert (found.actor.team_id, found.scopes) == (team.team_id, frozenset({"events:write"}))
    assert len(text) >= 43
    with inst.db.read() as conn:
        [row] = conn.execute(select(api_token)).mappings()
    assert text not in str(dict(row))
    assert (row["name"], row["ending"]) == ("Shop", text[-4:])


@pytest.mark.parametrize("wrong", ["", "x", "tombola_", "tombola_" + "A" * 43, "\x00", "é"])
def test_what_is_no_token_is_nobody(inst, team, wrong):
    tokens.make(inst, team, NewToken(name="Shop"))
    assert tokens.known(inst, wrong) is None


def test_revoked_token_is_refused_from_then_on_and_gone_from_the_list(inst, team):
    text = tokens.make(inst, team, NewToken(name="Shop"))
    [one] = tokens.listed(inst, team)
    tokens.revoke(inst, team, one.uid)
    assert tokens.known(inst, text) is None
    assert tokens.listed(inst, team) == []
    with pytest.raises(NotFound):
        tokens.revoke(inst, team, one.uid)


def test_last_use_is_known_by_the_minute(inst, team, clock):
    text = tokens.make(inst, team, NewToken(name="Shop"))
    assert tokens.listed(inst, team)[0].last_used_at is None
    first = clock()
    tokens.known(inst, text)
    clock.advance(timedelta(seconds=59))
    tokens.known(inst, text)
    assert tokens.listed(inst, team)[0].last_used_at == first
    clock.advance(timedelta(seconds=1))
    tokens.known(inst, text)
    assert tokens.listed(inst, team)[0].last_used_at == clock()


def test_only_owners_change_them(inst, team):
    tokens.make(inst, team, NewToken(name="Shop"))
    [one] = tokens.listed(inst, team)
    for role in (Role.EDITOR, Role.VIEWER):
        other = Actor(team.team_id, team.team_uid, None, "Eve", role)
        with pytest.raises(Forbidden):
            tokens.make(inst, other, NewToken(name="Mine"))
        with pytest.raises(Forbidden):
            tokens.revoke(inst, other, one.uid)


def test_another_team_neither_sees_nor_revokes_them(inst, team):
    tokens.make(inst, team, NewToken(name="Canary"))
    [one] = tokens.listed(inst, team)
    stranger = Actor.system(team.team_id + 1)
    assert tokens.listed(inst, stranger) == []
    with pytest.raises(NotFound):
        tokens.revoke(inst, stranger, one.uid)
