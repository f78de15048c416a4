"""Imported posts on the landing page: how to take part, how often we look, the newest pictures."""

import re
from datetime import timedelta

import pytest

from tombola.app import create_app
from tombola.testing import installation
from tombola.testing.network import in_process
from tombola.testing.road import KEY, Road, seed
from tombola.toolkit.fetch import Fetcher
from tombola.widget import hot
from tombola_sandbox.access import DEMO_APP
from tombola_sandbox.app import sandbox_app
from tombola_sandbox.world import World

SETTINGS = {"api_url": "http://x.example", "bearer_token": DEMO_APP.bearer}


@pytest.fixture
def world(clock):
    world = World(clock=clock)
    world.add_person("jane", "Jane")
    return world


@pytest.fixture
def road(sqlite_database, clock, tmp_path, world):
    fetcher = Fetcher(mounts={"x.example:80": in_process(sandbox_app(world=world))})
    inst = installation.make(
        sqlite_database, clock, tmp_path, slugs=["twitter_import"], fetcher=fetcher
    )
    config = {"hashtags": ["tombola"]}
    return Road(inst, seed("twitter_import.hashtag", config, {"twitter_import": SETTINGS}))


@pytest.fixture
def client(road):
    app = create_app(road.inst)
    app.extensions[hot.NAME] = hot.make(road.inst, fresh_s=0)
    yield app.test_client()
    app.extensions[hot.NAME].tracker.close()


def test_page_says_how_to_take_part_and_how_often_we_look(client):
    page = client.get(f"/{KEY}").text
    assert "Post a photo with #tombola on X" in page
    assert "We look for new posts every hour." in page
    assert "<img" not in page


def test_newest_six_pictures_stand_on_the_wall(client, road, world, clock):
    for n in range(8):
        at = clock() - timedelta(hours=n + 1)
        world.post("jane", f"Mine {n} #tombola", photos=1, at=at)
    road.work()
    page = client.get(f"/{KEY}").text
    pictures = re.findall(r'<img src="(/pictures/[^"]+)" alt="Picture by jane"', page)
    newest = [line.picture for line in road.lines()][:6]
    assert pictures == [f"/pictures/{uid}" for uid in newest]
    with client.get(pictures[0]) as answer:
        assert answer.headers["Content-Type"] == "image/jpeg"


def test_revoked_entrys_picture_leaves_the_wall(client, road, world, clock):
    from tombola.entries import service  # noqa: PLC0415 - here alone

    world.post("jane", "Mine #tombola", photos=1, at=clock() - timedelta(hours=1))
    road.work()
    [line] = road.lines()
    service.revoke(road.inst, road.actor, road.campaign.uid, [line.uid], "not a cup")
    assert "<img" not in client.get(f"/{KEY}").text
