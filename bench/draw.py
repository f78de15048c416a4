"""What a whole draw costs against reading its rows (`python -m bench.draw [PEOPLE [DATABASE]]`).

The floor is a bare select of the same rows: everybody with the sum of what their entries are worth.
The draw reads them too, and makes salts and tags, sorts, builds the tree, writes pool and stretches
down, commits, draws a hundred winners with a hundred backups, and keeps them. Each contender works
in a process of its own, whose added memory is measured.
"""

import multiprocessing
import resource
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import select, text

from bench.rounds import ROUNDS, in_turn, ratio, timed
from tombola import rooms
from tombola.app import install
from tombola.campaigns import service as campaigns
from tombola.campaigns.models import action
from tombola.campaigns.rules import CampaignForm
from tombola.campaigns.service import Campaign
from tombola.db import Database, migrate, new_uid
from tombola.db.rows import insert_one
from tombola.db.sets import insert_ignore
from tombola.draws import pool, proofs, service
from tombola.draws.models import draw, exclusion, pool_block, winner
from tombola.draws.models import pool as pool_table
from tombola.draws.types import DrawForm, DrawPrize, State
from tombola.entrants.models import entrant, identity
from tombola.entries.models import entry, ledger_event
from tombola.entries.record import COLUMNS
from tombola.fairness.bundle import Grade
from tombola.fairness.verify import verify
from tombola.installation import Installation
from tombola.plans.service import ensure_first_plans
from tombola.queue import reconciler, runner
from tombola.queue.kinds import House
from tombola.settings import Settings
from tombola.teams import service as teams
from tombola.teams.models import team
from tombola.teams.rules import Actor
from tombola.testing.postgres import serve

PEOPLE = 1_000_000
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
FORM = DrawForm(
    title="Bench",
    prizes=[DrawPrize(title="Lamp", winners=100)],
    backups=100,
    repeats=True,
    grade=Grade.D,
)
STEP = 5_000
PASSWORD = "long enough words"  # noqa: S105 # invented


@dataclass(frozen=True)
class Site:
    """Where a contender finds the same people."""

    url: str
    folder: str

    def open(self) -> Installation:
        """An installation without plugins, in this process."""
        made = Settings(data_dir=Path(self.folder), database_url=self.url, password_memory=8)
        return install(made, plugins=[], db=Database(self.url))


def fill(site: Site, people: int) -> None:
    """A campaign with so many people, one to three entries' worth each."""
    db = Database(site.url)
    migrate.upgrade(db)
    with db.write() as conn:
        ensure_first_plans(conn)
    inst = site.open()
    operator = teams.create_first_operator(
        inst, teams.NewMember(name="Olga", email="o@example.org", password=PASSWORD)
    )
    acting = teams.operator_actor(operator)
    teams.create_team(inst, acting, teams.NewTeam(name="Team", slug="team", plan="business"))
    actor = teams.actor_in(inst, operator, "team")[0]
    dates = {"starts_at": NOW - timedelta(days=9), "ends_at": NOW + timedelta(days=9)}
    found = campaigns.create(inst, actor, CampaignForm(title="B", zone="UTC", **dates))
    with db.write() as conn:
        action_id = insert_one(
            conn, action, uid=new_uid(NOW), team_id=actor.team_id, campaign_id=found.id,
            type_key="b.b", title="B", description="", config={}, config_version=1,
            interval="unlimited", worth=1, position=1, mandatory=False, created_at=NOW,
        )  # fmt: skip
        event = insert_one(
            conn, ledger_event, team_id=actor.team_id, campaign_id=found.id, kind="record",
            at=NOW, entries=people, n=1,
        )  # fmt: skip
    for start in range(1, people + 1, STEP):
        _people(db, actor.team_id, found.id, action_id, event, range(start, start + STEP))
    db.close()
    inst.db.close()


def _people(
    db: Database, team_id: int, campaign_id: int, action_id: int, event: int, numbers: range
) -> None:
    with db.write() as conn:
        insert_ignore(
            conn, entrant, ("id", "uid", "team_id", "kind", "created_at"),
            [(n, new_uid(NOW), team_id, "person", NOW) for n in numbers],
        )  # fmt: skip
        insert_ignore(
            conn, identity, ("id", "uid", "team_id", "entrant_id", "kind", "value", "created_at"),
            [(n, new_uid(NOW), team_id, n, "net.x", str(n), NOW) for n in numbers],
        )  # fmt: skip
        rows: list[tuple[object, ...]] = [
            (
                new_uid(NOW), team_id, campaign_id, action_id, n, n, str(n), None, None, NOW, NOW,
                NOW, "2026-06-01", n % 3 + 1, "valid", False, None, "bench", None, None, event,
                {}, None, None,
            )
            for n in numbers
        ]  # fmt: skip
        insert_ignore(conn, entry, COLUMNS, rows)


def bare(inst: Installation) -> int:
    """Read the rows and nothing else."""
    with inst.db.read() as conn:
        asked = pool.ask(conn, _campaign(conn), FORM)
        result = conn.execution_options(stream_results=True).execute(pool.rows(conn, asked))
        return sum(len(part) for part in result.partitions(pool.STEP))


def whole(inst: Installation) -> int:
    """From the close to the winners, by a worker."""
    actor, found = _team(inst)
    made = service.plan(inst, actor, found.uid, FORM)
    service.close(inst, actor, made.uid)
    kinds = rooms.kinds()
    works = House(inst, kinds)
    reconciler.tick(works)
    runner.run(works, kinds["draw"])
    done = service.get(inst, actor, made.uid)
    if done.state is not State.DRAWN:
        raise SystemExit(f"not drawn: {done}")
    return done.people or 0


def prove(inst: Installation) -> int:
    """Write the newest draw's proof to a file and verify it."""
    with inst.db.read() as conn:
        uid = conn.execute(select(draw.c.uid).order_by(draw.c.id.desc()).limit(1)).scalar_one()
    with tempfile.TemporaryFile("w+") as file:
        file.writelines(proofs.bundle(inst, uid))
        file.seek(0)
        report = verify(file)
    if not report.ok:
        raise SystemExit(f"the proof does not hold: {report.checks}")
    return int(report.head.commitment.people)


def sweep(inst: Installation) -> int:
    """Leave the database as it was, out of the time that counts."""
    with inst.db.write() as conn:
        for table in (winner, exclusion, pool_block, pool_table, draw):
            conn.execute(table.delete())
    return 0


def _campaign(conn: Any) -> Campaign:
    return campaigns.by_id(conn, 1)


def _team(inst: Installation) -> tuple[Actor, Campaign]:
    with inst.db.read() as conn:
        found = _campaign(conn)
        uid = conn.execute(select(team.c.uid).where(team.c.id == found.team_id)).scalar_one()
    return Actor.system(found.team_id, uid), found


WORK: dict[str, Callable[[Installation], int]] = {
    "bare select": bare,
    "whole draw": whole,
    "write and verify the proof": prove,
    "sweep": sweep,
}


def _alone(site: Site, name: str, answer: Any) -> None:
    inst = site.open()
    with inst.db.read() as conn:
        conn.execute(text("SELECT 1"))
    before = _peak_mb()
    seconds = timed(lambda: WORK[name](inst))
    answer.put((seconds, _peak_mb() - before))


def _peak_mb() -> float:
    """The highest so far. Linux hands ``ru_maxrss`` on to who is started, so ask it otherwise."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(one for one in status.read_text().splitlines() if one.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def apart(site: Site, name: str) -> tuple[float, float]:
    """One contender in a fresh process: seconds, and megabytes that it added at its highest."""
    fresh = multiprocessing.get_context("spawn")
    answer = fresh.Queue()
    process = fresh.Process(target=_alone, args=(site, name, answer))
    process.start()
    found: tuple[float, float] = answer.get(timeout=600)
    process.join()
    return found


@contextmanager
def sites() -> Iterator[list[tuple[str, Site]]]:
    """The same people in an SQLite file and in PostgreSQL."""
    with (
        tempfile.TemporaryDirectory(prefix="tombola-bench-") as folder,
        serve(Path(folder)) as server,
    ):
        url = server.create("bench")
        yield [
            ("sqlite", Site(f"sqlite:///{folder}/bench.sqlite3", folder)),
            ("postgresql", Site(url, folder)),
        ]


def main() -> None:
    """Run on both databases."""
    people = int(sys.argv[1]) if len(sys.argv) > 1 else PEOPLE
    with sites() as found:
        for name, site in found:
            if sys.argv[2:] and name not in sys.argv[2:]:
                continue
            fill(site, people)

            def measured(what: str, site: Site = site) -> tuple[float, float]:
                if what == "whole draw":
                    apart(site, "sweep")
                return apart(site, what)

            apart(site, "whole draw")  # so that there is a proof in the first round
            names = [each for each in WORK if each != "sweep"]
            given = in_turn({each: partial(measured, each) for each in names})
            _print(f"Draw of 100 from {people} on {name}", given)


def _print(title: str, given: dict[str, list[tuple[float, float]]]) -> None:
    floor = [seconds for seconds, _ in given["bare select"]]
    lines = [f"{title} ({ROUNDS} rounds, median [lowest to highest])"]
    for name, rounds in given.items():
        spent = [seconds for seconds, _ in rounds]
        memory = statistics.median(megabytes for _, megabytes in rounds)
        lines.append(
            f"  {name:<28} {statistics.median(spent):6.2f} s  {memory:5.0f} MB added  "
            f"{ratio(spent, floor)} times the bare select"
        )
    sys.stdout.write("\n".join(lines) + "\n\n")


if __name__ == "__main__":
    main()
