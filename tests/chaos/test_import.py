"""An import survives everything: nothing lost, nothing doubled, nothing invented.

The fake network keeps the ledger of what exists; the checker compares it with the database and
knows nothing of the application but its tables.
"""

import importlib.util
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from tombola.campaigns import actions
from tombola.campaigns import service as campaigns
from tombola.campaigns.rules import ActionForm, CampaignForm, Interval
from tombola.entries.models import entry, participation, total
from tombola.importing import service
from tombola.importing.models import item, lane
from tombola.plans.service import ensure_first_plans
from tombola.queue import tasks
from tombola.teams import service as teams

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

STREAMS = 6
POSTS = 400
LATER = 30
RAGE = 10.0
#: Faults that must have been delivered, or the run says nothing.
ENOUGH = 8


def _sibling(name: str) -> Any:
    """A module beside this file; importlib mode puts no folder on the path."""
    full = f"tests_chaos_{name}"
    if full not in sys.modules:
        spec = importlib.util.spec_from_file_location(full, Path(__file__).with_name(f"{name}.py"))
        assert spec is not None
        assert spec.loader is not None
        sys.modules[full] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[full])
    return sys.modules[full]


crews, processes, streams = (_sibling(name) for name in ("crew", "processes", "streams"))


@dataclass
class Scene:
    """One run: the network, the installation that the test looks at, and the crew's arguments."""

    world: Any
    inst: Any
    actor: Any
    campaign_id: int
    arguments: list[str]
    redis: str
    folder: Path

    def finished(self) -> bool:
        """Whether every history has been read to its end and no duty is under way."""
        with self.inst.db.read() as conn:
            reading = conn.execute(
                select(func.count()).where(lane.c.lane == "history", lane.c.finished_at.is_(None))
            ).scalar_one()
            stored = conn.execute(select(func.count()).select_from(item)).scalar_one()
        return bool(reading == 0 and stored == len(self.world.ids()))

    def await_end(self, crew: Any, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not self.finished():
            self.press_buttons()
            if time.monotonic() > deadline:
                pytest.fail(f"Not finished after {seconds} s.\n{crew.log()[-6000:]}")
            time.sleep(0.1)

    def press_buttons(self) -> None:
        """What a person would do: give what died another try."""
        with self.inst.db.write() as conn:
            for duty in tasks.stuck(conn):
                tasks.retry(conn, duty.id, self.inst.clock())

    def look_again(self) -> None:
        """Press "Run now" everywhere: lanes that read at this moment look once more afterwards."""
        for each in service.of_campaign(self.inst, self.actor, self.campaign_id):
            service.run_now(self.inst, self.actor, each.uid)


@pytest.fixture
def scene(database, database_url, valkey_url, tmp_path):
    with staged(database, database_url, valkey_url, tmp_path) as scene:
        yield scene


@pytest.fixture
def quick_scene(sqlite_database, sqlite_url, valkey_url, tmp_path):
    with staged(sqlite_database, sqlite_url, valkey_url, tmp_path) as scene:
        yield scene


@contextmanager
def staged(database, database_url, valkey_url, tmp_path):
    now = datetime.now(UTC)
    world = streams.Streams(STREAMS, POSTS, now, seed=7)
    with database.write() as conn:
        ensure_first_plans(conn)
    with streams.served(world) as network:
        inst = processes.installation(
            database_url,
            valkey_url,
            tmp_path,
            network,
            db=database,
            clock=lambda: datetime.now(UTC),
        )
        actor, campaign, action = _campaign(inst, now)
        for stream in range(STREAMS):
            form = service.SourceForm(config={"stream": stream, "photos_only": False})
            service.add(inst, actor, action.uid, form)
        arguments = [database_url, valkey_url, str(tmp_path), network]
        yield Scene(world, inst, actor, campaign.id, arguments, valkey_url, tmp_path)


def _campaign(inst, now):
    form = teams.NewMember(name="Olga", email="o@example.org", password="long enough words")
    operator = teams.create_first_operator(inst, form)
    teams.create_team(inst, teams.operator_actor(operator), teams.NewTeam(name="T", slug="team"))
    actor = teams.actor_in(inst, operator, "team")[0]
    dates = {"starts_at": now - timedelta(days=1), "ends_at": now + timedelta(days=1)}
    campaign = campaigns.create(inst, actor, CampaignForm(title="Chaos", **dates))
    kind = ActionForm(type_key="chaos.stream", title="Post", interval=Interval.UNLIMITED, worth=3)
    return actor, campaign, actions.add(inst, actor, campaign.uid, kind)


def check(scene):
    """Lost, doubled, invented: none. Totals and participation equal a recount."""
    exists = scene.world.ids()
    with scene.inst.db.read() as conn:
        stored = list(conn.execute(select(item.c.external_id)).scalars())
        entered = list(conn.execute(select(entry.c.key)).scalars())
        states = set(conn.execute(select(entry.c.state)).scalars())
        counted = conn.execute(select(func.count(), func.sum(entry.c.worth))).one()
        kept = conn.execute(select(func.sum(total.c.entries), func.sum(total.c.worth))).one()
        by_entrant = dict(
            conn.execute(
                select(entry.c.entrant_id, func.count()).group_by(entry.c.entrant_id)
            ).all()
        )
        shown = dict(
            conn.execute(select(participation.c.entrant_id, participation.c.entries)).all()
        )
    found = {
        "lost": len(exists - set(entered)),
        "doubled": len(entered) - len(set(entered)) + len(stored) - len(set(stored)),
        "invented": len(set(entered) - exists),
    }
    assert found == {"lost": 0, "doubled": 0, "invented": 0}
    assert states == {"valid"}
    assert tuple(counted) == tuple(kept)
    assert shown == by_entrant


def test_kills_freezes_and_flushes_lose_double_and_invent_nothing(scene):
    roles = ["work", "work", "reconcile", "reconcile"]
    with crews.crew(roles, scene.arguments, scene.folder) as crew:
        nemesis = crews.Nemesis(crew, scene.redis, seed=11)
        nemesis.rage(RAGE / 2, (0.2, 0.8))
        for stream in range(STREAMS):
            scene.world.publish(stream, LATER, datetime.now(UTC))
        scene.look_again()
        nemesis.rage(RAGE / 2, (0.2, 0.8))
        scene.world.badness = 0.02
        scene.look_again()
        scene.await_end(crew, 90)

    assert sum(nemesis.faults.values()) >= ENOUGH, nemesis.faults
    assert scene.world.bad > 0
    check(scene)


@pytest.mark.parametrize("blow", ["flush", "worker", "horse", "both"])
def test_one_blow_in_the_middle_of_an_import(quick_scene, blow):
    scene = quick_scene
    scene.world.badness = 0.02
    with crews.crew(["work", "reconcile"], scene.arguments, scene.folder) as crew:
        nemesis = crews.Nemesis(crew, scene.redis, seed=3)
        deadline = time.monotonic() + 30
        while _stored(scene) < 100 or not crew.horses():
            assert time.monotonic() < deadline, crew.log()[-4000:]
            time.sleep(0.01)
        nemesis.strike(blow)
        before = _stored(scene)
        scene.await_end(crew, 60)

    assert nemesis.faults == {blow: 1}
    assert before < STREAMS * POSTS, "the blow came in the middle"
    check(scene)


def _stored(scene):
    with scene.inst.db.read() as conn:
        return conn.execute(select(func.count()).select_from(item)).scalar_one()
