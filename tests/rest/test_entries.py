"""The ledger over the API: giving, reading, acting, files."""

from datetime import timedelta

import pytest

from tombola.entries import downloads
from tombola.entries.bulk import BULK


@pytest.fixture
def campaign(house):
    return house.campaign()


@pytest.fixture
def action(house, campaign):
    return house.action(campaign, interval="daily", worth=3)


@pytest.fixture
def give(program, campaign, action):
    def send(*entries, of=None):
        body = {"action": of or action.uid, "entries": list(entries)}
        return program.ask("POST", f"/campaigns/{campaign.key}/entries", body)

    return send


def one(key="o-1", **more):
    return {"key": key, "external_id": "c-1", **more}


def test_given_entry_counts_for_the_person_it_names(program, campaign, give, clock):
    told = give(one(name="Jo", details={"Order": "1017"}))
    assert told.status_code == 200, told.text
    (became,) = told.json["entries"]
    assert (became["key"], became["result"], became["state"]) == ("o-1", "new", "valid")
    entry = program.get(f"/campaigns/{campaign.key}/entries/{became['id']}")
    assert (entry["name"], entry["network"], entry["cause"]) == ("Jo", "external", "api")
    assert (entry["worth"], entry["proof"], entry["details"]) == (3, "server", {"Order": "1017"})
    assert entry["entrant"] == became["entrant"]
    assert [step["what"] for step in entry["history"]] == ["record"]
    totals = program.get(f"/campaigns/{campaign.key}/totals")
    assert totals == {"entries": 1, "worth": 3, "entrants": 1, "by_state": {"valid": 1}}


def test_same_key_is_the_same_entry(program, campaign, give):
    first = give(one()).json["entries"][0]
    again = give(one(external_id="somebody else")).json["entries"][0]
    assert again == {**first, "result": "known"}


def test_interval_and_dates_decide_given_entries_too(give, house, campaign):
    now = house.inst.clock()
    told = give(
        one("a"),
        one("b"),
        one("c", occurred_at=(now - timedelta(days=300)).isoformat()),
    ).json["entries"]
    assert [each["result"] for each in told] == ["new", "spent", "outside"]


def test_address_names_one_person_however_it_is_written(program, give):
    one_, other = give(
        {"key": "a", "email": "Jo@Example.org"}, {"key": "b", "email": "jo@example.org"}
    ).json["entries"]
    assert one_["entrant"] == other["entrant"]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"external_id": None}, "entries.0"),
        ({"email": "jo@example.org"}, "entries.0"),
        ({"external_id": None, "email": "no address"}, "entries.0.email"),
        ({"key": "with space"}, "entries.0.key"),
        ({"worth": -1}, "entries.0.worth"),
        ({"worth": "3"}, "entries.0.worth"),
        ({"occurred_at": "2026-01-01T00:00:00"}, "entries.0.occurred_at"),
        ({"occurred_at": "2099-01-01T00:00:00Z"}, "entries.0.occurred_at"),
        ({"occurred_at": "0001-01-01T00:00:00+05:00"}, "entries.0.occurred_at"),
        ({"details": {"a": 7}}, "entries.0.details.a"),
        ({"details": {str(n): "" for n in range(21)}}, "entries.0.details"),
        ({"name": "a\u0000b"}, ""),
        ({"name": "\ud800"}, ""),
    ],
)
def test_wrong_entry_is_refused_whole_with_its_place(program, campaign, give, wrong, field):
    told = give(one("good"), {**one(), **wrong}, one("fine"))
    at = field.replace("0", "1", 1)
    assert (told.status_code, set(told.json["errors"])) == (422, {at})
    assert program.get(f"/campaigns/{campaign.key}/totals")["by_state"] == {}


def test_import_takes_no_given_entries(house, campaign, give):
    feed = house.action(campaign, type_key="sample.feed", config={})
    told = give(one(), of=feed.uid)
    assert (told.status_code, set(told.json["errors"])) == (422, {"action"})


def test_plan_that_lacks_the_kind_takes_none(house, give):
    house.inst.plugins.by_slug["sample"].stop("quarantined", "tired", "")
    told = give(one())
    assert told.status_code == 403
    assert told.json["type"].endswith("not-allowed")


def test_list_is_filtered_and_goes_on(program, campaign, give, house):
    now = house.inst.clock()
    give(*(
        {"key": f"k{n}", "external_id": f"p{n}",
         "occurred_at": (now - timedelta(minutes=n)).isoformat()} for n in range(5)
    ))  # fmt: skip
    path = f"/campaigns/{campaign.key}/entries"
    seen, after = [], ""
    while after is not None:
        page = program.get(f"{path}?limit=2{f'&after={after}' if after else ''}")
        seen += [each["name"] for each in page["items"]]
        after = page["next"]
    assert seen == ["p0", "p1", "p2", "p3", "p4"]
    entrant = program.get(f"{path}?person=p3")["items"] or program.get(path)["items"][3:4]
    (mine,) = program.get(f"{path}?entrant={entrant[0]['entrant']}")["items"]
    assert mine["name"] == "p3"
    assert program.get(f"{path}?state=revoked")["items"] == []
    until = (now - timedelta(minutes=3)).isoformat().replace("+00:00", "Z")
    assert len(program.get(f"{path}?until={until}")["items"]) == 1
    assert program.refused("GET", f"{path}?stat=valid")[2].keys() == {"stat"}
    assert program.refused("GET", f"{path}?after=x")[:2] == (422, "invalid")


def test_named_entries_are_revoked_and_restored(program, campaign, give):
    (became,) = give(one()).json["entries"]
    path = f"/campaigns/{campaign.key}/entries"
    lacking = program.refused("POST", f"{path}/acts", {"act": "revoke", "entries": [became["id"]]})
    assert lacking[2].keys() == {"reason"}
    act = program.post(
        f"{path}/acts", {"act": "revoke", "entries": [became["id"]], "reason": "twice"}
    )
    assert (act["state"], act["changed"], act["id"]) == ("finished", 1, None)
    entry = program.get(f"{path}/{became['id']}")
    assert (entry["state"], entry["reason"]) == ("revoked", "twice")
    program.post(f"{path}/acts", {"act": "restore", "entries": [became["id"]]})
    assert program.get(f"{path}/{became['id']}")["state"] == "valid"


def test_large_act_runs_in_the_background_with_progress(program, campaign, give, house):
    give(*({"key": f"k{n}", "external_id": f"p{n}"} for n in range(1_100)))
    path = f"/campaigns/{campaign.key}/entries"
    assert program.post(f"{path}/acts/preview", {}) == {
        "revoke": 1100, "archive": 1100, "restore": 0,
    }  # fmt: skip
    act = program.post(f"{path}/acts", {"act": "archive", "reason": "old", "chosen": {}})
    assert (act["state"], act["total"], act["changed"]) == ("running", 1100, 0)
    house.work(BULK)
    done = program.get(f"{path}/acts/{act['id']}")
    assert (done["state"], done["changed"]) == ("finished", 1100)
    assert program.get(f"/campaigns/{campaign.key}/totals")["by_state"]["archived"] == 1100


def test_file_is_asked_for_written_and_downloaded(program, campaign, give, house):
    give(one(name="=cmd()"))
    path = f"/campaigns/{campaign.key}/entries/files"
    asked = program.ask("POST", path, {"shape": "csv"})
    assert (asked.status_code, asked.json["state"]) == (202, "writing")
    own = f"{path}/{asked.json['id']}"
    assert program.refused("GET", f"{own}/content")[:2] == (409, "conflict")
    house.work(downloads.WRITE)
    ready = program.get(own)
    assert (ready["state"], ready["done"]) == ("ready", 1)
    file = program.ask("GET", f"{own}/content")
    assert file.mimetype == "text/csv"
    assert "'=cmd()" in file.text
    assert len(file.data) == ready["size_bytes"]
    file.close()
    assert program.get(path)["items"] == [ready]


def test_pages_say_whom_a_program_has_named(program, campaign, give, house):
    came = give(one(), {"key": "b", "email": "jo@example.org"}).json["entries"]
    browser = house.client("owner")
    tab = browser.get(f"/team/lamps/campaign/{campaign.key}/entries").text
    assert "c-1" in tab
    assert "Your program" in tab
    for each, word in zip(came, ("Your own number", "not confirmed"), strict=True):
        page = browser.get(f"/team/lamps/people/{each['entrant']}").text
        assert word in page
        assert "named by your program, not proven" in page
