"""A house with the harbour: a plugin with a connector, an importer of it, and a webhook."""

from types import SimpleNamespace

import pytest

from tombola.api import Feature
from tombola.testing import house as houses
from tombola.testing.harbour import CONNECTOR, harbour


@pytest.fixture
def port(database, clock, tmp_path):
    return make_port(database, clock, tmp_path)


@pytest.fixture
def quick_port(sqlite_database, clock, tmp_path):
    return make_port(sqlite_database, clock, tmp_path)


def make_port(database, clock, folder):
    plugin = harbour()
    plugin.parts.features.append(Feature("harbour.ships", "Ships", plan="free"))
    house = houses.build(database, clock, folder / "data", [plugin])
    connector, importer = plugin.parts.connectors[0], plugin.parts.importers[0]
    return Port(house=house, pier=connector, ships=importer, clock=clock)


class Port(SimpleNamespace):
    """The house, and what its members do with accounts."""

    @property
    def inst(self):
        return self.house.inst

    def leave(self, client, **form):
        """Go to the network; gives the state that it was told."""
        answer = self.house.post(client, f"/team/lamps/accounts/connect/{CONNECTOR}", **form)
        assert answer.status_code == 200, answer.text
        return self.pier.flows[-1].state

    def come_back(self, client, state, **params):
        given = {"state": state, "code": "c", **params}
        return client.get(f"/connected/{CONNECTOR}", query_string=given)

    def connect(self, *piers, who="editor"):
        """All the way: log in there, pick every pier."""
        client = self.house.client(who)
        self.pier.piers = list(piers)
        answer = self.come_back(client, self.leave(client))
        chosen = [each.uid for each in piers]
        picked = self.house.post(client, answer.headers["Location"], account=chosen)
        assert picked.status_code == 303, picked.text
        return client
