from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from tombola.api import EntryDraft, Identity
from tombola.campaigns.models import action, campaign
from tombola.db import Database, new_uid
from tombola.db.rows import insert_one
from tombola.entrants import service as entrants
from tombola.entries.record import Outcome, load_rules, record
from tombola.plans.models import plan
from tombola.tables import metadata
from tombola.teams.models import team

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


class Ledger:
    """A team with one campaign, and short words for what the tests do to it."""

    def __init__(self, db: Database, zone: str = "Europe/Berlin") -> None:
        self.db = db
        with db.write() as conn:
            conn.execute(plan.insert().values(key="test", title="Test", position=9))
            self.team_id = insert_one(
                conn, team, uid=new_uid(NOW), slug="t", name="T", plan="test", created_at=NOW
            )
            self.campaign_id = insert_one(
                conn, campaign, uid=new_uid(NOW), team_id=self.team_id, key="abcde",
                kind="competition", title="C", description="", zone=zone,
                starts_at=NOW - timedelta(days=10), ends_at=NOW + timedelta(days=10),
                count_history=False, version=1, ledger_n=0, created_at=NOW,
            )  # fmt: skip

    def action(self, interval: str = "unlimited", worth: int = 1) -> int:
        with self.db.write() as conn:
            return insert_one(
                conn, action, uid=new_uid(NOW), team_id=self.team_id,
                campaign_id=self.campaign_id, type_key="t.a", title="A", description="",
                config={}, config_version=1, interval=interval, worth=worth, position=1,
                mandatory=False, created_at=NOW,
            )  # fmt: skip

    def person(self, uid: str = "1") -> entrants.Known:
        with self.db.write() as conn:
            return entrants.resolve(conn, self.team_id, [Identity("net.x", uid)], NOW)["net.x", uid]

    def draft(
        self, action_id: int, who: entrants.Known, key: str, at: datetime | None = NOW
    ) -> EntryDraft:
        return EntryDraft(action_id, who.id, who.entrant_id, key, "test", occurred_at=at)

    def record(self, *drafts: EntryDraft, now: datetime = NOW, **options: object) -> list[Outcome]:
        with self.db.write() as conn:
            return record(conn, drafts, load_rules(conn, self.campaign_id), now, **options)  # type: ignore[arg-type] # passes on


@pytest.fixture
def ledger(database: Database) -> Ledger:
    return Ledger(database)


@pytest.fixture
def new_ledger() -> Callable[..., Ledger]:
    return Ledger


@pytest.fixture
def empty() -> Callable[[Database], None]:
    """Takes every row out, for tests that try many examples on one database."""

    def clear(database: Database) -> None:
        with database.write() as conn:
            conn.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
            for table in reversed(metadata.sorted_tables):
                conn.execute(table.delete())

    return clear
