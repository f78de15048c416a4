"""Through the real application: connected, told by webhooks, deleted on demand."""

import base64
import hashlib
import hmac
import json
import re
from datetime import timedelta
from html import unescape

import httpx2
import pytest
from sqlalchemy import select

from tombola import seeding
from tombola.api import Identity
from tombola.app import create_app
from tombola.connections.jobs import kinds as connection_kinds
from tombola.entrants import service as entrants
from tombola.inbox.jobs import kinds as inbox_kinds
from tombola.inbox.models import inbox
from tombola.queue import reconciler, runner
from tombola.queue.kinds import House, Kinds
from tombola.testing import installation
from tombola.testing.network import in_process
from tombola.toolkit.fetch import Fetcher
from tombola_sandbox.meta.access import DEMO_META_APP
from tombola_sandbox.meta.courier import Courier
from tombola_sandbox.meta.models import Callback, Page, Person

pytestmark = pytest.mark.slow
SETTINGS = {
    "app_id": DEMO_META_APP.id,
    "app_secret": DEMO_META_APP.secret,
    "verify_token": "a word of ours",
    "graph_url": "http://meta.example/graph.facebook.com",
    "dialog_url": "http://meta.example/www.facebook.com",
}
ADDRESS = re.compile(r"http://meta\.example/www\.facebook\.com/[^\"' <]+")
ACCOUNTS = "/team/lamps/accounts"


class Site:
    """The application, its workers, and a member in front of it."""

    def __init__(self, inst, clock):
        self.inst = inst
        self.clock = clock
        self.app = create_app(inst)
        self.browser = self.app.test_client()
        self.house = House(inst, Kinds([*inbox_kinds(), *connection_kinds()]))
        reconciler.settle_in(self.house)

    def post(self, path, **form):
        """Send a form with the token of this browser."""
        page = self.browser.get("/your-teams").text + self.browser.get("/log-in").text
        token = page.split('name="csrf_token" value="')[1].split('"')[0]
        return self.browser.post(path, data={"csrf_token": token, **form})

    def log_in(self):
        answer = self.post("/log-in", email="op@example.org", password="correct horse")
        assert answer.status_code == 303

    def work(self):
        while due := reconciler.tick(self.house):
            for kind in due:
                runner.run(self.house, self.house.kinds[kind])

    def states(self):
        with self.inst.db.read() as conn:
            return list(conn.execute(select(inbox.c.state).order_by(inbox.c.id)).scalars())


@pytest.fixture
def their_app(meta):
    """The app at Meta, which sends its events to us."""
    back = ("http://localhost/connected/meta.facebook",)
    hook = Callback(
        url="http://localhost/webhooks/meta/events",
        verify_token="a word of ours",
        fields=("feed", "mention"),
    )
    things = meta.things
    return things.change(meta.access.demo, redirect_uris=back, callbacks={"page": hook})


@pytest.fixture
def site(database, clock, tmp_path, network, their_app):
    fetcher = Fetcher(mounts={"meta.example:80": in_process(network)})
    inst = installation.make(database, clock, tmp_path, slugs=["meta"], fetcher=fetcher)
    document = tmp_path / "seed.json"
    seed = {
        "operator": {"email": "op@example.org", "name": "Op", "password": "correct horse"},
        "team": {"name": "Lamps", "slug": "lamps", "plan": "business"},
        "settings": {"meta": SETTINGS},
    }
    document.write_text(json.dumps(seed), encoding="utf-8")
    seeding.load(inst, document, {})
    return Site(inst, clock)


@pytest.fixture
def tea(meta):
    """Ann's page."""
    ann = meta.facebook.add_person("Ann")
    return meta.facebook.add_page("Tea Room", admin=ann)


@pytest.fixture
def connected(site, meta, tea, press):
    """Tea Room, connected by a member through the pages."""
    site.log_in()
    left = site.post(f"{ACCOUNTS}/connect/meta.facebook")
    address = unescape(ADDRESS.findall(left.text)[0])
    (ann,) = (person for person in meta.things.all(Person).values() if person.name == "Ann")
    back = press(address, ann.id, page=[tea.id])
    offered = site.browser.get("/connected/meta.facebook", query_string=back)
    assert offered.status_code == 303
    page = site.browser.get(offered.headers["Location"]).text
    assert "Tea Room" in page
    picked = site.post(offered.headers["Location"], account=[tea.id])
    assert picked.status_code == 303
    site.work()
    return tea


@pytest.fixture
def courier(site, meta, world):
    """Carries what Meta has to tell to the application."""
    http = httpx2.Client(transport=httpx2.WSGITransport(app=site.app))
    with http:
        made = Courier(meta.things, meta.access, world.switches, http)
        made.verify_all()
        yield made


def test_member_connects_a_page_and_it_is_subscribed(site, connected, meta, their_app):
    assert meta.things.one(Page, connected.id).subscriptions[their_app.id] == ("feed", "mention")
    assert "Works" in site.browser.get(ACCOUNTS).text


def test_comment_on_a_connected_page_arrives_once(site, connected, meta, world, courier):
    world.switches.set(meta_doubled=True)
    post = meta.facebook.post(connected, "Was trinkt ihr?")
    meta.facebook.comment(meta.facebook.add_person("Kim Lääö"), post, "Tee / für dich")
    delivered = courier.deliver()
    assert {each.status for each in delivered} == {200}
    site.work()
    with site.inst.db.read() as conn:
        events = [row.event for row in conn.execute(select(inbox)).all()]
    said = [each["payload"]["value"].get("message") for each in events]
    assert said.count("Tee / für dich") == 1
    assert {each["topic"] for each in events} == {"meta.page.feed"}
    assert {each["account"] for each in events} == {connected.id}
    assert set(site.states()) == {"handled"}


def test_page_that_nobody_connected_is_acknowledged_and_dropped(
    site, tea, meta, courier, their_app
):
    meta.things.change(tea, subscriptions={their_app.id: ("feed",)})
    post = meta.facebook.post(meta.things.one(Page, tea.id), "Was trinkt ihr?")
    meta.facebook.comment(meta.facebook.add_person("Kim"), post, "Tee")
    assert {each.status for each in courier.deliver()} == {200}
    assert site.states() == []


def test_password_that_changed_is_noticed_within_a_day(site, connected, meta):
    meta.access.kill_all(460)
    site.clock.advance(timedelta(hours=25))
    site.work()
    site.log_in()
    assert "Connect it again" in site.browser.get(ACCOUNTS).text


def test_handshake_gives_the_challenge_as_plain_text(site):
    query = {
        "hub.mode": "subscribe",
        "hub.verify_token": "a word of ours",
        "hub.challenge": "1158201444",
    }
    answer = site.browser.get("/webhooks/meta/events", query_string=query)
    assert (answer.status_code, answer.text) == (200, "1158201444")
    assert answer.mimetype == "text/plain"
    query["hub.verify_token"] = "another"
    assert site.browser.get("/webhooks/meta/events", query_string=query).status_code == 403


def test_forged_event_leaves_nothing(site, connected):
    body = json.dumps(
        {"object": "page", "entry": [{"id": connected.id, "changes": [{"field": "feed"}]}]}
    )
    headers = {"X-Hub-Signature-256": "sha256=" + "0" * 64}
    answer = site.browser.post("/webhooks/meta/events", data=body, headers=headers)
    assert answer.status_code == 403
    assert site.states() == []


def test_wish_to_be_deleted_is_answered_and_can_be_followed(site):
    said = {"algorithm": "HMAC-SHA256", "issued_at": 1763632800, "user_id": "218471"}
    payload = base64.urlsafe_b64encode(json.dumps(said).encode()).rstrip(b"=")
    digest = hmac.digest(DEMO_META_APP.secret.encode(), payload, hashlib.sha256)
    signed = f"{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}.{payload.decode()}"
    answer = site.browser.post("/webhooks/meta/deletion", data={"signed_request": signed})
    assert answer.status_code == 200
    assert answer.json
    code, url = answer.json["confirmation_code"], answer.json["url"]
    assert url == f"http://localhost/p/meta/deletion/{code}"
    seen = Identity("meta.facebook", "218471", name="Kim")
    with site.inst.db.write() as conn:
        entrants.resolve(conn, 1, [seen], site.clock())
    page = site.browser.get(url)
    assert page.status_code == 200
    assert code in page.text
    assert "has been deleted" not in page.text
    assert "218471" not in page.text
    site.work()
    assert site.states() == ["handled"]
    assert "has been deleted" in site.browser.get(url).text
    with site.inst.db.read() as conn:
        assert entrants.find(conn, 1, "meta.facebook", "218471") is None
    assert site.browser.get(f"/p/meta/deletion/{'0' * 24}").status_code == 404
    forged = site.browser.post("/webhooks/meta/deletion", data={"signed_request": signed[1:]})
    assert forged.status_code == 403
