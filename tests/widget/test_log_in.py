"""Entering with a network, over HTTP: the sandbox's X proves who somebody is."""

import html
import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from tombola.api import Identity
from tombola.app import create_app
from tombola.campaigns.models import action
from tombola.entrants import service as entrants
from tombola.plugins import config as plugin_config
from tombola.plugins.switches import Scope
from tombola.testing import installation
from tombola.testing.network import in_process
from tombola.toolkit.fetch import Fetcher
from tombola.widget import hot
from tombola_sandbox.access import DEMO_APP
from tombola_sandbox.app import sandbox_app
from tombola_sandbox.models import App
from tombola_sandbox.world import World
from tombola_twitter_import.config import OperatorSettings

PROVIDER = "twitter_import.x"
OWN = {"Sec-Fetch-Site": "same-origin"}
SETTINGS = {
    "api_url": "http://x.example",
    "site_url": "http://x.example",
    "bearer_token": DEMO_APP.bearer,
    "client_id": DEMO_APP.client_id,
    "client_secret": DEMO_APP.client_secret,
}


@pytest.fixture
def world(clock):
    world = World(clock=clock)
    callback = f"http://localhost/back/{PROVIDER}"
    world.access.register(App(**{**DEMO_APP.model_dump(), "redirect_uris": (callback,)}))
    world.add_person("jane", "Jane")
    return world


@pytest.fixture
def network(world):
    return sandbox_app(world=world)


@pytest.fixture
def inst(sqlite_database, clock, tmp_path, network):
    """An installation whose way out leads to the sandbox's X, set up by the operator."""
    fetcher = Fetcher(mounts={"x.example:80": in_process(network)})
    inst = installation.make(
        sqlite_database, clock, tmp_path,
        slugs=["twitter_import", "custom_tracking"], fetcher=fetcher,
    )  # fmt: skip
    with inst.db.write() as conn:
        settings = OperatorSettings.model_validate(SETTINGS)
        place = ("twitter_import", Scope.INSTALLATION, "")
        plugin_config.save(conn, inst.vault, *place, settings)
    return inst


@pytest.fixture
def app(site, office):
    site.importer()
    app = create_app(office.inst)
    app.extensions[hot.NAME] = hot.make(office.inst, fresh_s=0)
    yield app
    app.extensions[hot.NAME].tracker.close()


@pytest.fixture
def client(app):
    return app.test_client()


def leave_for_x(client, **form):
    """Press the button; the address at X that the browser is sent to."""
    page = client.post(f"/w/y2sB7/with/{PROVIDER}", data=form, headers=OWN)
    assert page.status_code == 200, page.text
    [address] = re.findall(r'content="0;url=([^"]+)"', page.text)
    return html.unescape(address)


def decide(network, world, address, decision="allow"):
    """Press a button at X; the path at Tombola that the browser is sent back to."""
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    form = {**asked, "person": world.person("jane").id, "decision": decision}
    with httpx2.Client(transport=in_process(network)) as browser:
        answer = browser.post("http://x.example/i/oauth2/authorize", data=form)
    back = urlsplit(answer.headers["location"])
    assert back.netloc == "localhost"
    return f"{back.path}?{back.query}"


def test_page_offers_the_network_that_the_campaign_has_to_do_with(client):
    page = client.get("/y2sB7").text
    assert "Continue with X (Twitter)" in page
    assert "Your posts on X (Twitter) that take part count for you." in page
    assert 'name="consent"' not in page


def test_box_stands_above_the_button_for_who_is_known_by_something_else(client):
    client.post("/w/y2sB7/enter", data={"name": "Anna", "email": "a@b.example"}, headers=OWN)
    page = client.get("/y2sB7").text
    assert 'name="consent" value="yes" required' in page
    assert "Connect my X account" in page
    assert page.index('name="consent"') < page.index("Continue with X")


def test_newcomer_gets_what_the_account_did_and_agrees_to_nothing(site, client, network, world):
    jane = Identity(PROVIDER, str(world.person("jane").id), handle="jane", name="Jane")
    with site.inst.db.write() as conn:
        [known] = entrants.resolve(conn, site.actor.team_id, [jane], site.inst.clock()).values()
    client.get(decide(network, world, leave_for_x(client, consent="yes")))
    with site.inst.db.read() as conn:
        now_known = entrants.find(conn, site.actor.team_id, PROVIDER, jane.uid)
    assert now_known is not None
    assert now_known.entrant_id == known.entrant_id
    assert now_known.proven_at is not None
    assert now_known.consented_at is None


def test_address_joins_an_account_only_with_the_box(site, app, client, network, world, office):
    other = app.test_client()
    for path, form in (
        ("enter", {"name": "Anna", "email": "anna@mail.example"}),
        ("code/ask", {"proof.email": "anna@mail.example"}),
    ):
        other.post(f"/w/y2sB7/{path}", data=form, headers=OWN)
    other.post("/w/y2sB7/code", data={"code": office.code()}, headers=OWN)
    client.get(decide(network, world, leave_for_x(client)))
    assert "I have entered before with my e-mail address" in client.get("/y2sB7").text
    client.post("/w/y2sB7/code/ask", data={"proof.email": "anna@mail.example"}, headers=OWN)
    page = client.get("/y2sB7").text
    assert "Look into your mail" in page
    assert page.index('name="consent"') < page.index("Confirm</button>")
    refused = client.post("/w/y2sB7/code", data={"code": office.code()}, headers=OWN)
    assert refused.status_code == 422
    assert "tick the box" in refused.text
    assert "Jane" in client.get("/y2sB7").text
    form = {"code": office.code(), "consent": "yes"}
    assert client.post("/w/y2sB7/code", data=form, headers=OWN).status_code == 303
    assert "You are in as <bdi><b>Anna<" in client.get("/y2sB7").text
    with site.inst.db.read() as conn:
        jane = entrants.find(conn, site.actor.team_id, PROVIDER, str(world.person("jane").id))
        anna = entrants.find(conn, site.actor.team_id, "email", "anna@mail.example")
    assert jane is not None
    assert anna is not None
    assert jane.entrant_id == anna.entrant_id
    assert jane.consented_at is not None


@pytest.mark.parametrize("state", ["active", "paused"])
def test_rhythm_is_told_only_of_a_source_that_is_asked(site, client, state):
    fed = site.importer(state)
    page = client.get("/y2sB7").text
    [card] = re.findall(rf'id="a-{fed.uid}".*?</li>', page, re.DOTALL)
    assert ("We look for new posts" in card) is (state == "active")


def test_action_that_imports_from_nowhere_is_left_out(site, client):
    empty = site.bare_importer()
    with site.inst.db.write() as conn:
        conn.execute(action.update().where(action.c.id == empty.id).values(mandatory=True))
    question = site.action()
    page = client.get("/y2sB7").text
    assert empty.uid not in page
    assert f'id="a-{question.uid}" data-state="open' in page


def test_network_without_an_app_is_not_offered(site, client):
    assert "Continue with X" in client.get("/y2sB7").text
    with site.inst.db.write() as conn:
        settings = OperatorSettings.model_validate({**SETTINGS, "client_id": ""})
        place = ("twitter_import", Scope.INSTALLATION, "")
        plugin_config.save(conn, site.inst.vault, *place, settings)
    assert "Continue with X" not in client.get("/y2sB7").text
    assert client.post(f"/w/y2sB7/with/{PROVIDER}", headers=OWN).status_code == 422


def test_log_in_makes_an_entrant_that_is_known_again(client, network, world):
    back = decide(network, world, leave_for_x(client, consent="yes"))
    answer = client.get(back)
    assert (answer.status_code, answer.location) == (303, "/y2sB7")
    page = client.get("/y2sB7").text
    assert "Jane" in page
    assert "Continue with" not in page


def test_person_by_name_connects_the_account_and_stays_one_entrant(site, client, network, world):
    client.post("/w/y2sB7/enter", data={"name": "Anna", "email": "a@b.example"}, headers=OWN)
    assert "Let your posts count for you" in client.get("/y2sB7").text
    client.get(decide(network, world, leave_for_x(client, consent="yes")))
    page = client.get("/y2sB7").text
    assert "Anna" in page
    assert "Let your posts count for you" not in page


def test_connecting_without_the_box_is_explained(client):
    client.post("/w/y2sB7/enter", data={"name": "Anna", "email": "a@b.example"}, headers=OWN)
    page = client.post(f"/w/y2sB7/with/{PROVIDER}", headers=OWN)
    assert page.status_code == 422
    assert "tick the box" in page.text


def test_pending_unlock_is_claimed_by_a_log_in_with_the_network(site, client, network, world):
    vip = site.action("VIP", link="https://shop.example/")
    link = client.get(f"/w/y2sB7/go/{vip.uid}").location
    site.push(["VIP"], token=parse_qs(urlsplit(link).query)["xref"][0])
    assert site.entries() == []
    client.get(decide(network, world, leave_for_x(client, consent="yes")))
    assert [row["state"] for row in site.entries()] == ["valid"]


def test_refusal_at_the_network_is_said_on_the_page(client, network, world):
    answer = client.get(decide(network, world, leave_for_x(client), decision="deny"))
    assert answer.status_code == 303
    assert answer.location == f"/y2sB7?said=cancelled&with={PROVIDER}#top"
    page = client.get(answer.location)
    assert "You did not log in with X (Twitter)." in page.text
    assert "You can take part with your name and e-mail address." in page.text
    assert page.status_code == 200


def test_answer_that_the_network_does_not_take_is_said_on_the_page(client, network, world):
    back = decide(network, world, leave_for_x(client))
    answer = client.get(re.sub(r"code=[^&]+", "code=made-up", back))
    assert answer.status_code == 303
    assert "did not work" in client.get(answer.location).text
    assert "made-up" not in answer.location


def test_word_of_somebody_elses_making_is_not_said(client):
    page = client.get("/y2sB7?said=cancelled&with=<b>nobody</b>").text
    assert "You did not log in with the network." in page
    assert "nobody" not in page


def test_state_is_good_once_in_one_browser_and_for_a_while(app, client, network, world, clock):
    back = decide(network, world, leave_for_x(client))
    other = app.test_client()
    assert "in another browser" in other.get(back, follow_redirects=True).text
    assert "done already" in client.get(back, follow_redirects=True).text
    late = decide(network, world, leave_for_x(client))
    clock.advance(timedelta(minutes=15))
    assert "took too long" in client.get(late, follow_redirects=True).text
    assert client.get(f"/back/{PROVIDER}?state=made-up&code=x").status_code == 404
    assert "Join in" in client.get("/y2sB7").text


def test_unknown_network_is_not_found(client):
    assert client.post("/w/y2sB7/with/nobody.knows", headers=OWN).status_code == 404


def test_log_in_that_another_sites_page_begins_is_refused(client):
    headers = {"Sec-Fetch-Site": "cross-site"}
    assert client.post(f"/w/y2sB7/with/{PROVIDER}", headers=headers).status_code == 403
