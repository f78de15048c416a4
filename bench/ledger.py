"""How much of the database's own speed the ledger keeps (`python -m bench.ledger [URL]`).

The floor writes the same columns into a table without any index or check. The naive contender does
what a first version would: one transaction a post, one statement a question. ``record`` does the
whole job: period, place, duplicates, totals, ledger event, outbox.
"""

import itertools
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, select

from bench.rounds import compare, timed
from tombola.api import EntryDraft, Identity
from tombola.campaigns.models import action, campaign
from tombola.db import Database, migrate, new_uid, sets
from tombola.db.rows import insert_one
from tombola.entrants.models import identity
from tombola.entrants.service import resolve
from tombola.entries.models import entry, participation
from tombola.entries.record import COLUMNS, load_rules, record
from tombola.entries.rules import Rules, plan
from tombola.entries.totals import recount
from tombola.plans.models import plan as plan_table
from tombola.teams.models import team
from tombola.testing.postgres import serve

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
ROWS = 20_000
#: The naive contender is so slow that it works on a part.
NAIVE_ROWS = 500
AUTHORS = 4_000
fresh = itertools.count()


class Bench:
    """A database with one campaign, one daily and one unlimited action."""

    def __init__(self, db: Database) -> None:
        self.db = db
        migrate.upgrade(db)
        with db.write() as conn:
            conn.execute(plan_table.insert().values(key="bench", title="Bench", position=9))
            self.team_id = insert_one(
                conn, team, uid=new_uid(NOW), slug="b", name="B", plan="bench", created_at=NOW
            )
            self.campaign_id = insert_one(
                conn, campaign, uid=new_uid(NOW), team_id=self.team_id, key="bench",
                kind="competition", title="B", description="", zone="Europe/Berlin",
                starts_at=NOW - timedelta(days=60), ends_at=NOW + timedelta(days=1),
                count_history=False, version=1, ledger_n=0, created_at=NOW,
            )  # fmt: skip
            self.action_id = insert_one(
                conn, action, uid=new_uid(NOW), team_id=self.team_id,
                campaign_id=self.campaign_id, type_key="b.b", title="B", description="",
                config={}, config_version=1, interval="daily", worth=3, position=1,
                mandatory=False, created_at=NOW,
            )  # fmt: skip
            conn.exec_driver_sql("CREATE TABLE floor AS SELECT * FROM entry WHERE 1 = 0")

    def authors(self, start: int = 0) -> list[Identity]:
        """Authors of a page, from a number on."""
        return [Identity("bench.net", str(start + n), f"name{start + n}") for n in range(AUTHORS)]

    def known(self, authors: list[Identity]) -> list[tuple[int, int]]:
        """Find or make them: identity and entrant of each."""
        found = []
        for batch in _sets(authors, self.db.set_size):
            with self.db.write() as conn:
                people = resolve(conn, self.team_id, batch, NOW)
                found += [(known.id, known.entrant_id) for known in people.values()]
        return found

    def drafts(self, people: list[tuple[int, int]], rows: int) -> list[EntryDraft]:
        """Posts that nobody has seen before."""
        page = next(fresh)
        return [
            EntryDraft(
                self.action_id,
                *people[n % len(people)],
                f"{page}-{n}",
                "import",
                occurred_at=NOW - timedelta(days=n // len(people), seconds=n % 3600),
                details={"text": f"post {n}"},
            )
            for n in range(rows)
        ]

    def rules(self) -> Rules:
        """The campaign's rules."""
        with self.db.read() as conn:
            return load_rules(conn, self.campaign_id)

    def check(self) -> None:
        """End the run if the totals differ from a recount."""
        with self.db.read() as conn:
            wrong = recount(conn, self.campaign_id)
        if wrong:
            raise SystemExit(f"the totals are wrong: {wrong[:3]}")


def floor(bench: Bench, people: list[tuple[int, int]]) -> float:
    """Write ready rows, as fast as the driver can, without index or check."""
    rules = bench.rules()
    rows = [
        (
            new_uid(NOW), 1, 1, p.draft.action_id, p.draft.identity_id, p.draft.entrant_id,
            p.draft.key, p.period, p.slot, p.draft.occurred_at, p.sort_at, NOW, p.local_day,
            p.worth, p.state.value, False, None, "import", None, None, 1, dict(p.draft.details),
        )
        for p in (plan(draft, rules, NOW) for draft in bench.drafts(people, ROWS))
    ]  # fmt: skip

    def work() -> None:
        for batch in _sets(rows, bench.db.set_size):
            with bench.db.write() as conn:
                _insert_plain(conn, batch)

    return timed(work)


def whole(bench: Bench, people: Callable[[], list[tuple[int, int]]]) -> float:
    """Record the posts; where ``people`` are new, finding them is part of the work."""

    def work() -> None:
        for batch in _sets(bench.drafts(people(), ROWS), bench.db.set_size):
            with bench.db.write() as conn:
                record(conn, batch, load_rules(conn, bench.campaign_id), NOW)

    return timed(work)


def again(bench: Bench, drafts: list[EntryDraft]) -> float:
    """Record what was recorded before."""

    def work() -> None:
        for batch in _sets(drafts, bench.db.set_size):
            with bench.db.write() as conn:
                record(conn, batch, load_rules(conn, bench.campaign_id), NOW)

    return timed(work)


def naive(bench: Bench, people: list[tuple[int, int]]) -> float:
    """One transaction a post: look, insert, look, update. Scaled to the full number of rows."""
    rules = bench.rules()

    def one(draft: EntryDraft) -> None:
        planned = plan(draft, rules, NOW)
        mine = (entry.c.action_id == draft.action_id, entry.c.key == draft.key)
        place = (entry.c.entrant_id == draft.entrant_id, entry.c.slot == planned.slot)
        with bench.db.write() as conn:
            conn.execute(select(identity).where(identity.c.id == draft.identity_id)).first()
            if conn.execute(select(entry.c.id).where(*mine)).first():
                return
            taken = conn.execute(select(entry.c.id).where(mine[0], *place)).first()
            values = dict(zip(COLUMNS, [
                new_uid(NOW), bench.team_id, bench.campaign_id, draft.action_id,
                draft.identity_id, draft.entrant_id, draft.key, planned.period,
                None if taken else planned.slot, draft.occurred_at, planned.sort_at, NOW,
                planned.local_day, planned.worth, "valid", False, None, "naive", None, None, 1,
                dict(draft.details)], strict=True))  # fmt: skip
            conn.execute(entry.insert().values(**values))
            conn.execute(
                participation.update()
                .where(participation.c.entrant_id == draft.entrant_id)
                .values(entries=participation.c.entries)
            )

    drafts = bench.drafts(people, NAIVE_ROWS)

    def each() -> None:
        for draft in drafts:
            one(draft)

    seconds = timed(each) * ROWS / NAIVE_ROWS
    with bench.db.write() as conn:
        conn.execute(entry.delete().where(entry.c.cause_kind == "naive"))
    return seconds


def _insert_plain(conn: Connection, rows: list[tuple[object, ...]]) -> None:
    table = entry.to_metadata(entry.metadata.__class__(), name="floor")
    sets.insert_ignore(conn, table, COLUMNS, rows)


def _sets(rows: list, size: int) -> Iterator[list]:  # type: ignore[type-arg] # of anything
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


@contextmanager
def databases() -> Iterator[list[Database]]:
    """A fresh SQLite file and a fresh PostgreSQL database."""
    with (
        tempfile.TemporaryDirectory(prefix="tombola-bench-") as folder,
        serve(Path(folder)) as server,
    ):
        url = server.create("bench")
        yield [Database(f"sqlite:///{folder}/bench.sqlite3"), Database(url)]


def contenders(
    bench: Bench, people: list[tuple[int, int]], repeated: list[EntryDraft]
) -> dict[str, Callable[[], float]]:
    """What is compared, by name."""
    return {
        "floor": lambda: floor(bench, people),
        "record, known entrants": lambda: whole(bench, lambda: people),
        "record, new entrants": lambda: whole(
            bench, lambda: bench.known(bench.authors(next(fresh) * AUTHORS))
        ),
        "record, all known before": lambda: again(bench, repeated),
        "naive, one transaction a post": lambda: naive(bench, people),
    }


def main() -> None:
    """Run on both databases."""
    with databases() as found:
        for db in found:
            bench = Bench(db)
            people = bench.known(bench.authors())
            repeated = bench.drafts(people, ROWS)
            again(bench, repeated)
            title = f"Ledger on {db.dialect}"
            compare(title, "floor", contenders(bench, people, repeated), ROWS)
            bench.check()
            db.close()


if __name__ == "__main__":
    main()
