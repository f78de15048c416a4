"""The pages of claims, people and contact over HTTP."""

import re

import pytest

from tombola.api import Evidence
from tombola.app import create_app
from tombola.claiming import deciding
from tombola.claiming.rules import State
from tombola.entrants import service as entrants
from tombola.people import merging, service
from tombola.people.contact import reach
from tombola.teams import service as teams
from tombola.widget import hot

OWN = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def app(quick_world):
    app = create_app(quick_world.inst)
    app.extensions[hot.NAME] = hot.make(quick_world.inst, fresh_s=0)
    yield app
    app.extensions[hot.NAME].tracker.close()


@pytest.fixture
def team(app):
    """A member who is logged in."""
    client = app.test_client()
    page = client.get("/log-in").get_data(as_text=True)
    sent = {"email": "o@example.org", "password": "long enough words", "csrf_token": token(page)}
    assert client.post("/log-in", data=sent).status_code == 303
    return client


def found_in(pattern, page):
    """The first group of a pattern that has to be there."""
    found = re.search(pattern, page)
    assert found is not None, pattern
    return next(group for group in found.groups() if group)


def token(page):
    return found_in(r'name="csrf_token" value="([^"]+)"', page)


def post(client, path, **data):
    """Send a form of the page at ``path`` or of the first part of it."""
    page = client.get("/team/team/campaign/y2sB7/claims").get_data(as_text=True)
    mark = found_in(r'csrf_token" value="([^"]+)"|X-CSRFToken": "([^"]+)"', page)
    return client.post(path, data={"csrf_token": mark, **data})


def enter(app):
    browser = app.test_client()
    sent = {"name": "Anna", "email": "anna@mail.example"}
    assert browser.post("/w/y2sB7/enter", data=sent, headers=OWN).status_code == 303
    return browser


def test_an_entrant_claims_sees_the_standing_and_withdraws_without_script(quick_world, app):
    world = quick_world
    world.post("a")
    world.read()
    uid, field = world.action.uid, f"claim.{world.action.uid[-12:]}."
    browser = app.test_client()
    path = f"/w/y2sB7/claim/{uid}"
    assert "Take part first" in browser.get("/y2sB7").get_data(as_text=True)
    refused = browser.post(path, data={field + "link": "https://wall.example/p/a"}, headers=OWN)
    assert refused.status_code == 422
    browser = enter(app)
    wrong = browser.post(path, data={field + "link": "https://other.example/"}, headers=OWN)
    assert wrong.status_code == 422
    assert "not the address of a post there" in wrong.get_data(as_text=True)
    sent = {field + "link": "https://wall.example/p/a", field + "handle": "@anna"}
    assert browser.post(path, data=sent, headers=OWN).status_code == 303
    page = browser.get("/y2sB7").get_data(as_text=True)
    assert "Somebody of the team looks at it." in page
    assert re.search(r'class="code"><bdi dir="ltr">[A-Z2-9]{8}<', page)
    claimed = found_in(rf"/claim/{uid}/([^/\"]+)/withdraw", page)
    assert browser.post(f"{path}/{claimed}/look", headers=OWN).status_code == 200
    stranger = enter(app)
    assert stranger.post(f"{path}/{claimed}/withdraw", headers=OWN).status_code == 404
    assert browser.post(f"{path}/{claimed}/withdraw", headers=OWN).status_code == 303
    assert "Somebody of the team" not in browser.get("/y2sB7").get_data(as_text=True)


def test_an_entrant_claims_in_a_frame_on_another_site(quick_world, app):
    world = quick_world
    world.post("a")
    world.read()
    browser = app.test_client()
    uid, field = world.action.uid, f"claim.{world.action.uid[-12:]}."
    sent = {"name": "Anna", "email": "anna@mail.example"}
    assert browser.post("/w/y2sB7/enter?frame=1", data=sent, headers=OWN).status_code == 303
    path = f"/w/y2sB7/claim/{uid}?frame=1"
    assert path in browser.get("/y2sB7/embed").get_data(as_text=True)
    back = browser.post(path, data={field + "link": "https://wall.example/p/a"}, headers=OWN)
    assert back.location.startswith("/y2sB7/embed")
    assert "Somebody of the team" in browser.get("/y2sB7/embed").get_data(as_text=True)


def test_a_log_in_settles_what_it_owns(quick_world, app):
    world = quick_world
    world.post("a")
    world.read()
    world.log_in.owns = ["wall:a"]
    browser = enter(app)
    left = browser.post("/w/y2sB7/with/wall.id", headers=OWN).get_data(as_text=True)
    state = found_in(r"state=([\w-]+)", left)
    assert browser.get(f"/back/wall.id?code=anna&state={state}").status_code == 303
    assert "2 entries from this" in browser.get("/y2sB7").get_data(as_text=True)


def test_a_moderator_sees_decides_and_takes_back(quick_world, team):
    world = quick_world
    world.post("a", text="<b>my cat</b>")
    world.read()
    world.wall.said = Evidence(note="That name has posted it.")
    anna, bert = world.person("Anna", "anna@mail.example"), world.person("Bert")
    hers, his = world.claim(anna, "a", handle="anna"), world.claim(bert, "a")
    world.work()
    path = "/team/team/campaign/y2sB7/claims"
    page = team.get(path).get_data(as_text=True)
    for words in ("&lt;b&gt;my cat", "That name has posted it.", "Others claim the same post"):
        assert words in page
    assert re.search(r'Claims <span class="count">2<', page)
    no_reason = post(team, path, entry=his.uid, act="reject", reason="")
    assert no_reason.status_code == 422
    assert "Say why" in no_reason.get_data(as_text=True)
    assert post(team, path, entry=hers.uid, act="approve").status_code == 303
    assert world.state(hers) == State.APPROVED
    assert "Take back" in team.get(f"{path}?view=approved").get_data(as_text=True)
    again = team.get(path).get_data(as_text=True)
    assert "Nothing to decide" in again
    assert post(team, f"{path}/{hers.uid}/undo").status_code == 303
    assert {world.state(hers), world.state(his)} == {State.PENDING}
    assert post(team, path, entry=[hers.uid, his.uid], act="reject", reason="No.", ticked="1")
    assert {world.state(hers), world.state(his)} == {State.REJECTED}


def test_a_persons_page_shows_how_they_came_together_and_undoes_it(quick_world, team):
    world = quick_world
    world.post("a")
    world.read()
    before = world.counts()
    anna = world.person("Anna", "anna@mail.example")
    hers = world.claim(anna, "a")
    world.work()
    deciding.approve(world.inst, world.actor, world.campaign.uid, [hers.uid])
    with world.inst.db.read() as conn:
        uid = entrants.get(conn, world.actor.team_id, anna[0]).uid
    page = team.get(f"/team/team/people/{uid}").get_data(as_text=True)
    for words in ("anna@mail.example", "not confirmed", "by their claim", "1 entry", "Olga"):
        assert words in page
    link = found_in(rf"/people/{uid}/undo/([\w-]+)", page)
    assert post(team, f"/team/team/people/{uid}/undo/{link}").status_code == 303
    assert world.counts() == before
    assert world.state(hers) == State.PENDING
    assert post(team, f"/team/team/people/{uid}/undo/{link}").status_code == 303
    assert world.counts() == before


def test_merging_shows_numbers_first_and_can_be_undone(quick_world, team):
    world = quick_world
    world.post("a")
    world.post("b")
    world.read()
    anna, twin = world.person("Anna", "anna@mail.example"), world.person("Anna M")
    first, second = world.claim(anna, "a"), world.claim(twin, "b")
    world.work()
    both = [first.uid, second.uid]
    deciding.approve(world.inst, world.actor, world.campaign.uid, both)
    before = world.counts()
    with world.inst.db.read() as conn:
        mine = entrants.get(conn, world.actor.team_id, anna[0]).uid
        other = entrants.get(conn, world.actor.team_id, twin[0]).uid
    # An equal name is never a suggestion.
    assert "may be one person" not in team.get(f"/team/team/people/{mine}").get_data(as_text=True)
    found = team.get(f"/team/team/people/{mine}/merge?find=anna").get_data(as_text=True)
    assert other in found
    shown = team.get(f"/team/team/people/{mine}/merge?other={other}").get_data(as_text=True)
    assert "1 entry" in shown
    assert world.counts() == before
    assert post(team, f"/team/team/people/{mine}/merge", other=other).status_code == 303
    assert set(world.owners().values()) == {anna[0]}
    assert merging.merge(world.inst, world.actor, mine, other) == 0
    for link in service.person(world.inst, world.actor, mine).links:
        if link.undoable and link.why == merging.WHY:
            service.undo(world.inst, world.actor, mine, link.uid)
    assert world.counts() == before


def test_the_contact_card_of_an_entry_tells_the_way_and_keeps_attempts(quick_world, team):
    world = quick_world
    world.post("a")
    world.read()
    page = team.get("/team/team/campaign/y2sB7/entries").get_data(as_text=True)
    uid = found_in(r"/entries/([0-9a-f-]{36})", page)
    path = f"/team/team/campaign/y2sB7/entries/{uid}/contact"
    assert path in team.get(path.removesuffix("/contact")).get_data(as_text=True)
    card = team.get(path).get_data(as_text=True)
    for words in ("Nobody has claimed this post", "https://wall.example/p/a", "public comment"):
        assert words in card
    assert "http://localhost/y2sB7" in card
    assert "%(" not in card
    assert post(team, path, way="", note="").status_code == 422
    assert post(team, path, way="comment", note="no answer").status_code == 303
    tried = reach(world.inst, world.actor, world.campaign, uid).attempts
    assert [(one.by, one.way, one.note) for one in tried] == [("Olga", "comment", "no answer")]


def test_another_team_finds_no_person_claim_or_card(quick_world, app, team):
    world = quick_world
    world.post("a")
    world.read()
    anna = world.person("Anna")
    made = world.claim(anna, "a")
    world.work()
    with world.inst.db.read() as conn:
        uid = entrants.get(conn, world.actor.team_id, anna[0]).uid
    acting = teams.operator_actor(world.operator)
    teams.create_team(world.inst, acting, teams.NewTeam(name="Other", slug="other"))
    entry = found_in(
        r"/entries/([0-9a-f-]{36})",
        team.get("/team/team/campaign/y2sB7/entries").get_data(as_text=True),
    )
    for path in (
        f"/team/other/people/{uid}",
        f"/team/other/people/{uid}/merge",
        "/team/other/campaign/y2sB7/claims",
        f"/team/other/campaign/y2sB7/entries/{entry}/contact",
    ):
        assert team.get(path).status_code == 404, path
    undo = post(team, f"/team/other/campaign/y2sB7/claims/{made.uid}/undo")
    assert undo.status_code == 404
