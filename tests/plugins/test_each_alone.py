"""Every plugin of ours: alone with the core, and gone from a campaign that uses all of them."""

from pathlib import Path

import pytest

from tombola import seeding
from tombola.app import create_app
from tombola.testing import installation
from tombola.testing.network import in_process
from tombola.toolkit.fetch import Fetcher
from tombola_sandbox.app import sandbox_app
from tombola_sandbox.meta.seed import people_meta
from tombola_sandbox.world import World

ROOT = Path(__file__).parents[2]
OURS = sorted(path.parent.name for path in (ROOT / "plugins").glob("*/pyproject.toml"))
#: What a plugin stands on, by the start of its name; the others stand alone.
BASES = {"facebook": {"meta"}, "instagram": {"meta"}, "messenger": {"meta"}}
PLACES = {"web": "http://localhost", "shop": "http://127.0.0.1:1", "sandbox": "http://127.0.0.1:2"}
PLACES["mail"] = "http://127.0.0.1:3"
HERE = "/team/kettle/campaign/Tea26"
PAGES = (
    *(
        f"{HERE}{path}"
        for path in ("", "/entries", "/sources", "/pictures", "/claims", "/tracking")
    ),
    *(f"{HERE}{path}" for path in ("/add", "/settings", "/words")),
    *("/team/kettle", "/team/kettle/accounts", "/team/kettle/settings"),
    *("/operator/plugins", "/operator/plans", "/operator/health"),
    *("/Tea26", "/Tea26/embed", "/Tea26/trk.js", "/healthz"),
)


def needs(slug):
    return BASES.get(slug.partition("_")[0], set())


def make(database, clock, folder, slugs):
    world = World(clock=clock)
    people_meta(world.meta, PLACES["web"])
    fetcher = Fetcher(mounts={"127.0.0.1:2": in_process(sandbox_app(world=world))})
    return installation.make(database, clock, folder, slugs=slugs, fetcher=fetcher)


def statuses(inst):
    """What the demo's owner is answered on every page."""
    client = create_app(inst).test_client()
    form = {"email": "demo@tombola.example", "password": "kettle-and-leaf"}
    token = _token(client.get("/log-in").text)
    assert client.post("/log-in", data={**form, "csrf_token": token}).status_code == 303
    return {path: client.get(path).status_code for path in PAGES}


def _token(page):
    return page.split('name="csrf_token"', 1)[1].split('value="', 1)[1].split('"', 1)[0]


@pytest.mark.parametrize("slug", OURS)
def test_alone_with_the_core(sqlite_database, clock, tmp_path, slug):
    inst = make(sqlite_database, clock, tmp_path, {slug, *needs(slug)})
    (plugin,) = [each for each in inst.plugins.all if each.slug == slug]
    assert plugin.ready, (plugin.state, plugin.reason)
    assert create_app(inst).test_client().get("/healthz").status_code == 200


@pytest.mark.slow
@pytest.mark.parametrize("gone", OURS)
def test_campaign_goes_on_without_it(sqlite_database, clock, tmp_path, gone):
    inst = make(sqlite_database, clock, tmp_path, set(OURS))
    seeding.load(inst, ROOT / "sandbox" / "demo.json", PLACES)
    assert set(statuses(inst).values()) == {200}
    left = {slug for slug in OURS if slug != gone and gone not in needs(slug)}
    without = make(sqlite_database, clock, tmp_path, left)
    assert set(statuses(without).values()) == {200}
