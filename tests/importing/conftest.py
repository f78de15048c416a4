import importlib.util
import sys
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from tombola.api import Feature
from tombola.app import install
from tombola.campaigns import actions
from tombola.campaigns import service as campaigns
from tombola.campaigns.rules import ActionForm, CampaignForm, Interval
from tombola.entries.models import entry, total
from tombola.importing import jobs, service
from tombola.importing.models import item
from tombola.importing.service import SourceForm
from tombola.installation import Installation
from tombola.plans.service import ensure_first_plans
from tombola.plugins.states import Parts, Plugin, State
from tombola.queue import reconciler, runner
from tombola.queue.kinds import House, Kinds
from tombola.settings import Settings
from tombola.teams import service as teams
from tombola.teams.rules import Actor


def _sibling(name: str) -> Any:
    """A module beside this file; importlib mode puts no folder on the path."""
    full = f"tests_importing_{name}"
    if full not in sys.modules:
        path = Path(__file__).with_name(f"{name}.py")
        spec = importlib.util.spec_from_file_location(full, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[full] = module
        spec.loader.exec_module(module)
    return sys.modules[full]


fake = _sibling("network")


@dataclass
class World:
    """An installation with one campaign, one import action, and the network it reads."""

    inst: Installation
    actor: Actor
    network: Any
    importer: Any
    clock: Any
    campaign: Any
    action: Any
    kinds: Kinds = field(default_factory=lambda: Kinds(jobs.kinds()))

    @property
    def house(self) -> House:
        return House(self.inst, self.kinds)

    def one_at_a_time(self) -> None:
        """Let one duty be done after another, in the order of their claims."""
        self.kinds = Kinds(replace(kind, concurrency=1) for kind in jobs.kinds())

    def add(self, **more: Any) -> Any:
        config = {"tag": "tombola", **more.pop("config", {})}
        return service.add(
            self.inst, self.actor, self.action.uid, SourceForm(config=config, **more)
        )

    def work(self, kind: str = "import") -> int:
        """Let a worker do all that is due now; returns how many turns it took."""
        turns = 0
        while True:
            reconciler.tick(self.house)
            taken = runner.run(self.house, self.kinds[kind])
            turns += taken
            if not taken:
                return turns

    def later(self, step: timedelta) -> int:
        self.clock.advance(step)
        return self.work()

    def source(self) -> Any:
        return service.of_action(self.inst, self.actor, self.action.uid)[0]

    def runs(self) -> Any:
        return service.runs(self.inst, self.actor, self.source().uid)

    def items(self) -> dict[str, str]:
        with self.inst.db.read() as conn:
            return dict(conn.execute(select(item.c.external_id, item.c.state)).all())

    def entries(self) -> dict[str, str]:
        with self.inst.db.read() as conn:
            return dict(conn.execute(select(entry.c.key, entry.c.state)).all())

    def check(self) -> None:
        """The invariants: each key once, totals equal a recount, nothing that nobody posted."""
        ids = {post.external_id for post in self.network.posts}
        with self.inst.db.read() as conn:
            keys = list(conn.execute(select(entry.c.key)).scalars())
            stored = list(conn.execute(select(item.c.external_id)).scalars())
            counted = conn.execute(
                select(entry.c.state, func.count(), func.sum(entry.c.worth)).group_by(entry.c.state)
            ).all()
            kept = conn.execute(
                select(total.c.state, func.sum(total.c.entries), func.sum(total.c.worth)).group_by(
                    total.c.state
                )
            ).all()
        assert len(keys) == len(set(keys))
        assert len(stored) == len(set(stored))
        assert set(stored) <= ids
        assert set(keys) <= set(stored)
        assert {tuple(map(str, row)) for row in counted} == {
            tuple(map(str, row)) for row in kept if row[1]
        }


def make_world(database: Any, clock: Any, folder: Path, **settings: Any) -> World:
    with database.write() as conn:
        ensure_first_plans(conn)
    network = fake.Network()
    importer = fake.TagImporter(network)
    parts = Parts(importers=[importer], features=[Feature("fake.tag", "Tag", plan="free")])
    plugin = Plugin("fake", "fake", "tombola-fake", "1.0", state=State.READY, parts=parts)
    made = Settings(data_dir=folder, password_memory=8, base_url="http://localhost")
    inst = install(made, plugins=[plugin], db=database, clock=clock, **settings)
    form = teams.NewMember(name="Olga", email="o@example.org", password="long enough words")
    operator = teams.create_first_operator(inst, form)
    acting = teams.operator_actor(operator)
    teams.create_team(inst, acting, teams.NewTeam(name="Team", slug="team"))
    actor = teams.actor_in(inst, operator, "team")[0]
    now: datetime = clock()
    campaign = campaigns.create(
        inst,
        actor,
        CampaignForm(
            title="Summer",
            starts_at=now - timedelta(days=30),
            ends_at=now + timedelta(days=30),
            zone="Europe/Berlin",
        ),
    )
    action = actions.add(
        inst,
        actor,
        campaign.uid,
        ActionForm(type_key="fake.tag", title="Post it", interval=Interval.UNLIMITED),
    )
    return World(inst, actor, network, importer, clock, campaign, action)


@pytest.fixture
def world(database: Any, clock: Any, tmp_path: Path) -> World:
    return make_world(database, clock, tmp_path)


@pytest.fixture
def quick_world(sqlite_database: Any, clock: Any, tmp_path: Path) -> World:
    return make_world(sqlite_database, clock, tmp_path)
