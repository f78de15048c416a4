"""What every importer has to survive, tried on the whole road and on both databases.

Subclass ``ImporterKit`` in a plugin's tests and give it a ``stage``: the plugin's fake network and
somebody who posts there; ``OfflineKit`` is for importers that need no network. ::

    class TestHashtag(ImporterKit):
        @pytest.fixture
        def stage(self, their_clock):
            world = World(clock=their_clock)
            return Stage(
                importer="demo.posts",
                config={"tag": "tea"},
                network=network_of(world),
                host="demo.example:80",
                settings={"demo": {"api_url": "http://demo.example"}},
                reads="/posts*",
                post=lambda ago: world.post("#tea", at=their_clock() - ago).id,
            )

Each test ends with the same question: is everything that was posted here once, does each post have
its one entry, and do the totals equal a recount?
"""

import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update
from werkzeug.wrappers import Request, Response

from tombola import api
from tombola.api import Account, FetchError
from tombola.connections import joining
from tombola.db import Database
from tombola.entries.models import entry, total
from tombola.importing import jobs, service
from tombola.importing.models import item, lane, run
from tombola.importing.work import LEASE
from tombola.queue import reconciler
from tombola.queue.kinds import House, Kinds
from tombola.testing import installation
from tombola.testing.clock import Clock
from tombola.testing.network import FaultKind, Network, in_process
from tombola.testing.road import Road, seed
from tombola.toolkit.fetch import Fetcher

HOUR = timedelta(hours=1)
#: Longer than any wait of a lane but those that need a person.
STEP = timedelta(minutes=20)
#: Names under which a run's log may hold a failed call: the errors of the contract.
KNOWN_ERRORS = frozenset(
    name
    for name in api.__all__
    if isinstance(found := getattr(api, name), type) and issubclass(found, FetchError)
)


@dataclass(kw_only=True)
class Stage:
    """One importer, its fake network, and somebody who posts there.

    Attributes:
        importer: key of the importer.
        config: of its source; it has to take every post that ``post`` makes.
        network: the fake; None for an importer that needs none.
        host: ``name:port`` under which the plugin reaches it.
        settings: of the installation, by plugin.
        reads: shell pattern over the paths that ``fetch`` asks.
        post: somebody posts, that long ago by the network's clock; gives the item's external id.
        rows: name of the list in an answer; lists of other names are left in their order.
        slugs: the plugins that have to be there, the importer's own if none are named.
        more: of the seed document, such as the team's connections.
        reach: how far back the network answers, where that is less than a day.
    """

    importer: str
    config: Mapping[str, Any]
    network: Network | None
    post: Callable[[timedelta], str]
    host: str = ""
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    reads: str = "*"
    rows: str = "data"
    slugs: Sequence[str] = ()
    more: Mapping[str, Any] = field(default_factory=dict)
    reach: timedelta = timedelta(days=1)

    def fill(self, count: int, *, newest_ago: timedelta = HOUR) -> list[str]:
        """Let somebody post ``count`` times, a minute apart; gives the external ids."""
        minute = timedelta(minutes=1)
        return [self.post(newest_ago + number * minute) for number in range(count)]


class TheirClock(Clock):
    """The network's clock: ours, and wrong by ``by``."""

    def __init__(self, ours: Clock) -> None:
        self._ours = ours
        self.by = timedelta()

    def __call__(self) -> datetime:
        """The moment that the network takes for now."""
        return self._ours() + self.by


class Ride:
    """A road under way: the stage, the campaign, and the one question at the end."""

    def __init__(self, stage: Stage, road: Road, clock: Clock) -> None:
        self.stage = stage
        self.road = road
        self.clock = clock
        self.posted: list[str] = []

    def fill(self, count: int, *, newest_ago: timedelta = HOUR) -> None:
        """Let somebody post, and remember it."""
        self.posted += self.stage.fill(count, newest_ago=newest_ago)

    def go_on(self, rounds: int = 9) -> None:
        """Work through some hours: what waits comes up, what rests for a person is asked again."""
        house = House(site=self.road.inst, kinds=Kinds(jobs.kinds()))
        for number in range(rounds):
            reconciler.tick(house)
            self.road.work()
            if number % 3 == 0:
                service.run_now(self.road.inst, self.road.actor, self.road.source.uid)
                self.road.work()
            self.clock.advance(STEP)

    def reconnect(self) -> None:
        """A member connects the accounts anew that ``more`` brings, where one was given up."""
        for each in self.stage.more.get("accounts", ()):
            account = Account(
                **{name: value for name, value in each.items() if name != "connector"}
            )
            joining.connect(self.road.inst, self.road.actor, each["connector"], [account])

    def forget_places(self) -> None:
        """Begin both lanes anew, as after a backup was restored: every page comes again."""
        with self.road.inst.db.write() as conn:
            conn.execute(update(lane).values(cursor=None, checkpoint=None, run_id=None))
        service.resume(self.road.inst, self.road.actor, self.road.source.uid)

    def check(self) -> None:
        """Everything once, nothing invented, totals equal to a recount."""
        counted = (entry.c.state, func.count(), func.sum(entry.c.worth))
        kept = (total.c.state, func.sum(total.c.entries), func.sum(total.c.worth))
        with self.road.inst.db.read() as conn:
            items = sorted(conn.execute(select(item.c.external_id)).scalars())
            keys = sorted(conn.execute(select(entry.c.key)).scalars())
            recount = conn.execute(select(*counted).group_by(entry.c.state)).all()
            totals = conn.execute(select(*kept).group_by(total.c.state)).all()
        assert items == sorted(self.posted), "items"
        assert keys == items, "entries"
        assert _plain(recount) == _plain(row for row in totals if row[1]), "totals"

    def calls(self) -> list[str]:
        """What came of each call, by the runs' own logs, oldest first."""
        with self.road.inst.db.read() as conn:
            logs = conn.execute(select(run.c.calls).order_by(run.c.id)).scalars()
            return [call["outcome"] for log in logs for call in log]


class OfflineKit:
    """What an importer has to hold that needs no network; a subclass gives ``stage``."""

    @pytest.fixture
    def their_clock(self, clock: Clock) -> TheirClock:
        """The network's clock."""
        return TheirClock(clock)

    @pytest.fixture
    def stage(self, their_clock: TheirClock) -> Stage:
        """The importer to try."""
        raise NotImplementedError("give the kit a stage")

    @pytest.fixture
    def ride(self, stage: Stage, database: Database, clock: Clock, tmp_path: Path) -> Ride:
        """A campaign with one source of the importer, from which nothing has been read yet."""
        slug = stage.importer.partition(".")[0]
        mounts = {} if stage.network is None else {stage.host: in_process(stage.network)}
        inst = installation.make(
            database, clock, tmp_path, slugs=stage.slugs or (slug,), fetcher=Fetcher(mounts=mounts)
        )
        document = {**seed(stage.importer, stage.config, stage.settings), **stage.more}
        return Ride(stage, Road(inst, document), clock)

    def test_history_and_news_come_once(self, ride: Ride) -> None:
        """History first, then what is new, then nothing more."""
        ride.fill(25)
        ride.go_on(3)
        ride.check()
        ride.fill(4, newest_ago=timedelta(minutes=2))
        ride.go_on(6)
        ride.check()

    def test_replayed_pages_change_nothing(self, ride: Ride) -> None:
        """Every page comes a second time, and counts once."""
        ride.fill(12)
        ride.go_on(3)
        before = ride.road.totals()
        ride.forget_places()
        ride.go_on(3)
        ride.check()
        assert ride.road.totals() == before

    def test_entries_stand_at_their_posts_own_time(self, ride: Ride) -> None:
        """The newest post leads the list; one without a time stands where it was seen."""
        ride.fill(6)
        ride.go_on(3)
        lines = ride.road.lines()
        assert len(lines) == len(ride.posted)
        for line in lines:
            assert line.sort_at == line.occurred_at or line.occurred_at is None
        times = [line.sort_at for line in lines]
        assert all(later >= earlier for later, earlier in pairwise(times))


class ImporterKit(OfflineKit):
    """The same, and every trouble that a network makes."""

    def test_page_lost_between_fetch_and_commit_comes_again(self, ride: Ride) -> None:
        """A worker freezes with a page in hand; another takes over; the first one is too late."""
        network = _network(ride)
        house = House(site=ride.road.inst, kinds=Kinds(jobs.kinds()))
        frozen: list[str] = []

        def freeze(request: Request, response: Response) -> Response:
            if not frozen and fnmatchcase(request.path, ride.stage.reads):
                frozen.append(request.path)
                ride.clock.advance(LEASE + timedelta(seconds=1))
                reconciler.tick(house)
                ride.road.work()
            return response

        ride.fill(12)
        network.after(freeze)
        ride.go_on()
        assert frozen
        ride.check()

    @pytest.mark.parametrize(
        "kind",
        [
            FaultKind.UNAUTHORIZED,
            FaultKind.FORBIDDEN,
            FaultKind.NOT_FOUND,
            FaultKind.TOO_MANY,
            FaultKind.SERVER_ERROR,
            FaultKind.GARBAGE,
            FaultKind.TRUNCATED,
            FaultKind.RESET,
            FaultKind.HANG,
        ],
    )
    def test_trouble_is_told_in_words_and_loses_nothing(self, ride: Ride, kind: FaultKind) -> None:
        """Each trouble is one that the contract names, says so, storms nobody, and passes."""
        network = _network(ride)
        ride.fill(12)
        network.faults.break_(ride.stage.reads, kind)
        before = network.calls.total
        for _ in range(3):
            ride.road.work()
            ride.clock.advance(STEP)
        hit = [outcome for outcome in ride.calls() if outcome != "ok"]
        assert hit
        assert {outcome.removeprefix("open: ").partition(":")[0] for outcome in hit} <= KNOWN_ERRORS
        assert ride.road.source.reason
        assert network.calls.total - before <= MOST_CALLS_IN_TROUBLE
        network.faults.mend()
        ride.reconnect()
        service.resume(ride.road.inst, ride.road.actor, ride.road.source.uid)
        ride.go_on()
        ride.check()
        assert ride.road.source.reason is None

    def test_items_twice_in_a_page_and_in_another_order_count_once(self, ride: Ride) -> None:
        """The network shuffles its answers and repeats some of what is in them."""
        network = _network(ride)
        dice = random.Random(7)  # noqa: S311 - a repeatable disorder
        network.after(lambda _, response: _disorder(response, ride.stage.rows, dice))
        ride.fill(12)
        ride.go_on()
        ride.check()

    @pytest.mark.parametrize("by", [timedelta(hours=2), timedelta(hours=-2)], ids=["fast", "slow"])
    def test_wrong_clock_of_the_network_loses_nothing(
        self, ride: Ride, their_clock: TheirClock, by: timedelta
    ) -> None:
        """The network's clock is two hours ahead, or behind."""
        their_clock.by = by
        ride.fill(6)
        ride.go_on()
        ride.fill(3, newest_ago=timedelta(minutes=2))
        ride.go_on()
        ride.check()


#: An hour of trouble: eight tries a lane of a page that may come back, and one look at each lane
#: of what only a person can mend. Source: ``importing.states.TRIES``, twice, and the first calls.
MOST_CALLS_IN_TROUBLE = 40


def _network(ride: Ride) -> Network:
    assert ride.stage.network is not None, "an importer without a network passes OfflineKit"
    return ride.stage.network


def _disorder(response: Response, rows: str, dice: random.Random) -> Response:
    """The same answer with its list shuffled and some of it said twice."""
    try:
        body = json.loads(response.get_data())
    except ValueError:
        return response
    for found in _lists(body, rows):
        found += [row for row in found if dice.random() < 0.5]  # noqa: PLR2004 - every other one
        dice.shuffle(found)
    response.set_data(json.dumps(body))
    return response


def _lists(body: Any, rows: str) -> Iterator[list[Any]]:
    found = body.get(rows) if isinstance(body, dict) else None
    if isinstance(found, list):
        yield found


def _plain(rows: Any) -> list[tuple[str, ...]]:
    return sorted(tuple(str(value) for value in row) for row in rows)
