"""A program of a team: a token with scopes, and short words for what it asks."""

import json

import pytest

from tombola.rest import limits
from tombola.teams import tokens
from tombola.teams.rules import Actor, Scope
from tombola.teams.tokens import NewToken
from tombola.testing import house as houses
from tombola.widget import hot
from tombola.widget.buckets import Rate

#: What no test runs into.
BOUNDLESS = Rate(burst=1_000_000, a_second=1_000_000)


class Program:
    """Asks with a token; answers are (status, document)."""

    def __init__(self, house, actor, scopes):
        self.house = house
        self.actor = actor
        self.text = tokens.make(house.inst, actor, NewToken(name="Program", scopes=scopes))
        self.client = house.app.test_client()

    def ask(self, method, path, body=None, **headers):
        """The whole answer."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.open(
            f"/api/v1{path}",
            method=method,
            data=None if body is None else json.dumps(body),
            content_type=None if body is None else "application/json",
            headers={"Authorization": f"Bearer {self.text}", **named},
        )

    def get(self, path, **headers):
        """The document of an address that is there."""
        answer = self.ask("GET", path, **headers)
        assert answer.status_code == 200, answer.text
        return answer.json

    def post(self, path, body=None, **headers):
        """What came of an act that succeeds."""
        answer = self.ask("POST", path, body, **headers)
        assert answer.status_code < 300, answer.text
        return answer.json if answer.data else None

    def refused(self, method, path, body=None, **headers):
        """The status, kind and complaints of a refusal."""
        answer = self.ask(method, path, body, **headers)
        assert answer.status_code >= 400, answer.text
        assert answer.mimetype == "application/problem+json"
        told = answer.json
        assert told["status"] == answer.status_code
        kind = told["type"].removeprefix("/api-docs#problem-")
        return answer.status_code, kind, told.get("errors", {})


@pytest.fixture
def house(database, clock, tmp_path):
    built = houses.build(database, clock, tmp_path / "data")
    limits.install(built.app, BOUNDLESS)
    yield built
    if hot.NAME in built.app.extensions:
        built.app.extensions[hot.NAME].tracker.close()


@pytest.fixture
def program(house):
    return Program(house, house.actor(), tuple(Scope))


@pytest.fixture
def rival(house):
    """A program of another team, which may do everything there."""
    return Program(house, Actor.system(house.other.id, house.other.uid), tuple(Scope))


@pytest.fixture
def limited(house):
    """Makes a program with some scopes only."""

    def make(*scopes):
        return Program(house, house.actor(), scopes)

    return make
