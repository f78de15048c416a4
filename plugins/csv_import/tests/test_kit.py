"""The importer against the kit that every importer has to pass; it has no network to break."""

import json

import pytest
from sqlalchemy import func, insert, select

from tombola.testing import installation
from tombola.testing.importer_kit import OfflineKit, Stage
from tombola.testing.road import Road, seed
from tombola_csv_import.columns import Choices
from tombola_csv_import.tables import file, row

pytestmark = pytest.mark.slow
FILE = "a-file"


class TestFile(OfflineKit):
    @pytest.fixture
    def stage(self, their_clock, database, clock, tmp_path):
        """A file that somebody goes on writing."""
        folder = tmp_path / "first"
        folder.mkdir()
        inst = installation.make(database, clock, folder, slugs=("csv_import",))
        team = Road(inst, {**seed("csv_import.file", {}, {}), "campaigns": [_EMPTY]}).actor.team_uid
        choices = Choices(meanings=("entry", "time", "username"))
        described = {
            "id": FILE,
            "team": team,
            "digest": "",
            "name": "f.csv",
            "heads": json.dumps(["id", "time", "who"]),
            "choices": choices.model_dump_json(),
            "made_s": 0,
            **dict.fromkeys(("lines", "good", "wrong", "again"), 0),
        }
        with database.write() as conn:
            conn.execute(insert(file), [described])

        def post(ago):
            with database.write() as conn:
                line = conn.execute(select(func.count()).select_from(row)).scalar_one() + 2
                at = (their_clock() - ago).isoformat()
                cells = json.dumps([f"line {line}", at, f"person {line}"])
                conn.execute(insert(row), [{"file": FILE, "line": line, "cells": cells}])
            return f"line {line}"

        return Stage(
            importer="csv_import.file",
            config={"file": FILE, "photos_only": False},
            network=None,
            post=post,
        )


_EMPTY = {"key": "Road1", "title": "Win a lamp", "starts": "-P30D", "ends": "+P30D", "actions": []}
