"""The log of acts: read, exported, and whatever is changed in it found out."""

import json

import pytest
from click.testing import CliRunner
from sqlalchemy import select, text

from tombola.api import Forbidden
from tombola.commands.audit import audit as command
from tombola.settings import get_settings
from tombola.teams import audit_list, membership
from tombola.teams import service as teams
from tombola.teams.audit import breaks
from tombola.teams.audit_list import Wanted
from tombola.teams.models import audit
from tombola.teams.rules import chained
from tombola.testing import house as houses

FORGED = (
    "INSERT INTO audit (seq, team_id, member_id, at, act, subject, detail, prev_hash, hash) "
    "SELECT {seq}, team_id, member_id, at, act, subject, detail, 'x', 'y' FROM audit WHERE seq = 2"
)


@pytest.fixture
def house(database, clock, tmp_path):
    built = houses.build(database, clock, tmp_path / "data")
    for name in ("One", "Two", "Three"):
        membership.rename(built.inst, built.actor(), name)
    return built


def change(house, statement):
    with house.inst.db.write() as conn:
        conn.execute(text(statement))


def broken(house, anchor=None):
    with house.inst.db.read() as conn:
        return [number for number, _why in breaks(conn, anchor)]


def end(house):
    with house.inst.db.read() as conn:
        return audit_list.head(conn)


def test_the_whole_log_is_whole(house):
    assert broken(house) == []
    assert end(house).seq == 6


@pytest.mark.parametrize(
    ("statement", "at"),
    [
        ("UPDATE audit SET act = 'x' WHERE seq = 3", 3),
        ("UPDATE audit SET member_id = 1 WHERE seq = 4", 4),
        ("UPDATE audit SET detail = '{}' WHERE seq = 5", 5),
        ("UPDATE audit SET at = '2020-01-01T00:00:00.000000Z' WHERE seq = 6", 6),
        ("DELETE FROM audit WHERE seq = 3", 4),
        ("DELETE FROM audit WHERE seq = 1", 2),
        (FORGED.format(seq=7), 7),
        (FORGED.format(seq=0), 0),
    ],
)
def test_what_is_changed_in_sql_is_found_at_its_record(house, statement, at):
    change(house, statement)
    assert broken(house)[0] == at


def test_an_end_that_was_cut_off_is_found_by_what_was_written_down(house):
    head = end(house)
    change(house, "DELETE FROM audit WHERE seq = 6")
    assert broken(house) == []
    assert broken(house, (head.seq, head.hash)) == [6]


def test_a_chain_that_was_computed_anew_is_found_by_what_was_written_down(house):
    head = end(house)
    with house.inst.db.write() as conn:
        conn.execute(text("UPDATE audit SET act = 'x' WHERE seq = 5"))
        prev = conn.execute(select(audit.c.hash).where(audit.c.seq == 4)).scalar_one()
        for row in conn.execute(select(audit).where(audit.c.seq > 4).order_by(audit.c.seq)):
            record = {
                "team_id": row.team_id, "member_id": row.member_id, "act": row.act,
                "subject": row.subject, "detail": row.detail,
                "at": row.at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            }  # fmt: skip
            digest = chained(prev, record)
            values = {"prev_hash": prev, "hash": digest}
            conn.execute(audit.update().where(audit.c.seq == row.seq).values(**values))
            prev = digest
    assert broken(house) == []
    assert broken(house, (head.seq, head.hash)) == [6]


def test_owners_read_their_team_and_operators_everything(house):
    mine = audit_list.page(house.inst, house.actor(), Wanted())
    assert [one.detail.get("to") for one in mine.records][:3] == ["Three", "Two", "One"]
    assert {one.team for one in mine.records} == {"Three"}
    everything = audit_list.page(house.inst, teams.operator_actor(house.operator), Wanted())
    assert len(everything.records) == 6
    for role in ("editor", "viewer"):
        with pytest.raises(Forbidden):
            audit_list.page(house.inst, house.actor(role), Wanted())
        with pytest.raises(Forbidden):
            audit_list.lines(house.inst, house.actor(role), Wanted())
    with pytest.raises(Forbidden):
        audit_list.page(house.inst, teams.operator_actor(house.members["owner"]), Wanted())


def test_it_is_filtered_and_goes_on_behind_a_record(house, monkeypatch):
    monkeypatch.setattr(audit_list, "SIZE", 2)
    first = audit_list.page(house.inst, house.actor(), Wanted())
    second = audit_list.page(house.inst, house.actor(), Wanted(), after=first.after)
    assert [one.seq for one in first.records + second.records] == [6, 5, 4, 2]
    assert second.after is None
    made = audit_list.page(house.inst, house.actor(), Wanted(act="team.created"))
    assert [one.seq for one in made.records] == [2]
    uid = house.members["editor"].uid
    assert audit_list.page(house.inst, house.actor(), Wanted(member=uid)).records == []
    now = house.inst.clock()
    assert audit_list.page(house.inst, house.actor(), Wanted(until=now)).records == []
    assert len(audit_list.page(house.inst, house.actor(), Wanted(since=now)).records) == 2


def test_the_whole_file_can_be_verified_by_itself(house):
    operator = teams.operator_actor(house.operator)
    prev = "0" * 64
    for line in audit_list.lines(house.inst, operator, Wanted()):
        told = json.loads(line)
        record = {
            name: told[name] for name in ("team_id", "member_id", "at", "act", "subject", "detail")
        }
        assert told["prev_hash"] == prev
        assert told["hash"] == chained(prev, record)
        prev = told["hash"]
    assert prev == end(house).hash


def test_the_command_says_the_record(house, monkeypatch):
    settings = house.inst.settings
    monkeypatch.setenv("TOMBOLA_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("TOMBOLA_DATA_DIR", str(settings.data_dir))
    get_settings.cache_clear()
    try:
        run = CliRunner().invoke
        fine = run(command, ["verify", "--head", end(house).text])
        assert fine.exit_code == 0
        assert "6 records, all whole" in fine.output
        assert run(command, ["head"]).output.strip() == end(house).text
        assert len(run(command, ["export"]).output.splitlines()) == 6
        change(house, "UPDATE audit SET act = 'x' WHERE seq = 3")
        wrong = run(command, ["verify"])
        assert wrong.exit_code == 1
        assert "record 3: it is not what was written" in wrong.output
    finally:
        get_settings.cache_clear()
