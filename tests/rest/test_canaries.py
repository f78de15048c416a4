"""Two teams, each with words of its own in everything: no program ever sees the other's."""

import json

import pytest
from tests.rest.test_fuzz import plant

from tombola.rest.described import operations

CANARY = "CANARY-OF-THE-LAMPS"


@pytest.fixture
def theirs(house, program):
    """Things of the first team, all of which say that they are its own."""
    return plant(house, program, word=CANARY)


def paths(theirs):
    """Every operation with the first team's names in its address."""
    names = {**theirs, "run": theirs["source"], "act": theirs["entry"], "link": theirs["entrant"]}
    names |= {"account": theirs["entrant"], "winner": theirs["entry"], "language": "de"}
    names |= {"picture": theirs["entry"], "broadcast": theirs["entry"]}
    for one in operations():
        yield one, one.path.format(**names).removeprefix("/api/v1")


BODIES = {
    "create_campaign": {
        "title": "Mine", "starts_at": "2026-06-01T00:00:00Z", "ends_at": "2026-07-01T00:00:00Z",
    },
    "add_action": {"type_key": "sample.word", "title": "x", "config": {"word": "x"}},
    "move_action": {"step": 1},
    "move_prize": {"step": 1},
    "preview_source": {"config": {"tags": ["x"]}},
    "add_source": {"config": {"tags": ["x"]}},
    "undo_run": {"reason": "x"},
    "add_prize": {"title": "x"},
    "add_codes": {"codes": ["x"]},
    "act_on_rewards": {"act": "deliver", "claims": ["x"]},
    "act_on_claims": {"act": "approve", "claims": ["x"]},
    "act_on_entries": {"act": "restore", "chosen": {}},
    "change_words": {"words": {}},
    "add_picture": {"data": "AAAA", "alt": "x"},
    "describe_picture": {"alt": "x"},
    "move_picture": {"step": 1},
    "duplicate_campaign": {"title": "x", "starts_at": "2026-06-01T00:00:00Z"},
    "save_template": {"title": "x"},
    "extend_campaign": {"ends_at": "2027-06-01T00:00:00Z"},
    "preview_broadcast": {"purpose": "other"},
    "begin_broadcast": {"purpose": "other", "text": "x"},
    "act_on_pictures": {"act": "show", "pictures": ["x"]},
    "change_picture_rule": {"approve_first": True, "takes_back": False},
    "report_events": {"events": [{"name": "x", "visitor": "visitor-1", "event_id": "x"}]},
    "draw_form": {"title": "x", "prizes": [{"title": "x"}]},
}  # fmt: skip


def body_of(one, theirs):
    given = {"action": theirs["action"], "entries": [{"key": "x", "external_id": "x"}]}
    merge = {"other": theirs["other"]}
    own = {"give_entries": given, "merge_entrants": merge, "preview_merge": merge}
    if one.name in {"plan_draw", "preview_draw", "change_draw"}:
        return BODIES["draw_form"]
    if one.name in {"void_draw", "pass_over"}:
        return {"reason": "x"}
    if one.name == "enter_dice":
        return {"dice": "123"}
    return {**BODIES, **own}.get(one.name, {})


def test_other_teams_things_are_not_there(theirs, rival):
    for one, path in paths(theirs):
        if "{" not in one.path or "{type_key}" in one.path:
            continue
        body = body_of(one, theirs) if one.body else None
        answer = rival.ask(one.method, path, body)
        assert answer.status_code == 404, f"{one.method} {path}: {answer.text}"
        assert CANARY not in answer.text


def test_lists_hold_nothing_of_other_teams(theirs, rival):
    for one, path in paths(theirs):
        if one.method == "GET" and "{" not in one.path:
            answer = rival.ask("GET", path)
            assert answer.status_code == 200
            assert CANARY not in answer.text
            assert not any(uid in answer.text for uid in theirs.values() if len(uid) > 20)


def test_other_teams_things_cannot_be_named_within_ones_own(theirs, rival, program):
    """The address is one's own, what the body or the words name is not."""
    mine = rival.post("/campaigns", BODIES["create_campaign"])["key"]
    path = f"/campaigns/{mine}"
    action = rival.post(f"{path}/actions", BODIES["add_action"])["id"]
    gift = {"action": theirs["action"], "entries": [{"key": "x", "external_id": "x"}]}
    assert rival.refused("POST", f"{path}/entries", gift)[0] == 404
    for name in ("action", "source"):
        told = rival.get(f"{path}/entries?{name}={theirs[name]}")
        assert told["items"] == []
    for word in (f"entrant={theirs['entrant']}", f"alike={theirs['entry']}", f"person={CANARY}"):
        assert rival.get(f"{path}/entries?{word}")["items"] == []
    acts = {"act": "revoke", "reason": "x", "entries": [theirs["entry"]]}
    assert rival.post(f"{path}/entries/acts", acts)["changed"] == 0
    assert rival.refused("GET", f"/entrants?campaign={theirs['campaign']}")[0] == 404
    assert rival.get(f"/entrants?search={CANARY}")["items"] == []
    assert rival.get("/entrants?external_id=p0")["items"] == []
    own = rival.post(
        f"{path}/entries", {"action": action, "entries": [{"key": "x", "external_id": "p0"}]}
    )["entries"][0]["entrant"]
    assert own != theirs["entrant"]
    merge = {"other": theirs["entrant"]}
    assert rival.refused("POST", f"/entrants/{own}/merge", merge)[0] == 404
    assert program.get(f"/campaigns/{theirs['campaign']}/totals")["by_state"] == {"valid": 5}


def test_the_canaries_would_be_seen(theirs, program):
    """Their own team sees them in every list, so that not seeing them means something."""
    path = f"/campaigns/{theirs['campaign']}"
    for seen in ("/campaigns", f"{path}/actions", f"{path}/prizes", f"{path}/entries", "/entrants",
                 f"{path}/sources", f"{path}/draws", "/templates"):  # fmt: skip
        assert CANARY in json.dumps(program.get(seen)), seen
