from dataclasses import replace

import pytest

from tombola.plugins.registry import Plugins
from tombola.plugins.world import TeamRef
from tombola.teams import service
from tombola.teams.rules import Actor, Role


@pytest.fixture
def operator():
    return Actor(0, "", None, "Op", Role.OWNER, operator=True)


@pytest.fixture
def team(inst, operator):
    made = service.create_team(inst, operator, service.NewTeam(name="Acme", plan="business"))
    return TeamRef(made.id, made.uid)


@pytest.fixture
def build(inst):
    """Makes the running catalog of some plugins on the test's database."""

    def make(*plugins, **world):
        return Plugins(plugins, replace(inst.plugins.world, **world))

    return make
