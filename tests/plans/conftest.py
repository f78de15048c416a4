import itertools
from dataclasses import replace
from typing import Any

import pytest

from tombola.api import ActionType, Completed, Config, Feature, View
from tombola.plans import service
from tombola.plugins.registry import Plugins
from tombola.teams import service as teams
from tombola.teams.rules import Actor, Role
from tombola.testing.plugins import make_plugin


class Visit(ActionType[Config]):
    key, title, config_model = "demo.visit", "Visit", Config
    formerly = ("demo.look",)

    def view(self, ctx, config, who):
        return View()

    def start(self, ctx, config, who):
        return Completed(proof="visit")


FEATURES = [
    Feature("demo.free", "Free thing", plan="free"),
    Feature("demo.sources", "Sources", plan="pro", quota=True, unit="sources", default=3),
]


@pytest.fixture
def demo():
    return make_plugin(
        "demo", register_action_types=lambda: [Visit], register_features=lambda: FEATURES
    )


@pytest.fixture
def site(inst, demo):
    """Makes the test's installation with `demo` and more plugins."""

    def make(*more, **world):
        made: list[Any] = []
        told = replace(
            inst.plugins.world, allows=lambda *asked: service.allows(made[0], *asked), **world
        )
        made.append(replace(inst, plugins=Plugins([demo, *more], told)))
        return made[0]

    return make


@pytest.fixture
def operator():
    return Actor(0, "", None, "Op", Role.OWNER, operator=True)


@pytest.fixture
def team_on(inst, operator):
    """Makes a team on a plan; gives its owner."""

    numbers = itertools.count(1)

    def make(plan):
        form = teams.NewTeam(name=f"Team {next(numbers)}", plan=plan)
        made = teams.create_team(inst, operator, form)
        return Actor(made.id, made.uid, None, "Owner", Role.OWNER)

    return make
