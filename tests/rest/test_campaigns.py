"""Campaigns over the API."""

from datetime import timedelta

import pytest

FORM = {"title": "Win", "starts_at": "2026-06-01T00:00:00Z", "ends_at": "2026-07-01T00:00:00Z"}


def test_campaign_is_made_read_listed_and_removed(program):
    made = program.ask("POST", "/campaigns", {**FORM, "zone": "Europe/Berlin"})
    assert made.status_code == 201
    key = made.json["key"]
    assert made.headers["Location"] == f"/api/v1/campaigns/{key}"
    assert program.get(f"/campaigns/{key}") == made.json
    assert made.json["starts_at"] == "2026-06-01T00:00:00Z"
    assert program.get("/campaigns") == {"items": [made.json], "next": None}
    assert program.ask("DELETE", f"/campaigns/{key}").status_code == 204
    assert program.refused("GET", f"/campaigns/{key}") == (404, "not-found", {})


def test_dates_without_offset_are_on_the_campaigns_clock(program):
    made = program.post(
        "/campaigns",
        {**FORM, "starts_at": "2026-06-01T00:00:00", "zone": "Europe/Berlin"},
    )
    assert made["starts_at"] == "2026-05-31T22:00:00Z"


def test_change_names_only_what_is_to_be_changed(program):
    made = program.post("/campaigns", {**FORM, "description": "Lamps"})
    path = f"/campaigns/{made['key']}"
    after = program.ask("PATCH", path, {"title": "Win more"})
    assert after.status_code == 200, after.text
    assert after.headers["ETag"] == '"2"'
    assert after.json == {**made, "title": "Win more", "version": 2}


def test_change_bound_to_an_old_version_is_refused(program):
    made = program.post("/campaigns", FORM)
    path = f"/campaigns/{made['key']}"
    etag = program.ask("GET", path).headers["ETag"]
    assert program.ask("PATCH", path, {"title": "A"}, If_Match=etag).status_code == 200
    assert program.refused("PATCH", path, {"title": "B"}, If_Match=etag)[:2] == (412, "outdated")
    assert program.refused("PATCH", path, {"title": "B"}, If_Match="1")[2].keys() == {"If-Match"}
    assert program.get(path)["title"] == "A"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": 7}, "title"),
        ({"kind": "lottery"}, "kind"),
        ({"zone": "Mars/Olympus"}, "zone"),
        ({"ends_at": "2026-05-01T00:00:00Z"}, "ends_at"),
        ({"starts_at": "soon"}, "starts_at"),
        ({"count_history": "yes"}, "count_history"),
        ({"prize": "x"}, "prize"),
    ],
)
def test_complaints_stand_at_their_fields(program, wrong, field):
    status, kind, errors = program.refused("POST", "/campaigns", {**FORM, **wrong})
    assert (status, kind, set(errors)) == (422, "invalid", {field})


def test_effects_are_counted_and_nothing_changes(program, house):
    found = house.campaign()
    path = f"/campaigns/{found.key}"
    before = program.get(path)
    later = (house.inst.clock() + timedelta(days=1)).isoformat()
    told = program.ask("POST", f"{path}/effects", {"starts_at": later})
    assert (told.status_code, told.json) == (200, {"come_in": 0, "drop_out": 0})
    assert program.get(path) == before


def test_list_goes_on_by_its_next(program, house):
    keys = [house.campaign(f"C{n}").key for n in range(5)]
    seen, after = [], ""
    while after is not None:
        page = program.get(f"/campaigns?limit=2{f'&after={after}' if after else ''}")
        seen += [one["key"] for one in page["items"]]
        after = page["next"]
    assert seen == keys[::-1]
