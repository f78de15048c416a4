import importlib.util
import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select

from tombola.api import Delivery, Feature, Identity
from tombola.db.rows import first
from tombola.entrants import service as entrants
from tombola.entrants.models import identity
from tombola.entries.changes import Act
from tombola.entries.linking import link
from tombola.entries.models import entry
from tombola.inbox.service import receive
from tombola.messages import broadcasting
from tombola.messages.broadcasting import BroadcastForm
from tombola.messages.models import message
from tombola.queue.models import task
from tombola.teams.rules import Actor
from tombola.testing import house as houses
from tombola.testing.harbour import CONNECTOR, harbour, pier

HEARING = ("webhook", "heard", "channel_heard", "channel_hear")


def _sibling(name: str) -> Any:
    """A module beside this file; importlib mode puts no folder on the path."""
    full = f"tests_messages_{name}"
    if full not in sys.modules:
        path = Path(__file__).with_name(f"{name}.py")
        spec = importlib.util.spec_from_file_location(full, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[full] = module
        spec.loader.exec_module(module)
    return sys.modules[full]


fake = _sibling("ravens")


class Rookery(SimpleNamespace):
    """A house whose team has pier 7 and a running campaign with an action by raven."""

    @property
    def inst(self):
        return self.house.inst

    @property
    def actor(self):
        return self.house.actor("owner")

    def person(self, name="Ann Lee", email=None):
        """An entrant with a browser, as the widget makes them."""
        with self.inst.db.write() as conn:
            number = len(self.people) + 1
            made = entrants.create_person(conn, self.house.team.id, name, email, self.clock())
            seen = Identity(entrants.VISITOR, f"v{number}", name=name)
            entrants.attach(conn, self.house.team.id, seen, made.id, self.clock())
        self.people.append(made)
        return made

    def tell(self, *lines, hear=True):
        """Let the network tell us of things at the clock's time, and let workers hear them."""
        given = [
            {"pier": "7", "at": self.clock().isoformat(), "id": f"e{self.count()}", **line}
            for line in lines
        ]
        request = Delivery("POST", {}, {"key": "right"}, json.dumps(given).encode(), self.clock())
        status = receive(self.inst, "harbour.log", request).status
        if hear:
            self.hear()
        return status

    def count(self):
        self.counter += 1
        return self.counter

    def hear(self):
        return self.house.work(*HEARING)

    def subscribe(self, who="u1", name="Ann Lee", **more):
        """Somebody enters and completes the action by raven."""
        made = more.pop("entrant", None) or self.person(name)
        line = {
            "do": "completes",
            "who": who,
            "action": self.action.uid,
            "entrant": made.uid,
            "reply": "Welcome, {first_name|friend}, to {campaign}: {entries|no} entries.",
        }
        self.tell({**line, **more})
        return made

    def work(self):
        return self.house.work("broadcast", "messages")

    def broadcast(self, purpose="campaign_changed", text="It lasts longer.", **more):
        form = BroadcastForm(purpose=purpose, text=text, **more)
        made = broadcasting.begin(self.inst, self.actor, self.campaign.uid, form)
        self.work()
        return made

    def messages(self):
        """Every message: (person, purpose, state), oldest first."""
        return [(row["who"], row["purpose"], row["state"]) for row in self.rows()]

    def rows(self):
        with self.inst.db.read() as conn:
            rows = conn.execute(
                select(message, identity.c.value.label("who"))
                .join(identity, identity.c.id == message.c.identity_id)
                .order_by(message.c.id)
            )
            return [dict(row) for row in rows.mappings()]

    def entries(self):
        with self.inst.db.read() as conn:
            return list(conn.execute(select(entry.c.entrant_id, entry.c.state)).all())

    def known(self, who="7:u1") -> Any:
        """The identity of somebody at the network; None when nothing is kept of them."""
        with self.inst.db.read() as conn:
            return entrants.find(conn, self.house.team.id, "raven.id", who)

    def one(self, table) -> Any:
        """The only row of a table, or None."""
        with self.inst.db.read() as conn:
            return first(conn, select(table))

    def become(self, who, entrant):
        """Let an account count for somebody else, as merging two people does."""
        known = self.known(who)
        act = Act("link", Actor.system(self.house.team.id), "", known.uid, self.clock())
        with self.inst.db.write() as conn:
            link(conn, known, entrant.id, "merge", act)

    def duties(self, kind):
        with self.inst.db.read() as conn:
            return list(conn.execute(select(task.c.state).where(task.c.kind == kind)).scalars())


def connect(house, plugin, account="7"):
    client = house.client("editor")
    house.post(client, f"/team/lamps/accounts/connect/{CONNECTOR}")
    state = plugin.parts.connectors[0].flows[-1].state
    back = client.get(f"/connected/{CONNECTOR}?state={state}&code=c")
    house.post(client, back.headers["Location"], account=[account])


def make_rookery(database, clock, folder, network=None):
    network = network or fake.Network()
    ashore, aloft = harbour(), fake.ravens(network)
    ashore.parts.features.append(Feature("harbour.ships", "Ships", plan="free"))
    aloft.parts.features.append(Feature("raven.subscribe", "Raven", plan="free"))
    house = houses.build(database, clock, folder / "data", [ashore, aloft])
    connector: Any = ashore.parts.connectors[0]
    connector.piers = [pier("7"), pier("8")]
    connect(house, ashore)
    campaign = house.campaign()
    action = house.action(campaign, type_key="raven.subscribe", title="Hear us", config={})
    return Rookery(
        house=house,
        network=network,
        channel=aloft.parts.channels[0],
        kind=aloft.parts.action_types[0],
        harbour=ashore,
        clock=clock,
        campaign=campaign,
        action=action,
        people=[],
        counter=0,
    )


@pytest.fixture
def rookery(database, clock, tmp_path):
    """On either database."""
    return make_rookery(database, clock, tmp_path)


@pytest.fixture
def quick_rookery(sqlite_database, clock, tmp_path):
    """Where the database makes no difference."""
    return make_rookery(sqlite_database, clock, tmp_path)
