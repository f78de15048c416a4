import hashlib
import hmac
import json

import httpx2
import pytest
from werkzeug.wrappers import Request, Response

from tombola.testing.network import in_process
from tombola_sandbox.meta.courier import Courier
from tombola_sandbox.meta.messenger_hooks import FIELDS
from tombola_sandbox.meta.models import App, Callback, Page

VERIFY = "a token of ours"
BOT = App(id="1290000000000027", secret="b0b0", name="Bot", advanced=("pages_messaging",))
URL = "http://{}.example/webhook"


class Sample:
    """A receiver of the kind that Meta's documents show: handshake, signature, 200.

    It shares no line with the sandbox: bytes in, digest over the raw body, parsed afterwards.
    """

    def __init__(self, secret):
        self.secret = secret
        self.events = []
        self.changes = []
        self.bodies = []
        self.refused = 0
        self.status = 200

    def __call__(self, environ, start):
        request = Request(environ)
        answer = self.handshake(request) if request.method == "GET" else self.event(request)
        return answer(environ, start)

    def handshake(self, request):
        mode, token = request.args.get("hub.mode"), request.args.get("hub.verify_token")
        if mode == "subscribe" and token == VERIFY:
            return Response(request.args["hub.challenge"], 200)
        return Response("Forbidden", 403)

    def event(self, request):
        raw = request.get_data()
        method, _, given = request.headers.get("X-Hub-Signature-256", "").partition("=")
        expected = hmac.new(self.secret.encode(), raw, hashlib.sha256).hexdigest()
        if method != "sha256" or not hmac.compare_digest(given, expected):
            self.refused += 1
            return Response("Couldn't validate the request signature.", 403)
        if self.status != 200:
            return Response("", self.status)
        self.bodies.append(raw)
        body = json.loads(raw)
        assert body["object"] == "page"
        for entry in body["entry"]:
            self.events += [("messaging", event) for event in entry.get("messaging", ())]
            self.events += [("standby", event) for event in entry.get("standby", ())]
            self.changes += entry.get("changes", ())
        return Response("EVENT_RECEIVED", 200)

    @property
    def last(self):
        return self.events[-1][1]


@pytest.fixture
def sample(town):
    return Sample(town.app.secret)


@pytest.fixture
def bot():
    return Sample(BOT.secret)


@pytest.fixture
def courier(town, world, sample, bot):
    def route(environ, start):
        receiver = bot if "bot" in environ["HTTP_HOST"] else sample
        return receiver(environ, start)

    http = httpx2.Client(transport=in_process(route))
    courier = Courier(town.meta.things, town.meta.access, world.switches, http)
    yield courier
    courier.stop()


@pytest.fixture
def told(town, courier, send):
    """Subscribe as a client does, and give what was heard since."""
    callback = Callback(url=URL.format("tombola"), verify_token=VERIFY, fields=FIELDS)
    town.change_app(callbacks={"page": callback})
    courier.verify_all()
    answer = send.raw({"subscribed_fields": ",".join(FIELDS)}, edge="subscribed_apps")
    assert answer.json() == {"success": True}
    answer = send.raw({"get_started": {"payload": "GET_STARTED"}}, edge="messenger_profile")
    assert answer.json() == {"result": "success"}


@pytest.fixture
def with_bot(told, town, courier):
    callback = Callback(url=URL.format("bot"), verify_token=VERIFY, fields=FIELDS)
    town.meta.things.put(BOT.model_copy(update={"callbacks": {"page": callback}}))
    courier.verify_all()
    page = town.meta.things.one(Page, town.page.id)
    town.meta.things.change(page, subscriptions={**page.subscriptions, BOT.id: FIELDS})


class Sender:
    """Sends as a client does: JSON in the body, the token in a header."""

    def __init__(self, graph, town):
        self.graph, self.town = graph, town
        self.token = town.token()

    def raw(self, body, *, edge="messages", page="", token="", method="POST"):
        url = f"{self.graph.base}/{page or self.town.page.id}/{edge}"
        headers = {"Authorization": f"Bearer {token or self.token}"}
        return self.graph.http.request(method, url, json=body, headers=headers)

    def psid(self, person=None):
        return self.town.meta.things.psid(self.town.page.id, (person or self.town.kim).id)

    def body(self, text="Hello", **more):
        whole = {
            "recipient": {"id": self.psid()},
            "messaging_type": "RESPONSE",
            "message": {"text": text},
        } | more
        return {name: value for name, value in whole.items() if value is not None}

    def __call__(self, text="Hello", **more):
        answer = self.raw(self.body(text, **more))
        assert answer.status_code == 200, answer.text
        return answer.json()

    def code(self, text="Hello", **more):
        answer = self.raw(self.body(text, **more))
        assert answer.status_code != 200, answer.text
        error = answer.json()["error"]
        return error["code"], error.get("error_subcode")


@pytest.fixture
def send(graph, town):
    return Sender(graph, town)


@pytest.fixture
def acts(town):
    return town.meta.messenger


@pytest.fixture
def wrote(town, acts):
    acts.write(town.kim, town.page, "Hello")
