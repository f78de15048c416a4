import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from werkzeug.serving import make_server

from tombola import rooms
from tombola.api import EntryDraft, Identity
from tombola.campaigns.models import action
from tombola.db.rows import insert_one
from tombola.db.uid import new_uid
from tombola.draws import proofs, service, winners
from tombola.draws.types import Draw, DrawForm, DrawPrize
from tombola.entrants import service as entrants
from tombola.entries.record import load_rules, record
from tombola.fairness.beacons import QUICK, UNCHAINED
from tombola.queue import reconciler, runner
from tombola.queue.kinds import House as Works
from tombola.testing import house
from tombola.testing.beacon import Beacon, mount
from tombola.testing.network import Network, in_process
from tombola.toolkit.fetch import Fetcher

BEACONS = "http://beacons.test/beacons"


@dataclass
class Hall:
    """An installation with a campaign, two beacons, and short words for what tests do."""

    house: Any
    clock: Any
    network: Network
    campaign: Any = None
    actions: dict[str, int] = field(default_factory=dict)

    @property
    def inst(self) -> Any:
        return self.house.inst

    @property
    def actor(self) -> Any:
        return self.house.actor()

    def action(self, name: str = "say", **more: Any) -> int:
        if name not in self.actions:
            with self.inst.db.write() as conn:
                self.actions[name] = insert_one(
                    conn, action, uid=new_uid(self.clock()), team_id=self.campaign.team_id,
                    campaign_id=self.campaign.id, type_key="sample.word", title=name,
                    description="", config={"word": name}, config_version=1,
                    interval="unlimited", position=1, mandatory=False,
                    created_at=self.clock(), **{"worth": 1, **more},
                )  # fmt: skip
        return self.actions[name]

    def enter(self, who: str, times: int = 1, **options: Any) -> int:
        """Let somebody enter so often; returns the number of their entrant."""
        at = options.get("at", self.clock())
        number = self.action(options.get("action", "say"))
        kind = "item" if options.get("unclaimed") else "net.x"
        with self.inst.db.write() as conn:
            seen = Identity(kind, who, handle=who)
            known = entrants.resolve(conn, self.campaign.team_id, [seen], self.clock())[kind, who]
            drafts = [
                EntryDraft(
                    number, known.id, known.entrant_id, f"{who}-{at.isoformat()}-{n}", "test",
                    occurred_at=at,
                )
                for n in range(times)
            ]  # fmt: skip
            record(conn, drafts, load_rules(conn, self.campaign.id), self.clock())
        return known.entrant_id

    def crowd(self, people: int = 20) -> None:
        for n in range(people):
            self.enter(f"person{n}", 1 + n % 4)

    def form(self, **more: Any) -> DrawForm:
        values = {
            "title": "Lamps",
            "prizes": [DrawPrize(title="Lamp", winners=2), DrawPrize(title="Bulb", winners=1)],
            "backups": 3,
            "grade": "B",
        }
        return DrawForm(**{**values, **more})

    def plan(self, **more: Any) -> Draw:
        return service.plan(self.inst, self.actor, self.campaign.uid, self.form(**more))

    def work(self, *kinds: str) -> int:
        """Let a worker do all that is due now; returns how many turns it took."""
        all_kinds = rooms.kinds()
        works = Works(self.inst, all_kinds)
        turns = 0
        while True:
            reconciler.tick(works)
            taken = sum(runner.run(works, all_kinds[kind]) for kind in kinds or ("draw",))
            turns += taken
            if not taken:
                return turns

    def run(self, made: Draw) -> Draw:
        """From the close to the winners, with all the waiting."""
        service.close(self.inst, self.actor, made.uid)
        for _ in range(20):
            self.work()
            found = self.get(made)
            if not found.at_work:
                break
            self.clock.advance(timedelta(seconds=31))
        return self.get(made)

    def drawn(self, **more: Any) -> Draw:
        return self.run(self.plan(**more))

    def get(self, made: Draw) -> Draw:
        return service.get(self.inst, self.actor, made.uid)

    def bundle(self, made: Draw) -> str:
        return "".join(proofs.bundle(self.inst, made.uid))

    def winners(self, made: Draw) -> list[Any]:
        return winners.winners(self.inst, self.actor, made.uid)


def make_hall(database: Any, clock: Any, folder: Path, **campaign: Any) -> Hall:
    made = house.build(database, clock, folder)
    genesis = int(clock().timestamp()) - 1_000_000
    network = Network(clock=clock)
    mount(
        network,
        "/beacons",
        [
            Beacon("one", "First", "Harbour", QUICK, 3, genesis),
            Beacon("two", "Second", "Hill", UNCHAINED, 10, genesis),
        ],
    )
    made.inst = replace(
        made.inst,
        settings=made.inst.settings.model_copy(update={"beacons": BEACONS}),
        fetcher=Fetcher(mounts={"beacons.test:80": in_process(network)}),
    )
    made.app.extensions["tombola"] = made.inst
    hall = Hall(made, clock, network)
    hall.campaign = made.campaign(**campaign)
    return hall


@pytest.fixture
def hall(database: Any, clock: Any, tmp_path: Path) -> Hall:
    return make_hall(database, clock, tmp_path)


@pytest.fixture
def quick_hall(sqlite_database: Any, clock: Any, tmp_path: Path) -> Hall:
    return make_hall(sqlite_database, clock, tmp_path)


@pytest.fixture
def serve() -> Iterator[Callable[[Hall], str]]:
    """Serves a hall's pages to a browser; gives their address."""
    servers = []

    def begin(hall: Hall) -> str:
        server = make_server("127.0.0.1", 0, hall.house.app, threaded=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        servers.append((server, thread))
        return f"http://127.0.0.1:{server.server_port}"

    yield begin
    for server, thread in servers:
        server.shutdown()
        thread.join()
        server.server_close()
