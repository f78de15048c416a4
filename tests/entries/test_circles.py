"""Acts that meet do not wait for each other in a circle, and passing trouble says "try again"."""

import sqlite3
import threading
import time

import pytest
from sqlalchemy import select

from tombola.api import Busy, EntryDraft, Identity
from tombola.campaigns.models import action
from tombola.campaigns.rules import CampaignForm
from tombola.campaigns.service import create
from tombola.db import Database, new_uid
from tombola.db.rows import insert_one
from tombola.entrants.service import resolve
from tombola.entries.editing import update_campaign
from tombola.entries.models import entry
from tombola.entries.record import load_rules, record
from tombola.entries.service import restore, revoke
from tombola.entries.totals import recount
from tombola.teams import service as teams
from tombola.teams.rules import Actor, Role

SECONDS = 2.0


@pytest.mark.slow
def test_recording_revoking_and_moving_dates_go_on_side_by_side(inst):
    now = inst.clock()
    operator = Actor(0, "", None, "Op", Role.OWNER, operator=True)
    team = teams.create_team(inst, operator, teams.NewTeam(name="Team One"))
    ada = Actor(team.id, team.uid, None, "Ada", Role.OWNER)

    def form(day):
        return CampaignForm(
            title="C", starts_at=now.replace(day=1, hour=0), ends_at=now.replace(day=day + 2)
        )

    campaign = create(inst, ada, form(1))
    with inst.db.write() as conn:
        action_id = insert_one(
            conn, action, uid=new_uid(now), team_id=team.id, campaign_id=campaign.id,
            type_key="a.b", title="A", description="", config={}, config_version=1,
            interval="daily", worth=1, position=1, mandatory=False, created_at=now,
        )  # fmt: skip
        known = resolve(conn, team.id, [Identity("net.x", "1")], now)["net.x", "1"]
    done = {"record": 0, "mark": 0, "dates": 0}
    failures: list[Exception] = []
    end = time.monotonic() + SECONDS

    def work(name, act):
        while time.monotonic() < end and not failures:
            try:
                act(done[name])
            except Exception as error:  # noqa: BLE001 # judged below
                failures.append(error)
            done[name] += 1

    def put(n):
        with inst.db.write() as conn:
            rules = load_rules(conn, campaign.id)
            record(
                conn, [EntryDraft(action_id, known.id, known.entrant_id, str(n), "t")], rules, now
            )

    def mark(_):
        with inst.db.read() as conn:
            uids = list(conn.execute(select(entry.c.uid).limit(2)).scalars())
        revoke(inst, ada, campaign.uid, uids, "test")
        restore(inst, ada, campaign.uid, uids)

    acts = {
        "record": put,
        "mark": mark,
        "dates": lambda n: update_campaign(inst, ada, campaign.uid, form(n % 3 + 1)),
    }
    threads = [threading.Thread(target=work, args=pair) for pair in acts.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert min(done.values()) > 0
    with inst.db.read() as conn:
        assert recount(conn, campaign.id) == []


def test_a_lock_that_somebody_holds_too_long_is_busy_and_not_a_fault(sqlite_database, monkeypatch):
    monkeypatch.setattr("tombola.db.engine.BUSY_TIMEOUT", 50)
    impatient = Database(sqlite_database.url)
    holder = sqlite3.connect(str(sqlite_database.url.database), isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(Busy), impatient.write():
        pass
    holder.close()
    with impatient.write() as conn:
        assert conn.execute(select(entry.c.id)).all() == []
    impatient.close()
