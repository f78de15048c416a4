"""What pages read of winners, on both databases."""

from tombola.draws import landing, reaching, service
from tombola.draws.announcing import Names
from tombola.entrants.models import entrant
from tombola.entries.models import entry


def test_contact_goes_by_the_newest_entry(hall):
    for who in ("anna", "ben"):
        hall.enter(who, 3)
    with hall.inst.db.read() as conn:
        people = conn.execute(entrant.select()).mappings().all()
        found = reaching.entries_of(conn, hall.campaign, [one["uid"] for one in people])
        for one in people:
            mine = entry.select().where(entry.c.entrant_id == one["id"])
            rows = conn.execute(mine.order_by(entry.c.id.desc())).mappings().all()
            assert found[one["uid"]] == rows[0]["uid"]
        assert reaching.entries_of(conn, hall.campaign, ["nobody"]) == {}


def test_page_tells_the_newest_draws_and_ones_own_part(hall):
    anna = hall.enter("anna", 3)
    hall.crowd()
    made = [hall.drawn(repeats=True) for _ in range(landing.DRAWS + 1)]
    for each in made:
        service.publish(hall.inst, hall.actor, each.uid, Names.FULL)
    with hall.house.app.test_request_context():
        told = landing.outcomes(hall.inst, hall.campaign.id, anna)
        strangers = landing.outcomes(hall.inst, hall.campaign.id, None)
    assert [one.href for one in told] == ["/draw/4", "/draw/3", "/draw/2"]
    assert {one.weight for one in told} == {3}
    assert all(one.mine.startswith(one.href + "/receipt/") for one in told)
    assert {one.mine for one in strangers} == {""}
    assert [title for title, _names, _more in told[0].prizes] == ["Lamp", "Bulb"]
