"""A plugin that is gone while its campaigns live (F46): pages work and say so; it may come back."""

import pytest

from tombola.app import create_app, install
from tombola.testing import house as houses


def pages(house, campaign, action):
    team = f"/team/{house.team.slug}"
    here = f"{team}/campaign/{campaign.key}"
    return {
        "owner": [team, here, f"{here}/settings", f"{here}/action/{action.uid}", f"{here}/add"],
        "operator": ["/operator/plugins", "/operator/plans", "/operator/health"],
        None: [f"/{campaign.key}", f"/{campaign.key}/embed", "/healthz"],
    }


@pytest.fixture
def house(sqlite_database, clock, tmp_path):
    return houses.build(sqlite_database, clock, tmp_path / "data")


def without_plugins(house):
    """The same installation after its plugins have been uninstalled."""
    old = house.inst
    inst = install(old.settings, plugins=[], db=old.db, clock=old.clock)
    return create_app(inst)


def statuses(house, paths):
    found: dict[str, int] = {}
    for who, some in paths.items():
        client = house.client(who)
        found |= {path: client.get(path).status_code for path in some}
    return found


def test_every_page_works_without_the_plugin_and_with_it_again(house):
    campaign = house.campaign()
    action = house.action(campaign)
    paths = pages(house, campaign, action)
    with_it = statuses(house, paths)
    assert set(with_it.values()) == {200}, with_it
    before, house.app = house.app, without_plugins(house)
    assert all(status < 500 for status in statuses(house, paths).values())
    here = f"/team/{house.team.slug}/campaign/{campaign.key}"
    page = house.client("owner").get(here)
    assert page.status_code == 200
    assert action.title in page.text
    assert "not installed" in page.text
    assert house.client(None).get(f"/{campaign.key}").status_code == 200
    house.app = before
    assert statuses(house, paths) == with_it
