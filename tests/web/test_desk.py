"""Campaign and action pages, and the operator's: what a form says is what is stored."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, select

from tombola.api import Feature
from tombola.campaigns import service
from tombola.plugins.models import quarantine, setting
from tombola.plugins.states import State
from tombola.queue import tasks
from tombola.teams.models import audit, team
from tombola.testing import house as houses


def campaign_form(**more):
    return {
        "title": "Win a lamp",
        "kind": "competition",
        "description": "One lamp.",
        "starts_at": "2026-06-01T10:00",
        "ends_at": "2026-07-01T10:00",
        "zone": "Europe/Berlin",
        **more,
    }


def stored(house):
    return service.of(house.inst, house.actor())


def test_campaign_is_stored_with_its_own_local_times(house):
    client = house.client("editor")
    answer = house.post(client, "/team/lamps/new-campaign", **campaign_form())
    assert answer.status_code == 303
    (made,) = stored(house)
    assert made.starts_at.isoformat() == "2026-06-01T08:00:00+00:00"
    assert made.zone == "Europe/Berlin"
    text = client.get(f"/team/lamps/campaign/{made.key}/settings").text
    assert 'value="2026-06-01T10:00"' in text


def test_campaign_with_a_mistyped_zone_is_not_stored(house):
    client = house.client("editor")
    answer = house.post(client, "/team/lamps/new-campaign", **campaign_form(zone="Moon/Crater"))
    assert answer.status_code == 422
    assert "no time zone that we know" in answer.text
    assert stored(house) == []


def test_end_before_the_start_is_told_beside_the_end(house):
    client = house.client("editor")
    form = campaign_form(ends_at="2026-05-01T10:00")
    answer = house.post(client, "/team/lamps/new-campaign", **form)
    assert answer.status_code == 422
    assert '<a href="#f-ends-at">' in answer.text
    assert 'id="f-ends-at-error"' in answer.text
    assert answer.text.count('aria-invalid="true"') == 1
    assert "data-tombola-own-zone" not in answer.text


def test_new_campaign_begins_now_in_the_zone_of_the_last_one(house, clock):
    client = house.client("editor")
    first = client.get("/team/lamps/new-campaign").text
    assert "<option selected>UTC</option>" in first
    now = clock().replace(second=0, microsecond=0)
    assert f'value="{now:%Y-%m-%dT%H:%M}"' in first
    assert f'data-tombola-own-zone="{now.isoformat()} ' in first
    house.post(client, "/team/lamps/new-campaign", **campaign_form())
    assert "<option selected>Europe/Berlin</option>" in client.get("/team/lamps/new-campaign").text


def test_a_campaign_is_a_competition_or_a_reward_from_its_beginning(house):
    client = house.client("editor")
    assert "everybody who does enough" in client.get("/team/lamps/new-campaign").text
    house.post(client, "/team/lamps/new-campaign", **campaign_form(kind="reward"))
    (made,) = stored(house)
    text = client.get(f"/team/lamps/campaign/{made.key}/settings").text
    assert '<input type="hidden" name="kind" value="reward">' in text


def test_new_action_has_no_title_until_somebody_gives_one(house):
    made = house.campaign()
    client = house.client("editor")
    path = f"/team/lamps/campaign/{made.key}/add/sample.word"
    text = client.get(path).text
    control = text.split('id="f-title"')[1].split(">")[0]
    assert 'value=""' in control
    assert "placeholder=" in control
    assert "The heading of its card" in text
    answer = house.post(client, path, title="", worth="1", interval="once")
    assert answer.status_code == 422
    assert 'id="f-title-error"' in answer.text


def test_form_of_an_action_says_first_what_the_plan_lacks(sqlite_database, clock, tmp_path):
    plugins = houses.sample_plugins()
    plugins[0].parts.features.append(Feature("sample.loud", "Loud words", plan="business"))
    house = houses.build(sqlite_database, clock, tmp_path / "data", plugins)
    made = house.campaign()
    client, path = house.client("editor"), f"/team/lamps/campaign/{made.key}/add/sample.word"
    assert "can change your plan" not in client.get(path).text
    house.post(house.client("operator"), "/operator/teams/lamps/plan", plan="pro")
    text = client.get(path).text
    assert "Loud words" in text
    assert "The operator of this installation can change your plan." in text


def test_import_without_a_source_says_so_and_leads_to_one(house):
    made = house.campaign()
    action = house.action(made, type_key="sample.feed", config={}, title="Post it")
    client = house.client("editor")
    text = client.get(f"/team/lamps/campaign/{made.key}").text
    assert "Not shown to entrants until it has a source." in text
    assert f"/team/lamps/campaign/{made.key}/sources/new/{action.uid}" in text
    house.post(
        client,
        f"/team/lamps/campaign/{made.key}/sources/new/{action.uid}",
        **{"config.tags": "lamps", "config.words_match": "all"},
        every_seconds=3600,
        act="add",
    )
    assert "until it has a source" not in client.get(f"/team/lamps/campaign/{made.key}").text


def test_campaign_is_removed_only_with_its_title(house):
    made = house.campaign()
    client = house.client("owner")
    path = f"/team/lamps/campaign/{made.key}/remove"
    assert house.post(client, path, title="something").status_code == 409
    assert house.post(client, path, title=made.title).status_code == 303
    assert stored(house) == []


def test_action_form_shows_what_was_stored(house):
    made = house.campaign()
    action = house.action(made, "moon", worth=7, interval="daily")
    text = house.client("editor").get(f"/team/lamps/campaign/{made.key}/action/{action.uid}").text
    assert 'value="moon"' in text
    assert 'value="7"' in text
    assert 'value="daily" checked' in text


def test_changed_action_is_stored(house):
    made = house.campaign()
    action = house.action(made)
    client = house.client("editor")
    path = f"/team/lamps/campaign/{made.key}/action/{action.uid}"
    form = {"title": "Whisper it", "worth": "3", "interval": "hourly", "config.word": "sun"}
    assert house.post(client, path, **form).status_code == 303
    text = client.get(path).text
    assert 'value="sun"' in text
    assert "Whisper it" in text


def test_action_of_a_plugin_that_is_gone_shows_a_tombstone(house):
    made = house.campaign()
    house.action(made)
    client = house.client("operator")
    house.post(client, "/operator/plugins/sample/switch", on="no")
    text = house.client("editor").get(f"/team/lamps/campaign/{made.key}").text
    assert "The operator has switched this plugin off." in text
    assert "Say it" in text


def test_action_that_the_plan_lost_rests_with_the_reason_and_keeps_its_place(house):
    made = house.campaign()
    house.action(made)
    house.post(house.client("operator"), "/operator/teams/lamps/plan", plan="free")
    text = house.client("editor").get(f"/team/lamps/campaign/{made.key}").text
    assert "is not part of the plan Free" in text
    assert "Say it" in text


def test_suggestions_come_from_the_plugin_escaped(house):
    client = house.client("editor")
    path = "/team/lamps/options/sample.word?field=word&config.word=mo"
    assert client.get(path).text.strip() == '<option value="mo1">mo &lt;one&gt;</option>'
    assert client.get("/team/lamps/options/sample.word?field=nothing").status_code == 404


def test_operators_acts_are_in_the_audit_log(house):
    client = house.client("operator")
    house.post(client, "/operator/plugins/sample/switch", on="no")
    house.post(client, "/operator/teams/lamps/plan", plan="pro")
    with house.inst.db.read() as conn:
        acts = list(conn.execute(select(audit.c.act).order_by(audit.c.seq)).scalars())
    assert acts[-2:] == ["plugin.switched", "team.plan_set"]


def test_new_team_gets_the_plan_that_was_chosen(house):
    client = house.client("operator")
    text = client.get("/operator/teams").text
    assert "Not part of Free:" in text
    assert '<option value="free" selected>' in text.split('id="f-plan"')[1]
    assert house.post(client, "/operator/teams", name="Mirrors", plan="pro").status_code == 303
    assert house.post(client, "/operator/teams", name="Vases", plan="gold").status_code == 404
    with house.inst.db.read() as conn:
        plans = dict(conn.execute(select(team.c.name, team.c.plan)).all())
    assert plans["Mirrors"] == "pro"
    assert "Vases" not in plans


def test_plan_that_is_none_is_refused(house):
    client = house.client("operator")
    assert house.post(client, "/operator/teams/lamps/plan", plan="gold").status_code == 404


def test_team_secret_is_stored_sealed_and_forgotten_on_demand(house):
    client = house.client("owner")
    path = "/team/lamps/settings/sample"
    assert house.post(client, path, address="", key="hush-hush").status_code == 303
    assert "hush-hush" not in client.get(path).text
    with house.inst.db.read() as conn:
        kept = json.dumps([row.doc for row in conn.execute(select(setting))])
    assert "hush-hush" not in kept
    assert "key" in kept
    house.post(client, path, address="", key="")
    assert "stored; leave empty" in client.get(path).text
    house.post(client, path, address="", key="", **{"forget!key": "on"})
    assert "stored; leave empty" not in client.get(path).text


def test_healthz_names_a_broken_plugin_and_nothing_that_it_said(house):
    answer = house.app.test_client().get("/healthz")
    assert answer.status_code == 200
    assert answer.json["plugins"]["broken"] == {"state": "broken", "reason": ""}
    assert answer.json["status"] == "degraded"
    assert "plugins" in answer.json["because"]
    assert "ZeroDivisionError" not in answer.text
    assert "Traceback" not in answer.text
    assert "ZeroDivisionError" in house.client("operator").get("/operator/health").text


@pytest.mark.parametrize("state", [State.INCOMPATIBLE, State.INVALID, State.NEEDS_MIGRATION])
def test_healthz_gives_the_cores_own_sentence_without_places_on_the_disk(house, state):
    broken = house.inst.plugins.by_slug["broken"]
    broken.state, broken.traceback = state, ""
    broken.reason = "cannot do x (/srv/lib/python/y/__init__.py), see https://a.example/b"
    told = house.app.test_client().get("/healthz").json["plugins"]["broken"]
    assert told["reason"] == "cannot do x (…), see https://a.example/b"
    broken.traceback = "raised at registration"
    assert house.app.test_client().get("/healthz").json["plugins"]["broken"]["reason"] == ""


def test_a_rest_of_a_plugin_that_is_gone_is_no_trouble(house):
    rest = {"since": house.inst.clock(), "retry_at": house.inst.clock(), "reason": "ValueError: x"}
    with house.inst.db.write() as conn:
        conn.execute(quarantine.insert().values(plugin="left", team=0, **rest))
    assert "resting" not in house.app.test_client().get("/healthz").json["because"]
    with house.inst.db.write() as conn:
        conn.execute(quarantine.insert().values(plugin="sample", team=0, **rest))
    assert "resting" in house.app.test_client().get("/healthz").json["because"]


def test_the_operator_forgets_a_duty_of_a_plugin_that_is_gone(house):
    now = house.inst.clock()
    with house.inst.db.write() as conn:
        tasks.put(conn, "webhook", "77", now)
    (held,) = tasks.claim(
        house.inst.db, "webhook", limit=1, lease=timedelta(minutes=1), now=now, owner="me"
    )
    with house.inst.db.write() as conn:
        tasks.park(conn, held, "plugin 'left': not installed", now=now)
    client, path = house.client("operator"), f"/operator/duties/{held.id}/forget"
    assert path in client.get("/operator/health").text
    assert house.post(house.client("owner"), path).status_code in {403, 404}
    assert house.post(client, path).status_code == 303
    assert house.post(client, path).status_code == 404
    with house.inst.db.read() as conn:
        assert tasks.get(conn, "webhook", "77") is None
        acts = list(conn.execute(select(audit.c.act).order_by(audit.c.seq)).scalars())
    assert acts[-1] == "duty.forgotten"


def test_healthz_without_a_database_is_503(house):
    house.inst.db.engine.dispose()
    Path(house.inst.db.url.database).unlink()  # SQLite makes an empty one: no tables
    assert house.app.test_client().get("/healthz").status_code == 503


def test_pages_of_a_team_take_few_statements(house):
    made = house.campaign()
    for n in range(5):
        house.action(made, title=f"Action {n}")
    client = house.client("editor")
    said = []
    event.listen(house.inst.db.engine, "before_cursor_execute", lambda *args: said.append(args[2]))
    for page, most in (("", 80), ("/entries", 30), ("/sources", 20)):
        said.clear()
        assert client.get(f"/team/lamps/campaign/{made.key}{page}").status_code == 200
        assert 0 < len(said) <= most, (page, len(said), said)
