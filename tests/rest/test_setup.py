"""What a campaign is made of, and beginning and ending it, over the API."""

from base64 import b64encode
from datetime import timedelta
from io import BytesIO

import pytest
from PIL import Image

from tombola.campaigns.pictures import DRAW


@pytest.fixture
def campaign(house):
    return house.campaign()


@pytest.fixture
def path(campaign):
    return f"/campaigns/{campaign.key}"


def put(program, path, body):
    answer = program.ask("PUT", path, body)
    assert answer.status_code == 200, answer.text
    return answer.json


def test_page_terms_and_questions_are_written_and_read(program, path):
    said = put(program, f"{path}/content", {"description": "Lamps", "rules_text": "# Rules"})
    assert program.get(f"{path}/content") == said
    assert said["rules_text"] == "# Rules"
    who = put(program, f"{path}/eligibility", {"min_age": 18, "where": "only", "countries": ["DE"]})
    assert program.get(f"{path}/eligibility") == who
    asked = put(
        program,
        f"{path}/asks",
        {"phone": "optional", "questions": [{"key": "size", "label": "Your size?"}]},
    )
    assert program.get(f"{path}/asks") == asked
    lacking = program.refused("PUT", f"{path}/eligibility", {"where": "only"})
    assert lacking[2].keys() == {"countries"}


def test_own_words_are_said_by_language(program, path):
    assert put(program, f"{path}/words/de", {"words": {"join": "Mach mit"}}) == {
        "languages": {"de": {"join": "Mach mit"}}
    }
    assert program.refused("PUT", f"{path}/words/de", {"words": {"nose": "x"}})[0] == 422
    assert program.refused("PUT", f"{path}/words/xx", {"words": {}})[2].keys() == {"language"}
    assert put(program, f"{path}/words/de", {"words": {}}) == {"languages": {}}


def test_picture_is_added_drawn_described_and_removed(program, path, house):
    drawn = BytesIO()
    Image.new("RGB", (8, 6)).save(drawn, "PNG")
    body = {"data": b64encode(drawn.getvalue()).decode(), "alt": "A lamp"}
    made = program.ask("POST", f"{path}/pictures", body)
    assert (made.status_code, made.json["state"]) == (202, "waiting")
    house.work(DRAW)
    (picture,) = program.get(f"{path}/pictures")["items"]
    assert (picture["state"], picture["width"], picture["height"]) == ("ready", 8, 6)
    own = f"{path}/pictures/{picture['id']}"
    assert program.ask("PATCH", own, {"alt": "Two lamps"}).json["items"][0]["alt"] == "Two lamps"
    assert program.ask("DELETE", own).status_code == 204
    assert program.get(f"{path}/pictures")["items"] == []
    for wrong in ("????", "AAAA", "\x87à8ý"):
        refused = program.refused("POST", f"{path}/pictures", {"data": wrong, "alt": "x"})
        assert refused[0] == 422


def test_campaign_is_duplicated_without_its_entries(program, path, house, campaign):
    house.action(campaign)
    program.post(f"{path}/prizes", {"title": "Lamp"})
    later = (house.inst.clock() + timedelta(days=30)).isoformat()
    begun = program.post(f"{path}/duplicate", {"title": "Again", "starts_at": later})
    own = f"/campaigns/{begun['campaign']['key']}"
    assert (begun["campaign"]["title"], begun["left_out"]) == ("Again", {})
    assert [one["title"] for one in program.get(f"{own}/actions")["items"]] == ["Say it"]
    assert [one["title"] for one in program.get(f"{own}/prizes")["items"]] == ["Lamp"]
    assert begun["campaign"]["phase"] == "scheduled"


def test_campaign_is_begun_from_templates(program, path, house):
    kept = program.post(f"{path}/template", {"title": "Mine"})
    listed = program.get("/templates")
    assert listed["own"] == [kept]
    start = {"title": "New", "starts_at": house.inst.clock().isoformat()}
    own = program.post("/templates/begin", {**start, "template": kept["id"]})
    assert own["campaign"]["title"] == "New"
    ready = program.post("/templates/begin", {**start, "ready": listed["ready"][0]["key"]})
    assert ready["campaign"]["title"] == "New"
    assert program.refused("POST", "/templates/begin", start)[2].keys() == {"template"}
    assert program.ask("DELETE", f"/templates/{kept['id']}").status_code == 204
    assert program.refused("DELETE", f"/templates/{kept['id']}")[0] == 404


def test_campaign_is_ended_extended_and_given_its_dates_back(program, path, house):
    before = program.get(path)
    assert program.refused("POST", f"{path}/start")[:2] == (409, "conflict")
    ended = program.post(f"{path}/end")
    assert (ended["phase"], ended["version"]) == ("ended", 2)
    later = (house.inst.clock() + timedelta(days=30)).isoformat()
    assert program.post(f"{path}/extend", {"ends_at": later})["phase"] == "running"
    early = (house.inst.clock() - timedelta(days=30)).isoformat()
    assert program.refused("POST", f"{path}/extend", {"ends_at": early})[2].keys() == {"ends_at"}
    assert program.post(f"{path}/undo-dates")["ends_at"] == ended["ends_at"]
    assert before["phase"] == "running"


def test_action_is_changed_moved_removed_and_restored(program, path):
    say = {"type_key": "sample.word", "title": "Say", "config": {"word": "moon", "tags": ["a"]}}
    one = program.post(f"{path}/actions", say)
    two = program.post(f"{path}/actions", {**say, "title": "Other"})
    own = f"{path}/actions/{one['id']}"
    changed = program.ask("PATCH", own, {"worth": 5, "config": {"word": "sun"}}).json
    assert (changed["worth"], changed["config"]) == (5, {"word": "sun", "tags": ["a"]})
    assert program.refused("PATCH", own, {"config": {"word": "two words"}})[2].keys() == {
        "config.word"
    }
    moved = program.post(f"{path}/actions/{two['id']}/move", {"step": -1})
    assert [each["id"] for each in moved["items"]] == [two["id"], one["id"]]
    assert program.ask("DELETE", own).status_code == 204
    assert [each["id"] for each in program.get(f"{path}/removed-actions")["items"]] == [one["id"]]
    assert program.post(f"{own}/restore")["worth"] == 5
    schema = program.get("/action-types/sample.word")["config_schema"]
    assert set(schema["properties"]) == {"word", "tags"}


def test_source_is_previewed_added_run_and_undone(program, path, house, campaign):
    feed = house.action(campaign, type_key="sample.feed", config={})
    own = f"{path}/actions/{feed.uid}/sources"
    seen = program.post(f"{own}/preview", {"config": {"tags": ["lamp"]}})
    assert (seen["count"], seen["exact"], seen["notes"]) == (0, True, ["Read me."])
    assert program.refused("POST", own, {"config": {"tags": []}})[2].keys() == {"config.tags"}
    made = program.post(own, {"config": {"tags": ["lamp"]}, "every_seconds": 600})
    one = f"{path}/sources/{made['id']}"
    house.work()
    (run,) = [each for each in program.get(f"{one}/runs")["items"] if each["lane"] == "live"]
    assert run["state"] == "finished"
    assert program.post(f"{one}/runs/{run['id']}/undo", {"reason": "no"}) == {"entries": 0}
    assert program.post(f"{one}/pause")["state"] == "paused"
    assert program.refused("POST", f"{one}/run")[:2] == (409, "conflict")
    assert program.post(f"{one}/resume")["state"] == "active"
    changed = program.ask("PATCH", one, {"every_seconds": 900}).json
    assert (changed["every_seconds"], changed["config"]["tags"]) == (900, ["lamp"])
    assert program.ask("DELETE", one).status_code == 204
    assert program.get(f"{path}/sources")["items"] == []
