from collections.abc import Iterator
from datetime import UTC, datetime

import httpx2
import pytest

from tombola.testing.network import Network, TestClock, in_process
from tombola_sandbox.access import DEMO_APP
from tombola_sandbox.app import sandbox_app
from tombola_sandbox.world import World

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.fixture
def now() -> TestClock:
    return TestClock(NOON)


@pytest.fixture
def world(now: TestClock) -> World:
    world = World(clock=now)
    world.add_person("jane", "Jane Doe")
    world.add_person("otto", "Otto Müller")
    world.access.register(
        DEMO_APP.model_copy(update={"redirect_uris": ("https://tombola.example/back/x",)})
    )
    return world


@pytest.fixture
def network(world: World) -> Network:
    return sandbox_app(world=world)


@pytest.fixture
def anonymous(network: Network) -> Iterator[httpx2.Client]:
    with httpx2.Client(transport=in_process(network), base_url="https://api.x.test") as client:
        yield client


@pytest.fixture
def client(network: Network) -> Iterator[httpx2.Client]:
    with httpx2.Client(
        transport=in_process(network),
        base_url="https://api.x.test",
        headers={"Authorization": f"Bearer {DEMO_APP.bearer}"},
    ) as client:
        yield client
