"""Messages, pictures and charts over the API."""

import pytest


@pytest.fixture
def campaign(house):
    return house.campaign()


@pytest.fixture
def path(campaign):
    return f"/campaigns/{campaign.key}"


def test_broadcast_is_previewed_begun_listed_and_stopped(program, path):
    reach = program.post(f"{path}/broadcasts/preview", {"purpose": "other"})
    assert (reach["can"], reach["cannot"], reach["had"]) == (0, [], 0)
    said = {"purpose": "other", "text": "Hello {first_name}"}
    made = program.ask("POST", f"{path}/broadcasts", said)
    assert (made.status_code, made.json["counts"]) == (202, {})
    assert program.get(f"{path}/broadcasts")["items"] == [made.json]
    stopped = program.post(f"{path}/broadcasts/{made.json['id']}/stop")
    assert stopped == {"taken_back": 0}
    assert program.get(f"{path}/messages") == {"items": [], "next": None}
    strange = program.refused("POST", f"{path}/broadcasts", {**said, "text": "{nose}"})
    assert strange[2].keys() == {"text"}


def test_picture_rule_is_written_and_read(program, path):
    rule = {"approve_first": True, "takes_back": False}
    assert program.ask("PUT", f"{path}/picture-rule", rule).json == rule
    assert program.get(f"{path}/picture-rule") == rule
    assert program.get(f"{path}/imported-pictures?state=waiting")["items"] == []
    act = {"act": "hide", "pictures": ["x"]}
    assert program.post(f"{path}/imported-pictures/acts", act) == {"changed": 0}


def test_chart_counts_entries_by_day_and_action(program, path, house, campaign):
    action = house.action(campaign)
    gifts = [{"key": f"k{n}", "external_id": f"p{n}"} for n in range(3)]
    program.post(f"{path}/entries", {"action": action.uid, "entries": gifts})
    chart = program.get(f"{path}/chart?by=action&days=7")
    assert (chart["entries"], chart["series"]) == (3, [{"key": action.uid, "entries": 3}])
    assert chart["bars"][-1]["parts"] == [{"series": 0, "entries": 3}]
    assert program.refused("GET", f"{path}/chart?days=0")[2].keys() == {"days"}


def test_people_are_listed_found_merged_and_erased(program, path, house, campaign):
    action = house.action(campaign, interval="unlimited")
    gifts = [
        {"key": "a", "email": "Jo@example.org", "name": "Jo"},
        {"key": "b", "external_id": "c-7", "name": "Joanna"},
        {"key": "c", "external_id": "c-8"},
    ]
    came = program.post(f"{path}/entries", {"action": action.uid, "entries": gifts})["entries"]
    jo, joanna, other = (each["entrant"] for each in came)
    listed = program.get(f"/entrants?campaign={campaign.key}&limit=2")
    assert [one["id"] for one in listed["items"]] == [jo, joanna]
    rest = program.get(f"/entrants?campaign={campaign.key}&after={listed['next']}")
    assert [one["id"] for one in rest["items"]] == [other]
    assert [one["id"] for one in program.get("/entrants?email=JO@example.org")["items"]] == [jo]
    assert [one["id"] for one in program.get("/entrants?external_id=c-7")["items"]] == [joanna]
    assert {one["id"] for one in program.get("/entrants?search=jo")["items"]} == {jo, joanna}
    person = program.get(f"/entrants/{jo}")
    assert (person["email"], person["email_confirmed"]) == ("jo@example.org", False)
    seen = program.post(f"/entrants/{jo}/merge/preview", {"other": joanna})
    assert (seen["entries"], seen["mine"][0]["entries"]) == (1, 1)
    merged = program.post(f"/entrants/{jo}/merge", {"other": joanna})
    assert merged["campaigns"][0]["entries"] == 2
    (link,) = merged["links"]
    apart = program.post(f"/entrants/{jo}/links/{link['id']}/undo")
    assert apart["campaigns"][0]["entries"] == 1
    file = program.ask("GET", f"/entrants/{jo}/export")
    assert (file.mimetype, file.data[:2]) == ("application/zip", b"PK")
    assert program.get(f"/entrants/{jo}/erasure/preview") == {"entries": 1, "campaigns": 1}
    asked = program.ask("POST", f"/entrants/{jo}/erasure")
    assert (asked.status_code, asked.json["finished_at"]) == (202, None)
    house.work("erase")
    assert program.post(f"/entrants/{jo}/erasure")["finished_at"] is not None
    assert program.get("/entrants?email=jo@example.org")["items"] == []
    assert program.get(f"{path}/totals")["entries"] == 3


def test_prizes_codes_and_claims(program, path):
    first = program.post(f"{path}/prizes", {"title": "Lamp", "delivery": "code"})
    second = program.post(f"{path}/prizes", {"title": "Bulb"})
    own = f"{path}/prizes/{first['id']}"
    assert program.post(f"{own}/codes", {"codes": ["A1", "A2", "A1"]}) == {
        "added": 2, "repeated": 1, "too_long": 0, "total": 2, "free": 2,
    }  # fmt: skip
    assert program.ask("PATCH", own, {"winners": 3}).json["winners"] == 3
    moved = program.post(f"{own}/move", {"step": 1})
    assert [one["id"] for one in moved["items"]] == [second["id"], first["id"]]
    assert program.get(f"{path}/rewards") == {"items": [], "next": None}
    assert program.ask("DELETE", f"{own}/codes").status_code == 204
    assert program.ask("DELETE", own).status_code == 204
    assert [one["title"] for one in program.get(f"{path}/prizes")["items"]] == ["Bulb"]
