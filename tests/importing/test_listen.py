"""What importers hear: one entry with what is fetched, the later word wins, nothing is lost."""

import json
import threading
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import func, select, update

from tombola.api import CredentialExpired, Delivery, Feature, Item, Retry
from tombola.campaigns.rules import Interval
from tombola.connections.models import connection
from tombola.connections.rules import ConnectionState
from tombola.entries.models import entry
from tombola.importing import service
from tombola.importing.models import item, source
from tombola.importing.service import SourceForm
from tombola.importing.states import SourceState
from tombola.inbox.models import dropped, inbox
from tombola.inbox.service import receive
from tombola.plugins.switches import Scope, turn
from tombola.queue.models import task
from tombola.testing import house as houses
from tombola.testing.harbour import CONNECTOR, harbour, pier

KINDS = ("webhook", "heard", "hear")


class Port(SimpleNamespace):
    """A house whose team has pier 7, an import action, and a source that reads and hears it."""

    @property
    def inst(self):
        return self.house.inst

    def tell(self, *lines, key="right"):
        given = [{"pier": "7", "at": self.clock().isoformat(), **line} for line in lines]
        body = json.dumps(given).encode()
        request = Delivery("POST", {}, {"key": key}, body, self.clock())
        return receive(self.inst, "harbour.log", request).status

    def add(self, account="7", **more):
        form = SourceForm(config={"account": account, **more.pop("config", {})}, **more)
        return service.add(self.inst, self.house.actor("editor"), self.action.uid, form)

    def hear(self):
        return self.house.work(*KINDS)

    def entries(self):
        with self.inst.db.read() as conn:
            return dict(conn.execute(select(entry.c.key, entry.c.state)).all())

    def items(self):
        with self.inst.db.read() as conn:
            rows = conn.execute(select(item.c.external_id, item.c.state, item.c.text))
            return {row[0]: (row[1], row[2]) for row in rows}

    def duties(self, kind):
        with self.inst.db.read() as conn:
            return list(conn.execute(select(task.c.state).where(task.c.kind == kind)).scalars())

    def ship(self, name, text="", **more):
        return Item(name, self.clock(), "ship", text=text, **more)


def connect(house, plugin, client, slug):
    house.post(client, f"/team/{slug}/accounts/connect/{CONNECTOR}")
    state = plugin.parts.connectors[0].flows[-1].state
    back = client.get(f"/connected/{CONNECTOR}?state={state}&code=c")
    house.post(client, back.headers["Location"], account=["7"])


def make_port(database, clock, folder):
    plugin = harbour()
    plugin.parts.features.append(Feature("harbour.ships", "Ships", plan="free"))
    house = houses.build(database, clock, folder / "data", [plugin])
    connector: Any = plugin.parts.connectors[0]
    connector.piers = [pier("7")]
    connect(house, plugin, house.client("editor"), "lamps")
    campaign = house.campaign()
    more: dict[str, Any] = {
        "type_key": "harbour.ships",
        "config": {},
        "interval": Interval.UNLIMITED,
    }
    return Port(
        house=house,
        plugin=plugin,
        ships=plugin.parts.importers[0],
        log=plugin.parts.webhooks[0],
        clock=clock,
        campaign=campaign,
        action=house.action(campaign, **more),
    )


@pytest.fixture
def port(database, clock, tmp_path):
    return make_port(database, clock, tmp_path)


@pytest.fixture
def quick_port(sqlite_database, clock, tmp_path):
    return make_port(sqlite_database, clock, tmp_path)


def test_an_event_becomes_an_entry_once_whatever_comes_twice(port):
    port.add()
    line = {"id": "e1", "ship": "Ada", "text": "came in"}
    assert [port.tell(line), port.tell(line)] == [200, 200]
    port.hear()
    assert port.tell(line) == 200
    port.hear()
    assert port.entries() == {"Ada": "valid"}
    assert [each.dedupe for each in port.ships.heard] == ["e1"]
    assert port.log.handled == ["e1"]


def test_what_is_heard_and_fetched_is_one_entry_in_either_order(port):
    port.add()
    port.tell({"id": "e1", "ship": "first heard", "text": "same"})
    port.hear()
    port.ships.pages = [[port.ship("first heard", "same"), port.ship("first fetched", "same")]]
    port.house.work()
    port.clock.advance(timedelta(minutes=2))
    port.tell({"id": "e2", "ship": "first fetched", "text": "same"})
    port.hear()
    assert port.entries() == {"first heard": "valid", "first fetched": "valid"}
    assert set(port.items()) == {"first heard", "first fetched"}


def test_both_roads_at_one_moment_make_one_entry(port):
    port.add()
    names = [f"ship {n}" for n in range(20)]
    port.ships.pages = [[port.ship(name, "x") for name in names]]
    port.tell(*({"id": name, "ship": name, "text": "x"} for name in names))
    port.house.work("heard")
    ready = threading.Barrier(2)

    def run(*kinds):
        ready.wait()
        port.house.work(*kinds)

    both = [threading.Thread(target=run, args=(kind,)) for kind in ("hear", "import")]
    for each in both:
        each.start()
    for each in both:
        each.join()
    port.house.work("hear", "import")
    assert port.entries() == dict.fromkeys(names, "valid")
    with port.inst.db.read() as conn:
        assert conn.execute(select(func.count()).select_from(item)).scalar_one() == len(names)
    assert set(port.duties("hear")) == {"done"}


def test_of_two_edits_the_later_one_stays_whichever_comes_last(port):
    port.add()
    now = port.clock()
    times = [(now + timedelta(seconds=n)).isoformat() for n in range(4)]
    port.tell({"id": "e0", "ship": "Ada", "text": "first", "at": times[0]})
    port.hear()
    port.tell({"id": "e2", "ship": "Ada", "text": "third", "at": times[2]})
    port.hear()
    port.tell({"id": "e1", "ship": "Ada", "text": "second", "at": times[1]})
    port.hear()
    assert port.items()["Ada"] == ("kept", "third")
    port.tell({"id": "e3", "ship": "Ada", "gone": True, "at": times[3]})
    port.hear()
    assert port.items()["Ada"][0] == "deleted"
    assert port.entries() == {"Ada": "revoked"}
    port.tell({"id": "e2b", "ship": "Ada", "text": "late", "at": times[2]})
    port.hear()
    assert port.items()["Ada"][0] == "deleted"
    assert port.entries() == {"Ada": "revoked"}


def test_a_deletion_that_comes_before_its_post_keeps_it_out(port):
    port.add()
    before = port.clock()
    port.clock.advance(timedelta(minutes=5))
    port.tell({"id": "gone", "ship": "Ada", "gone": True})
    port.hear()
    port.tell({"id": "came", "ship": "Ada", "text": "hello", "at": before.isoformat()})
    port.hear()
    assert port.entries() == {}
    assert port.items()["Ada"][0] == "deleted"


def test_a_post_that_was_gone_before_it_was_seen_counts_once_it_is_there(port):
    port.add()
    port.tell({"id": "gone", "ship": "Ada", "gone": True})
    port.hear()
    port.clock.advance(timedelta(minutes=5))
    port.tell({"id": "back", "ship": "Ada", "text": "hello"})
    port.hear()
    assert port.entries() == {"Ada": "valid"}
    assert port.items()["Ada"] == ("kept", "hello")


def test_an_edit_that_fits_no_more_takes_its_entry_back(port):
    port.add(config={"words": ("hello",)})
    for name, text, state in (
        ("1", "hello", "valid"),
        ("2", "good day", "revoked"),
        ("3", "hello again", "valid"),
    ):
        port.tell({"id": name, "ship": "Ada", "text": text})
        port.hear()
        assert port.entries() == {"Ada": state}
        port.clock.advance(timedelta(minutes=1))


def test_a_page_fetched_before_a_deletion_brings_nothing_back(port):
    port.add()
    port.ships.pages = [[port.ship("Ada")]]
    port.house.work()
    real = type(port.ships).fetch

    def fetch(ctx, config, cursor):
        page = real(port.ships, ctx, config, cursor)
        port.tell({"id": "gone", "ship": "Ada", "gone": True})
        port.hear()
        return page

    port.ships.fetch = fetch
    port.clock.advance(timedelta(hours=2))
    port.house.work()
    assert port.items()["Ada"][0] == "deleted"
    assert port.entries() == {"Ada": "revoked"}


def test_floor_filters_and_worth_are_those_of_any_page(port):
    port.add(floor_at=port.clock(), config={"words": ("hello",)})
    early = (port.clock() - timedelta(hours=1)).isoformat()
    port.tell(
        {"id": "1", "ship": "old", "text": "hello", "at": early},
        {"id": "2", "ship": "silent", "text": "good day"},
        {"id": "3", "ship": "Ada", "text": "hello there"},
    )
    port.hear()
    assert port.entries() == {"Ada": "valid"}
    assert set(port.items()) == {"Ada", "silent"}


def test_each_source_hears_for_itself(port):
    port.add()
    port.add()
    real, calls = type(port.ships).hear, []

    def hear(ctx, config, event):
        calls.append(event.dedupe)
        if len(calls) == 1:
            raise ZeroDivisionError
        return real(port.ships, ctx, config, event)

    port.ships.hear = hear
    port.tell({"id": "e1", "ship": "Ada"})
    port.hear()
    assert port.entries() == {"Ada": "valid"}
    assert sorted(port.duties("hear")) == ["done", "ready"]
    port.clock.advance(timedelta(minutes=1))
    port.hear()
    assert port.duties("hear") == ["done", "done"]
    assert port.entries() == {"Ada": "valid"}


def test_two_teams_with_one_account_both_hear_it(port):
    stranger = port.house.client("stranger")
    connect(port.house, port.plugin, stranger, "rivals")
    port.add()
    with port.inst.db.read() as conn:
        mine, theirs = conn.execute(select(connection).order_by(connection.c.id)).mappings().all()
    assert mine["team_id"] != theirs["team_id"]
    port.tell({"id": "e1", "ship": "Ada"})
    port.hear()
    assert [each.account for each in port.ships.heard] == ["7"]
    assert port.entries() == {"Ada": "valid"}


def test_events_of_accounts_that_nobody_connected_are_counted_and_dropped(port):
    port.add()
    lines = [{"id": f"x{n}", "ship": "X", "pier": f"unknown {n % 2}"} for n in range(3)]
    assert port.tell(*lines) == 200
    assert port.tell(lines[0]) == 200
    port.hear()
    assert port.ships.heard == []
    assert port.log.handled == []
    with port.inst.db.read() as conn:
        assert conn.execute(select(func.count()).select_from(inbox)).scalar_one() == 0
        assert conn.execute(select(dropped.c.topic, dropped.c.times)).all() == [("harbour.log", 4)]


def test_a_forged_delivery_leaves_nothing(port):
    assert port.tell({"id": "e1", "ship": "Ada"}, key="wrong") == 403
    port.hear()
    assert port.ships.heard == []


@pytest.mark.parametrize("rest", ["switch", "pause", "account"])
def test_what_is_told_while_something_rests_is_heard_afterwards(port, rest):
    made = port.add()
    if rest == "switch":
        with port.inst.db.write() as conn:
            turn(conn, Scope.TEAM, str(port.house.team.id), "harbour", on=False)
    elif rest == "pause":
        service.pause(port.inst, port.house.actor(), made.uid)
    else:
        broken = update(connection).values(state=ConnectionState.BROKEN)
        with port.inst.db.write() as conn:
            conn.execute(broken)
    port.tell({"id": "e1", "ship": "Ada"})
    port.hear()
    assert port.entries() == {}
    assert port.duties("hear") == ["parked"]
    if rest == "switch":
        with port.inst.db.write() as conn:
            turn(conn, Scope.TEAM, str(port.house.team.id), "harbour", on=True)
    elif rest == "pause":
        service.resume(port.inst, port.house.actor(), made.uid)
    else:
        connect(port.house, port.plugin, port.house.client("editor"), "lamps")
    port.clock.advance(timedelta(minutes=6))
    port.hear()
    assert port.entries() == {"Ada": "valid"}


def test_a_token_that_dies_while_hearing_breaks_the_connection(port):
    port.add()
    port.ships.deaf = CredentialExpired("190")
    port.tell({"id": "e1", "ship": "Ada"}, {"id": "e2", "ship": "Bea"})
    port.hear()
    assert len(port.ships.heard) <= 2
    with port.inst.db.read() as conn:
        assert conn.execute(select(connection.c.state)).scalar_one() == ConnectionState.BROKEN
    port.ships.deaf = None
    connect(port.house, port.plugin, port.house.client("editor"), "lamps")
    port.clock.advance(timedelta(minutes=6))
    port.hear()
    assert port.entries() == {"Ada": "valid", "Bea": "valid"}


def test_a_hiccup_is_tried_again(port):
    port.add()
    port.ships.deaf = Retry(timedelta(seconds=30))
    port.tell({"id": "e1", "ship": "Ada"})
    port.hear()
    port.ships.deaf = None
    port.clock.advance(timedelta(seconds=31))
    port.hear()
    assert port.entries() == {"Ada": "valid"}


def test_what_was_heard_is_one_run_that_can_be_taken_back(port):
    made = port.add()
    actor = port.house.actor()
    for name in ("Ada", "Bea"):
        port.tell({"id": name, "ship": name})
        port.hear()
    (heard,) = [run for run in service.runs(port.inst, actor, made.uid) if run.state == "heard"]
    assert (heard.counts["new"], heard.counts["entries"], len(heard.calls)) == (2, 2, 2)
    assert service.undo(port.inst, actor, heard.uid) == 2
    assert set(port.entries().values()) == {"revoked"}
    port.tell({"id": "Cid", "ship": "Cid"})
    port.hear()
    assert port.entries()["Cid"] == "valid"


def test_a_removed_source_hears_nothing(port):
    made = port.add()
    port.tell({"id": "e1", "ship": "Ada"})
    service.remove(port.inst, port.house.actor(), made.uid)
    port.hear()
    assert port.ships.heard == []


def test_a_burst_in_any_order_ends_as_the_sorted_set_says(quick_port):
    port = quick_port
    port.add()
    start = port.clock()
    lines = [
        {
            "id": f"{ship}-{n}",
            "ship": f"ship {ship}",
            "text": f"version {n}",
            "at": (start + timedelta(seconds=n)).isoformat(),
        }
        for ship in range(10)
        for n in range(5)
    ]
    shuffled = sorted(lines * 3, key=lambda line: hash((line["id"], "salt")))
    for at in range(0, len(shuffled), 7):
        assert port.tell(*shuffled[at : at + 7]) == 200
    port.hear()
    assert port.items() == {f"ship {n}": ("kept", "version 4") for n in range(10)}
    assert len(port.entries()) == 10


def test_a_source_says_how_it_stands(quick_port):
    port = quick_port
    made = port.add()
    with port.inst.db.write() as conn:
        conn.execute(update(connection).values(state=ConnectionState.BROKEN, reason="190"))
    client = port.house.client("editor")
    page = client.get(f"/team/lamps/campaign/{port.campaign.key}/source/{made.uid}").text
    assert "has to be reconnected: 190" in page
    with port.inst.db.read() as conn:
        assert conn.execute(select(source.c.state)).scalar_one() == SourceState.ACTIVE
