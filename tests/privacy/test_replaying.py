"""A backup is restored: who was erased since then is erased again by the list beside it."""

import pytest
from click.testing import CliRunner

from tombola.commands.erasures import erasures
from tombola.entrants.models import entrant, tombstone
from tombola.privacy import replaying, service
from tombola.privacy.models import erasure
from tombola.settings import get_settings


def test_who_was_erased_since_the_backup_is_erased_again(town):
    kept = [
        f'{{"team": "{town.house.team.uid}", "entrant": "{town.entrant_uid}"}}\n',
        '{"team": "x", "entrant": "never there"}\n',
    ]
    assert replaying.replay(town.inst, kept) == 1
    assert replaying.replay(town.inst, kept) == 0
    town.erase()
    assert town.places() == []
    assert "item.text" in town.places("other")


def test_the_list_names_nobody_and_is_taken_by_the_command(town, monkeypatch, tmp_path):
    service.erase(town.inst, town.house.actor(), town.entrant_uid)
    town.erase()
    told = list(replaying.lines(town.inst))
    assert len(told) == 1
    assert "zanary77" not in told[0]
    with town.inst.db.write() as conn:  # as a database from before it would be
        conn.execute(erasure.delete())
        conn.execute(tombstone.delete())
        conn.execute(entrant.update().values(erased_at=None))
    settings = town.inst.settings
    monkeypatch.setenv("TOMBOLA_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("TOMBOLA_DATA_DIR", str(settings.data_dir))
    get_settings.cache_clear()
    try:
        file = tmp_path / "erasures.jsonl"
        file.write_text("".join(told))
        done = CliRunner().invoke(erasures, ["replay", str(file)])
        assert done.output == "1 erasures asked for again.\n"
        listed = CliRunner().invoke(erasures, ["export"])
        assert town.entrant_uid in listed.output
        file.write_text("nonsense\n")
        wrong = CliRunner().invoke(erasures, ["replay", str(file)])
        assert wrong.exit_code == 1
        assert "line 1 is no erasure" in wrong.output
    finally:
        get_settings.cache_clear()


def test_a_line_that_is_none_is_refused(town):
    with pytest.raises(ValueError, match="line 2"):
        replaying.replay(town.inst, ['{"team": "x", "entrant": "y"}', "[]"])
