"""Entering with a network, over HTTP: the sandbox's X proves who somebody is."""

import html
import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from tombola.app import create_app
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
def app(site):
    site.importer()
    app = create_app(site.inst)
    app.extensions[hot.NAME] = hot.make(site.inst, fresh_s=0)
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
    assert 'name="consent"' in page


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
    action = site.action("VIP", link="https://shop.example/")
    link = client.get(f"/w/y2sB7/go/{action.uid}").location
    site.push(["VIP"], token=parse_qs(urlsplit(link).query)["xref"][0])
    assert site.entries() == []
    client.get(decide(network, world, leave_for_x(client, consent="yes")))
    assert [row["state"] for row in site.entries()] == ["valid"]


def test_refusal_at_the_network_is_said_on_the_page(client, network, world):
    answer = client.get(decide(network, world, leave_for_x(client), decision="deny"))
    assert answer.status_code == 422
    assert 'class="notice notice-bad"' in answer.text
    assert "Win a bicycle" in answer.text


def test_state_is_good_once_in_one_browser_and_for_a_while(app, client, network, world, clock):
    back = decide(network, world, leave_for_x(client))
    assert app.test_client().get(back).status_code == 404
    assert client.get(back).status_code == 404
    late = decide(network, world, leave_for_x(client))
    clock.advance(timedelta(minutes=15))
    assert client.get(late).status_code == 404
    assert client.get(f"/back/{PROVIDER}?state=made-up&code=x").status_code == 404
    assert "Join in" in client.get("/y2sB7").text


def test_unknown_network_is_not_found(client):
    assert client.post("/w/y2sB7/with/nobody.knows", headers=OWN).status_code == 404


def test_log_in_that_another_sites_page_begins_is_refused(client):
    headers = {"Sec-Fetch-Site": "cross-site"}
    assert client.post(f"/w/y2sB7/with/{PROVIDER}", headers=headers).status_code == 403
