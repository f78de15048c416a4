"""From a file to lines in the Actions tab, and from there to a file again."""

import csv
import shutil
from io import StringIO

import pytest

from tombola.campaigns.service import actions_of
from tombola.db import Database
from tombola.entries import downloads, jobs
from tombola.entries.exporting import Shape
from tombola.entries.filters import Filter
from tombola.importing import service as importing
from tombola.queue import runner
from tombola.queue.kinds import House, Kinds
from tombola.testing import installation
from tombola.testing.road import Road, seed

pytestmark = pytest.mark.slow

GLEAM = b"""Date,Name,Email,Action,Details,Import: Shirt
2026-05-20 10:00:00 UTC,Jane Doe,jane@example.org,Visit,"Color: red
Size: 3",M
2026-05-21 10:00:00 UTC,Ole,ole@example.org,Visit,=1+1,
soon,Mia,mia@example.org,Visit,,
"""


class Way(Road):
    """A campaign whose one source reads a file, sent in parts."""

    def __init__(self, inst, plant):
        document = seed("csv_import.file", {}, {})
        (campaign,) = document["campaigns"]
        (action,) = campaign["actions"]
        action["sources"] = []
        super().__init__(inst, document)
        self._plant = plant

    def read(self, raw, **more):
        """Send a file, add a source that reads it, and do the work."""
        stored = self._plant(self.inst, self.actor, raw, **more)
        with self.inst.db.read() as conn:
            (action,) = actions_of(conn, self.campaign.id)
        form = importing.SourceForm(
            config={"file": stored.id, "photos_only": False}, photos_only=False
        )
        importing.add(self.inst, self.actor, action.uid, form)
        self.work()
        return stored

    def exported(self):
        """The campaign's entries as a file."""
        made = downloads.begin(self.inst, self.actor, self.campaign.uid, Filter(), Shape.CSV)
        duties = House(site=self.inst, kinds=Kinds(jobs.kinds()))
        runner.run(duties, duties.kinds[downloads.WRITE])
        return downloads.path(self.inst, self.actor, self.campaign.uid, made.uid)[1].read_bytes()


@pytest.fixture
def make_way(database, clock, tmp_path, plant):
    def make():
        inst = installation.make(database, clock, tmp_path, slugs=["csv_import"])
        return Way(inst, plant)

    return make


@pytest.fixture
def elsewhere(sqlite_template, clock, tmp_path, plant):
    """Another installation, which knows nothing of the first one."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    path = shutil.copyfile(sqlite_template, folder / "other.sqlite3")
    database = Database(f"sqlite:///{path}")
    inst = installation.make(database, clock, folder, slugs=["csv_import"])
    yield Way(inst, plant)
    database.close()


def cells(raw):
    """What an export says of each entry that has nothing to do with this installation."""
    rows = list(csv.DictReader(StringIO(raw.decode(), newline="")))
    own = {"entry", "recorded_at", "proof", "how", "network", "state", "reason"}
    return [{name: value for name, value in row.items() if name not in own} for row in rows]


def test_good_lines_enter_and_the_run_is_taken_back_as_one_act(make_way):
    way = make_way()
    stored = way.read(GLEAM)
    assert (stored.good, stored.wrong) == (2, 1)
    assert way.totals().entries == 2
    newest, oldest = way.lines()
    assert oldest.details == {
        "Action": "Visit", "Color": "red", "Size": "3", "Shirt": "M", "Name": "Jane Doe",
    }  # fmt: skip
    assert newest.details["Details"] == "=1+1"
    assert "example.org" not in str(way.lines())
    (run,) = [
        one for one in importing.runs(way.inst, way.actor, way.source.uid) if one.counts["new"]
    ]
    assert importing.undo(way.inst, way.actor, run.uid) == 2
    assert way.totals().entries == 0


def test_same_lines_in_another_source_add_nothing(make_way):
    way = make_way()
    way.read(GLEAM)
    way.read(GLEAM + b"2026-05-22 10:00:00 UTC,Pia,pia@example.org,Visit,,\n")
    assert way.totals().entries == 3


def test_export_of_ours_goes_in_and_comes_out_again_with_its_details(make_way, elsewhere):
    way = make_way()
    way.read(GLEAM)
    way.read(b"Id,Time,Platform,Handle,Text,Worth,Post URL,Odd\n"
             b"7,2026-05-23 10:00,Instagram,jane,Mine,3,https://a.example/p/7,'=2\n")  # fmt: skip
    first = way.exported()
    stored = elsewhere.read(first)
    assert stored.choices.known == "ours"
    assert (stored.good, stored.wrong) == (3, 0)
    assert cells(elsewhere.exported()) == cells(first)


def test_people_of_a_file_are_one_each(make_way):
    way = make_way()
    way.read(
        b"Id,Platform,Handle,Name\n1,Instagram,jane,Jane\n2,Instagram,@JANE,Jane D\n3,X,jane,J\n"
    )
    assert (way.totals().entries, way.totals().entrants) == (3, 2)


def test_chosen_address_is_the_person_who_confirms_it(make_way):
    way = make_way()
    way.read(b"Mail,Text\nJane@Example.org,Mine\n", meanings=["email", "text"])
    assert way.entrant_of("email", "jane@example.org") is not None
    assert way.totals().entrants == 1
