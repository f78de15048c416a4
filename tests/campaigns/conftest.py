"""A team on an installation with one small plugin of the tests' own."""

from typing import Any, ClassVar

import pytest
from pydantic import Field

from tombola.api import ActionType, Complaint, Completed, Config, Feature, View
from tombola.app import install
from tombola.plans.service import ensure_first_plans
from tombola.plugins.states import Parts, Plugin, State
from tombola.settings import Settings
from tombola.teams import service as teams
from tombola.teams.rules import Actor


class WaveConfig(Config):
    signal: str = ""
    shout: str = Field(default="hey", max_length=5)


class Wave(ActionType[WaveConfig]):
    key = "probe.wave"
    title = "Wave"
    config_model: ClassVar[type[Config]] = WaveConfig

    def check(self, ctx: Any, config: WaveConfig) -> list[Complaint]:
        return [Complaint("Not so loud.", "shout")] if config.shout == "HEY" else []

    def signal_names(self, config: WaveConfig) -> list[str]:
        return [config.signal] if config.signal else []

    def view(self, ctx: Any, config: WaveConfig, who: Any) -> View:
        return View(label="Wave")

    def start(self, ctx: Any, config: WaveConfig, who: Any) -> Completed:
        return Completed("waved")


class Dear(Wave):
    key = "probe.dear"
    title = "Dear"


@pytest.fixture
def probe() -> Plugin:
    parts = Parts(action_types=[Wave(), Dear()], features=[Feature("probe.wave", "Wave", "free")])
    return Plugin("probe", "probe", "tombola-probe", "1.0", frozenset(), State.READY, parts=parts)


@pytest.fixture
def site(database, clock, tmp_path, probe):
    with database.write() as conn:
        ensure_first_plans(conn)
    settings = Settings(data_dir=tmp_path, password_memory=8, base_url="http://localhost")
    return install(settings, plugins=[probe], db=database, clock=clock)


@pytest.fixture
def actor(site) -> Actor:
    form = teams.NewMember(name="Ada", email="ada@example.org", password="correct horse")
    who = teams.create_first_operator(site, form)
    team = teams.create_team(site, teams.operator_actor(who), teams.NewTeam(name="Team One"))
    return teams.actor_in(site, who, team.slug)[0]
