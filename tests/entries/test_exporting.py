"""Files of entries: every name a column, nothing that a spreadsheet would run, little memory."""

import csv
import json
import tracemalloc
from dataclasses import replace
from datetime import timedelta
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from tombola.api import Conflict, EntryDraft, Forbidden, NotFound, Proof
from tombola.campaigns.models import action as actions
from tombola.entries import downloads, exporting, jobs
from tombola.entries.exporting import COLUMNS, REST, Shape, harmless
from tombola.entries.filters import Filter
from tombola.entries.models import download, entry
from tombola.entries.rules import State
from tombola.queue import runner, tasks
from tombola.queue.kinds import House, Kinds
from tombola.teams.models import audit
from tombola.teams.rules import Actor, Role


@pytest.fixture
def campaign_uid(ledger):
    with ledger.db.read() as conn:
        return str(conn.exec_driver_sql("SELECT uid FROM campaign").scalar_one())


@pytest.fixture
def wrote(ledger, inst, campaign_uid):
    """Gives the whole text of an export."""

    def write(wanted=None, shape=Shape.CSV, **more):
        who = editor(ledger)
        made = downloads.begin(inst, who, campaign_uid, wanted or Filter(), shape, **more)
        work(inst)
        return downloads.path(inst, who, campaign_uid, made.uid)[1].read_bytes().decode("utf-8")

    return write


def work(inst):
    runner.run(House(site=inst, kinds=Kinds(jobs.kinds())), Kinds(jobs.kinds())[downloads.WRITE])


def editor(ledger, role=Role.EDITOR):
    return Actor(ledger.team_id, "", None, "E", role)


def rows(text):
    return list(csv.DictReader(StringIO(text, newline="")))


def done(ledger, key, uid="1", at=None, **details):
    """A draft of a tracked action, all of one test of the same action."""
    with ledger.db.read() as conn:
        action = conn.execute(select(actions.c.id)).scalar()
    who = ledger.person(uid)
    return EntryDraft(
        action or ledger.action(), who.id, who.entrant_id, key, "event", occurred_at=at,
        details=details,
    )  # fmt: skip


def test_each_name_of_a_detail_is_a_column_in_order(ledger, clock, wrote):
    at = clock() - timedelta(hours=3)
    ledger.record(
        done(ledger, "a", at=at, OrderID="1017", coupon="X"), done(ledger, "b", at=at, Answer="tea")
    )
    text = wrote()
    assert text.partition("\r\n")[0].split(",") == [
        *COLUMNS, "Answer", "OrderID", "coupon", REST,
    ]  # fmt: skip
    found = {row["OrderID"]: row for row in rows(text)}
    assert found["1017"]["coupon"] == "X"
    assert found["1017"]["occurred_at"] == at.isoformat().replace("+00:00", "Z")
    assert found["1017"]["recorded_at"] == clock().isoformat().replace("+00:00", "Z")
    assert found["1017"]["sorted_by"] == "occurred_at"
    assert found[""]["Answer"] == "tea"


def test_entry_without_a_time_says_that_it_stands_where_it_was_seen(ledger, clock, wrote):
    ledger.record(done(ledger, "a", at=None))
    [row] = rows(wrote())
    assert (row["occurred_at"], row["sorted_by"]) == ("", "recorded_at")
    assert row["recorded_at"] == clock().isoformat().replace("+00:00", "Z")


def test_proof_of_what_was_reported_stands_beside_it(ledger, wrote):
    signed = replace(done(ledger, "a", VIP="1"), proof=Proof.SIGNED)
    ledger.record(signed, done(ledger, "b", VIP="2"))
    assert {row["VIP"]: row["proof"] for row in rows(wrote())} == {"1": "signed", "2": ""}


def test_names_like_columns_of_ours_stay_apart(ledger, wrote):
    ledger.record(done(ledger, "a", worth="gold", Worth="silver", **{"=x": "y"}))
    [row] = rows(wrote())
    assert row["worth"] == "1"
    assert row["Worth (details)"] == "silver"
    assert row["worth (details) (details)"] == "gold"
    assert row["'=x"] == "y"


@pytest.mark.parametrize("lead", ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", " ="])
def test_no_cell_is_taken_for_a_formula(ledger, wrote, lead):
    value = f'{lead}HYPERLINK("https://x.example","a")'
    ledger.record(done(ledger, "a", VIP=value))
    [row] = rows(wrote())
    assert row["VIP"] == f"'{value}"
    [line] = wrote(shape=Shape.JSON_LINES).splitlines()
    assert json.loads(line)["details"] == {"VIP": value}


@given(st.text(max_size=20))
def test_harmless_text_never_begins_a_formula_and_loses_nothing(text):
    safe = harmless(text)
    assert safe in {text, f"'{text}"}
    assert not safe.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


def test_commas_quotes_and_lines_come_back_as_they_were(ledger, wrote):
    value = 'a "quoted", text\r\nof two lines, ü 🎉'
    ledger.record(done(ledger, "a", VIP=value))
    assert rows(wrote())[0]["VIP"] == value
    assert wrote(bom=True).startswith("\ufeffentry,")
    assert not wrote().startswith("\ufeff")


def test_filters_of_the_list_narrow_lines_and_columns(ledger, wrote):
    ledger.record(done(ledger, "a", Old="1"), done(ledger, "b", uid="2", New="2"))
    with ledger.db.write() as conn:
        conn.execute(entry.update().where(entry.c.key == "a").values(state="archived"))
    text = wrote(Filter(state=State.VALID))
    assert [row["New"] for row in rows(text)] == ["2"]
    assert "Old" not in text.partition("\r\n")[0]
    lines = wrote(Filter(state=State.ARCHIVED), shape=Shape.JSON_LINES).splitlines()
    assert [json.loads(line)["details"] for line in lines] == [{"Old": "1"}]


def test_names_beyond_the_columns_stand_together_in_the_last(ledger, wrote, monkeypatch):
    monkeypatch.setattr(exporting, "MOST_DETAILS", 1)
    ledger.record(done(ledger, "a", A="1", B="2"))
    [row] = rows(wrote())
    assert row["A"] == "1"
    assert json.loads(row[REST]) == {"B": "2"}


def test_viewers_and_other_teams_get_no_file(ledger, inst, campaign_uid):
    with pytest.raises(Forbidden):
        downloads.begin(inst, editor(ledger, Role.VIEWER), campaign_uid, Filter(), Shape.CSV)
    stranger = Actor(ledger.team_id + 1, "", None, "S", Role.OWNER)
    with pytest.raises(NotFound):
        downloads.begin(inst, stranger, campaign_uid, Filter(), Shape.CSV)


def test_download_stands_in_the_audit_log_without_the_person(ledger, campaign_uid, wrote):
    wrote(Filter(person="anna"))
    with ledger.db.read() as conn:
        row = conn.execute(select(audit).order_by(audit.c.seq.desc())).mappings().first()
    assert (row["act"], row["subject"]) == ("entries.exported", campaign_uid)
    assert row["detail"] == {"shape": "csv", "filters": ["person"]}


@pytest.mark.slow
def test_fifty_thousand_entries_are_written_in_little_memory(ledger, inst, clock, campaign_uid):
    size = ledger.db.set_size
    people = [ledger.person(str(n)) for n in range(50)]
    action = ledger.action()
    for start in range(0, 50_000, size):
        ledger.record(
            *(
                EntryDraft(
                    action, people[n % 50].id, people[n % 50].entrant_id, str(n), "event",
                    occurred_at=clock() - timedelta(seconds=n), details={"OrderID": str(n)},
                )
                for n in range(start, start + size)
            )
        )  # fmt: skip
    made = downloads.begin(inst, editor(ledger), campaign_uid, Filter(), Shape.CSV)
    tracemalloc.start()
    try:
        while downloads.get(inst, editor(ledger), campaign_uid, made.uid).state != "ready":
            work(inst)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    _, path = downloads.path(inst, editor(ledger), campaign_uid, made.uid)
    assert path.read_bytes().count(b"\r\n") == 50_001
    assert peak < 12_000_000


def test_file_whose_writer_died_holds_each_entry_once(ledger, inst, campaign_uid, monkeypatch):
    monkeypatch.setattr(downloads, "BATCH", 2)
    ledger.record(*(done(ledger, str(n), OrderID=str(n)) for n in range(7)))
    who = editor(ledger)
    made = downloads.begin(inst, who, campaign_uid, Filter(), Shape.CSV)
    real, calls = downloads._append, []

    def die(where, size, text):
        calls.append(size)
        real(where, size, text)
        if len(calls) == 3:
            raise OSError("killed between the disk and the database")
        return size + len(text)

    monkeypatch.setattr(downloads, "_append", die)
    work(inst)
    assert downloads.get(inst, who, campaign_uid, made.uid).state == "writing"
    with pytest.raises(Conflict):
        downloads.path(inst, who, campaign_uid, made.uid)
    inst.clock.advance(timedelta(minutes=10))
    work(inst)
    text = downloads.path(inst, who, campaign_uid, made.uid)[1].read_text(encoding="utf-8")
    assert sorted(row["OrderID"] for row in rows(text)) == [str(n) for n in range(7)]


def test_file_that_the_disk_has_lost_is_written_anew(ledger, inst, campaign_uid, monkeypatch):
    monkeypatch.setattr(downloads, "BATCH", 2)
    ledger.record(*(done(ledger, str(n), OrderID=str(n)) for n in range(5)))
    who = editor(ledger)
    made = downloads.begin(inst, who, campaign_uid, Filter(), Shape.CSV)
    with inst.db.write() as conn:
        place = {"size": 900, "done": 4, "place": None, "details": ["OrderID"]}
        conn.execute(download.update().values(**place))
    work(inst)
    text = downloads.path(inst, who, campaign_uid, made.uid)[1].read_text(encoding="utf-8")
    assert len(rows(text)) == 5


def test_old_files_go(ledger, inst, campaign_uid, wrote):
    ledger.record(done(ledger, "a"))
    wrote()
    [made] = downloads.of_campaign(inst, editor(ledger), campaign_uid)
    _, path = downloads.path(inst, editor(ledger), campaign_uid, made.uid)
    inst.clock.advance(downloads.KEEP + timedelta(seconds=1))
    works = House(site=inst, kinds=Kinds(jobs.kinds()))
    with inst.db.write() as conn:
        tasks.put(conn, downloads.SWEEP, downloads.SWEEP, inst.clock())
    runner.run(works, works.kinds[downloads.SWEEP])
    assert not path.exists()
    assert downloads.of_campaign(inst, editor(ledger), campaign_uid) == []
