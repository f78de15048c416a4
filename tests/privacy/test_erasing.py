"""Somebody is erased: no byte is left, and everything goes on counting."""

import pytest
from sqlalchemy import func, select

from tombola.api import Forbidden, NotFound
from tombola.entrants.models import entrant
from tombola.entries.models import entry
from tombola.entries.totals import recount
from tombola.importing.models import item
from tombola.outbox.models import outbox
from tombola.privacy import service
from tombola.privacy.models import erasure
from tombola.teams.models import audit


def erase(town, role="owner"):
    found = service.erase(town.inst, town.house.actor(role), town.entrant_uid)
    town.erase()
    return found


def counts(town):
    with town.inst.db.read() as conn:
        rows = conn.execute(
            select(entry.c.state, func.count(), func.sum(entry.c.worth)).group_by(entry.c.state)
        )
        return sorted(map(tuple, rows))


def test_no_table_and_no_file_knows_the_person_any_more(town):
    before = town.places()
    assert len({place.split(".")[0] for place in before}) >= 16, before
    erase(town)
    assert town.places() == []
    assert "item.text" in town.places("other")


def test_what_counted_goes_on_counting_for_somebody_without_a_name(town):
    before = counts(town)
    erase(town)
    assert counts(town) == before
    with town.inst.db.read() as conn:
        assert recount(conn, town.campaign.id) == []
        row = conn.execute(select(entrant).where(entrant.c.id == town.entrant_id)).one()
    assert (row.name, row.email) == (None, None)
    assert row.erased_at == town.inst.clock()


def test_the_picture_goes_with_its_files_unless_somebody_else_has_it_too(town):
    folder = town.inst.settings.data_dir / "pictures"
    assert len(list(folder.rglob("*.jpg"))) == 2
    erase(town)
    assert list(folder.rglob("*.jpg")) == []


def test_the_network_may_say_it_again_and_nothing_comes_back(town):
    erase(town)
    feed = town.house.feed
    feed.posts[:] = [town.post(1, "zanary77"), town.post(3, "zanary77"), town.post(2, "other")]
    run_again(town)
    with town.inst.db.read() as conn:
        texts = set(conn.execute(select(item.c.text)).scalars())
    assert texts == {"", "a lamp by other"}
    assert town.places() == []


def run_again(town):
    from tombola.importing.service import run_now  # noqa: PLC0415

    with town.inst.db.read() as conn:
        from tombola.importing.models import source  # noqa: PLC0415

        uid = conn.execute(select(source.c.uid).where(source.c.id == town.source_id)).scalar_one()
    run_now(town.inst, town.house.actor(), uid)
    town.house.work()


def test_a_second_wish_changes_nothing(town):
    first = erase(town)
    again = erase(town)
    assert again.uid == first.uid
    assert again.finished_at is not None
    with town.inst.db.read() as conn:
        assert conn.execute(select(func.count()).select_from(erasure)).scalar() == 1


def test_plugins_are_told_once(town):
    erase(town)
    with town.inst.db.read() as conn:
        rows = conn.execute(select(outbox).where(outbox.c.event == "entrant_erased")).all()
    assert town.entrant_uid in {row.payload["entrant"] for row in rows}
    assert all(row.relayed_at is not None for row in rows)


def test_it_is_an_act_in_the_log_without_a_name(town):
    erase(town)
    with town.inst.db.read() as conn:
        row = conn.execute(select(audit).where(audit.c.act == "entrant.erased")).one()
    assert row.subject == town.entrant_uid
    assert row.detail == {"people": 1, "asked_by": "team"}


def test_viewers_and_other_teams_erase_nobody(town):
    with pytest.raises(Forbidden):
        service.erase(town.inst, town.house.actor("viewer"), town.entrant_uid)
    from tombola.teams import service as teams  # noqa: PLC0415

    stranger = town.house.members["stranger"]
    theirs = teams.actor_in(town.inst, stranger, town.house.other.slug)[0]
    with pytest.raises(NotFound):
        service.erase(town.inst, theirs, town.entrant_uid)


def test_what_it_will_do_is_said_in_numbers(town):
    found = service.consequences(town.inst, town.house.actor(), town.entrant_uid)
    assert (found.entries, found.campaigns) == (2, 1)
