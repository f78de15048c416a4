import re
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from tombola.testing.network import FaultKind, Network, TestClock
from tombola_sandbox.access import DEMO_APP
from tombola_sandbox.console.app import console_app
from tombola_sandbox.console.views import KINDS, PATTERNS
from tombola_sandbox.models import Standing
from tombola_sandbox.place import Place
from tombola_sandbox.serving import register_return_addresses
from tombola_sandbox.world import World

PAGES = Path(__file__).parent / "pages"


@pytest.fixture
def console(world: World, network: Network, tmp_path) -> FlaskClient:
    place = Place(8000, tmp_path, "http://localhost:8000")
    return console_app(world, network, place).test_client()


@pytest.mark.parametrize(
    "path", ["/", "/console/calls", "/console/live", "/console/people", "/console/settings"]
)
def test_every_page_shows_a_living_world(console, client, world: World, network, path: str):
    world.post("jane", "#acme <script>alert(1)</script>", photos=2, lang="de")
    world.edit(world.post("otto", "films", photos=1, kind="video").id, "better films")
    client.get("/2/tweets/search/recent", params={"query": "#acme"})
    network.faults.break_("/2/*", FaultKind.SLOW)
    page = console.get(path)
    assert page.status_code == 200
    assert "<script>alert" not in page.text
    assert "style=" not in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]


def test_every_field_has_a_label(console, world: World):
    world.post("jane", "#acme", photos=1)
    for path in ("/", "/console/people", "/console/settings"):
        html = console.get(path).text
        ids = set(
            re.findall(
                r'<(?:select|textarea|input(?! type="(?:hidden|checkbox))) ?[^>]*?id="([^"]+)"',
                html,
            )
        )
        assert ids
        assert ids <= set(re.findall(r'<label for="([^"]+)"', html))


def test_a_post_is_added_edited_and_deleted(console, world: World, now: TestClock):
    person = world.person("jane")
    assert person is not None
    form = {"author": person.id, "text": "Hello #acme", "photos": "2", "lang": "fr"}
    assert console.post("/console/posts", data=form).status_code == 303
    [post] = world.posts.values()
    assert (post.author_id, len(post.media_keys), post.body["lang"]) == (person.id, 2, "fr")
    assert "Hello #acme" in console.get("/").text
    assert "t.co" not in console.get("/").text
    now.advance(timedelta(seconds=5))
    form = {"text": "Better #acme", "drop_media": "1"}
    assert console.post(f"/console/posts/{post.id}/edit", data=form).status_code == 303
    assert post.edited_into is not None
    assert world.posts[post.edited_into].media_keys == []
    console.post(f"/console/posts/{post.edited_into}/delete")
    assert world.posts[post.edited_into].deleted
    assert "Better #acme" not in console.get("/").text


@pytest.mark.parametrize("wrong", [{"author": "nobody"}, {"photos": "5"}, {"photos": "x"}])
def test_a_wrong_post_is_refused(console, world: World, wrong):
    person = world.person("jane")
    assert person is not None
    form = {"author": person.id, "text": "x", "photos": "0", **wrong}
    assert console.post("/console/posts", data=form).status_code == 400
    assert console.post("/console/posts/7/edit", data={"text": "x"}).status_code == 404


@pytest.mark.parametrize("kind", [kind.value for kind, _ in KINDS])
@pytest.mark.parametrize("pattern", [pattern for pattern, _ in PATTERNS])
def test_everything_can_be_broken_in_every_way_and_mended(console, network, kind, pattern):
    form = {"kind": kind, "pattern": pattern, "times": "3", "seconds": "7"}
    assert console.post("/console/faults", data=form).status_code == 303
    [fault] = network.faults.standing()
    assert (fault.kind, fault.pattern, fault.times) == (kind, pattern, 3)
    assert fault.lasts == timedelta(seconds=7)
    assert "Mend everything" in console.get("/").text
    console.post("/console/mend", data={"pattern": pattern})
    assert not network.faults.standing()
    assert "Everything works." in console.get("/").text


def test_everything_is_mended_at_once(console, network: Network):
    network.faults.break_("/a", FaultKind.RESET)
    network.faults.break_("/b", FaultKind.RESET)
    console.post("/console/mend")
    assert not network.faults.standing()


def test_faults_of_zero_calls_stay_until_mended(console, network: Network):
    form = {"kind": "429", "pattern": "/2/*", "times": "0", "seconds": "5"}
    console.post("/console/faults", data=form)
    assert network.faults.standing()[0].times is None
    assert console.post("/console/faults", data={**form, "kind": "418"}).status_code == 400


def test_switches_credits_and_people_are_set(console, world: World):
    console.post("/console/life", data={"on": "1"})
    assert world.switches.self_posting
    console.post("/console/life", data={"on": "0"})
    assert not world.switches.self_posting
    form = {"every_seconds": "30", "index_lag_seconds": "0", "vocabulary": "tweet"}
    console.post("/console/switches", data=form)
    assert world.switches.every == timedelta(seconds=30)
    assert world.switches.index_lag == timedelta(0)
    console.post("/console/credits", data={"dollars": "12"})
    assert world.wallet.left_micro == 12_000_000
    console.post("/console/credits", data={"dollars": "12", "empty": "1"})
    assert world.wallet.empty
    assert "No credits left" in console.get("/").text
    person = world.person("otto")
    assert person is not None
    console.post(f"/console/people/{person.id}/standing", data={"standing": "protected"})
    assert person.standing is Standing.PROTECTED
    token = world.access.give_token(DEMO_APP.client_id, person.id, ("tweet.read",))
    console.post(f"/console/people/{person.id}/take-back")
    assert world.access.caller(token.access_token) is None


def test_the_application_is_changed_and_keeps_its_return_addresses(console, world: World):
    form = {"redirect_uris": "https://a.example/x\nhttps://b.example/y\n"}
    console.post("/console/app", data=form)
    app = world.access.apps[DEMO_APP.client_id]
    assert app.redirect_uris == ("https://a.example/x", "https://b.example/y")
    assert not app.enrolled
    register_return_addresses(world, "http://localhost:8000")
    register_return_addresses(world, "http://localhost:8000")
    addresses = world.access.apps[DEMO_APP.client_id].redirect_uris
    assert "http://localhost:8000/back/twitter_import.x" in addresses
    assert "https://a.example/x" in addresses
    assert len(addresses) == len(set(addresses))


def test_calls_are_seen_and_forgotten(console, client, network: Network):
    client.get("/2/tweets/search/recent", params={"query": "#acme-seen"})
    assert "#acme-seen" in console.get("/console/live").text
    assert "#acme-seen" in console.get("/console/calls").text
    console.post("/console/calls/clear")
    assert not network.calls


def test_another_sites_page_can_do_nothing(console, world: World):
    evil = {"Origin": "https://evil.example"}
    assert console.post("/console/life", data={"on": "1"}, headers=evil).status_code == 403
    assert not world.switches.self_posting
    own = {"Origin": "http://localhost"}
    assert console.post("/console/life", data={"on": "1"}, headers=own).status_code == 303
    assert console.get("/", headers={"Host": "evil.example"}).status_code == 421
    plain = {"Content-Type": "text/plain"}
    assert console.post("/console/api/post", data="{}", headers=plain).status_code == 415


def test_the_commands_ask_the_console(console, world: World):
    wishes = {"username": "jane", "text": "#acme", "photos": 1, "lang": "en"}
    said = console.post("/console/api/post", json=wishes).get_json()["said"]
    assert said.endswith("by @jane")
    wrong = console.post("/console/api/post", json={**wishes, "username": "nobody"})
    assert (wrong.status_code, wrong.get_json()["error"]) == (400, "nobody here is called 'nobody'")
    text = (PAGES / "older_words.jsonl").read_text(encoding="utf-8")
    manner = {"as_recent": True, "shift_to_now": False, "keep_media_urls": False}
    said = console.post("/console/api/load", json={"text": text, **manner}).get_json()["said"]
    assert said.startswith("6 posts")
    wrong = console.post("/console/api/load", json={"text": "{", **manner})
    assert wrong.status_code == 400


def test_pictures_of_the_console_are_beside_the_network(console, world: World, network: Network):
    world.post("jane", "#acme", photos=1)
    network.faults.break_("/*", FaultKind.RESET)
    [address] = set(re.findall(r'src="(/console/pictures/(?!people)[^"]+)"', console.get("/").text))
    assert console.get(address).mimetype == "image/jpeg"
    assert console.get("/console/pictures/no.jpg").status_code == 404
    with console.get("/assets/sandbox.css") as style:
        assert style.mimetype == "text/css"
    assert console.get("/assets/../app.py").status_code == 404


def test_a_wrong_recording_is_refused_in_words_through_the_console(console, world: World):
    manner = {"as_recent": True, "shift_to_now": False, "keep_media_urls": False}
    user = '{"data": [], "includes": {"users": [{"id": "1", "name": "No username"}]}}'
    wrong = console.post("/console/api/load", json={"text": "\n" + user, **manner})
    assert wrong.status_code == 400
    assert "line 2 is no page of posts: user username" in wrong.get_json()["error"]
    assert "1" not in world.people


def test_people_without_a_picture_are_shown(console, world: World):
    world.load("person.joined", "22", {"user": {"id": "22", "username": "bare"}})
    world.post("22", "#acme")
    assert "@bare" in console.get("/console/people").text
    assert "@bare" in console.get("/").text
