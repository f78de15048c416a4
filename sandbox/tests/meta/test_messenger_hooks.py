import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta

import httpx2
import pytest
from werkzeug.wrappers import Request, Response

from tombola.testing.network import in_process
from tombola_sandbox.meta.courier import Courier
from tombola_sandbox.meta.messenger_acts import BlockedError
from tombola_sandbox.meta.messenger_hooks import FIELDS
from tombola_sandbox.meta.messenger_models import INBOX, Message
from tombola_sandbox.meta.models import App, Callback, Event, Page

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
VERIFY, SECRETS = "a token of ours", {}
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


def _from_kim(town):
    psid = town.meta.things.psid(town.page.id, town.kim.id)
    return {"sender": {"id": psid}, "recipient": {"id": town.page.id}}


def test_a_receiver_written_by_the_documents_takes_it(told, acts, town, courier, sample):
    acts.write(town.kim, town.page, "Är du där? äöå 🍵 </script> / STOP")
    [delivery] = courier.deliver()
    assert (delivery.status, sample.refused) == (200, 0)
    [raw] = sample.bodies
    assert raw.isascii()
    assert rb"\u00c4r du d\u00e4r? \u00e4\u00f6\u00e5 \ud83c\udf75 <\/script> \/ STOP" in raw
    message = sample.last["message"]
    assert message["text"] == "Är du där? äöå 🍵 </script> / STOP"
    assert message["mid"].startswith("m_")
    assert _from_kim(town).items() <= sample.last.items()


def test_it_refuses_what_another_secret_signed_and_is_tried_again(
    told, acts, town, courier, sample, now
):
    sample.secret = "another"
    acts.write(town.kim, town.page, "Hello")
    assert [d.status for d in courier.deliver()] == [403]
    sample.secret = town.app.secret
    now.advance(MINUTE)
    assert [d.status for d in courier.deliver()] == [200]
    assert (sample.refused, len(sample.events)) == (1, 1)


def test_its_address_is_not_taken_with_the_wrong_token(town, courier, graph):
    given = {"object": "page", "callback_url": URL.format("tombola"), "fields": "messages"}
    path = f"/{town.app.id}/subscriptions"
    refused = graph.raw(path, town.app_token, "POST", verify_token="wrong", **given).json()
    assert refused["error"]["code"] == 2200
    taken = graph.raw(path, town.app_token, "POST", verify_token=VERIFY, **given).json()
    assert taken == {"success": True}


def test_get_started_brings_the_ref_and_a_link_into_an_open_thread_too(
    told, acts, town, courier, sample, now
):
    assert not acts.follow_link(town.kim, town.page, "tok_9f").is_open
    assert courier.deliver() == []
    acts.get_started(town.kim, town.page, "tok_9f")
    courier.deliver()
    referral = {"ref": "tok_9f", "source": "SHORTLINK", "type": "OPEN_THREAD"}
    postback = dict(sample.last["postback"])
    assert postback.pop("mid").startswith("m_")
    assert postback == {"title": "Get Started", "payload": "GET_STARTED", "referral": referral}
    assert sample.last["timestamp"] == int(now().timestamp() * 1000)
    assert acts.get_started(town.kim, town.page, "again") is None
    acts.follow_link(town.kim, town.page, "tok_aa")
    courier.deliver()
    assert sample.last == {
        **_from_kim(town),
        "timestamp": int(now().timestamp() * 1000),
        "referral": {**referral, "ref": "tok_aa"},
    }
    acts.follow_link(town.kim, town.page, 2084 * "x")
    assert courier.deliver() == []


def test_without_get_started_the_ref_arrives_nowhere(told, acts, town, courier, send, sample):
    dropped = send.raw({"fields": ["get_started"]}, edge="messenger_profile", method="DELETE")
    assert dropped.json() == {"result": "success"}
    assert acts.get_started(town.kim, town.page, "tok") is None
    acts.write(town.kim, town.page, "Hello")
    courier.deliver()
    assert [set(event) - {"sender", "recipient", "timestamp"} for _, event in sample.events] == [
        {"message"}
    ]


def test_quick_replies_buttons_reactions_and_what_is_taken_back(
    told, acts, town, courier, sample, send
):
    said = acts.write(town.kim, town.page, "Hello")
    reply = {"content_type": "text", "title": "Yes!", "payload": "YES"}
    asked = send(message={"text": "Interested?", "quick_replies": [reply]})
    question = town.meta.things.one(Message, asked["message_id"])
    courier.deliver()
    acts.answer(question, 0)
    courier.deliver()
    assert sample.last["message"]["quick_reply"] == {"payload": "YES"}
    assert sample.last["message"]["text"] == "Yes!"
    buttons = [
        {"type": "postback", "title": "More", "payload": "MORE"},
        {"type": "web_url", "title": "Open", "url": "https://tombola.example/"},
    ]
    payload = {"template_type": "button", "text": "Well?", "buttons": buttons}
    card = send(message={"attachment": {"type": "template", "payload": payload}})
    courier.deliver()
    before = len(sample.events)
    acts.tap(town.meta.things.one(Message, card["message_id"]), 1)
    courier.deliver()
    assert len(sample.events) == before  # a link is followed elsewhere
    acts.tap(town.meta.things.one(Message, card["message_id"]), 0)
    courier.deliver()
    assert {"title": "More", "payload": "MORE"}.items() <= sample.last["postback"].items()
    acts.react(question)
    courier.deliver()
    assert sample.last["reaction"]["mid"] == question.id
    acts.take_back(said)
    acts.take_back(said)
    courier.deliver()
    assert sample.last["message"] == {"mid": said.id, "is_deleted": True}


@pytest.mark.parametrize(("month", "kind"), [(5, "image"), (9, "sticker")])
def test_a_sticker_comes_as_such_since_june_2026(
    told, acts, town, courier, sample, now, month, kind
):
    now.set(datetime(2026, month, 1, tzinfo=UTC))
    acts.write(town.kim, town.page, attached="sticker")
    acts.write(town.kim, town.page, "Look", attached="image")
    courier.deliver()
    found = [event["message"]["attachments"][0] for _, event in sample.events]
    assert [one["type"] for one in found] == [kind, "image"]
    assert "sticker_id" in found[0]["payload"]


def test_opt_ins_come_by_themselves(told, acts, town, courier, sample, send):
    acts.press_plugin(town.kim, town.page, "tok")
    acts.allow_marketing(town.kim, town.page)
    courier.deliver()
    plugin, marketing = (event["optin"] for _, event in sample.events)
    assert plugin == {"ref": "tok"}
    assert (marketing["type"], marketing["notification_messages_status"]) == (
        "notification_messages",
        "RESUME_NOTIFICATIONS",
    )
    town.change_app(features=("One-Time Notification",))
    acts.write(town.kim, town.page, "Hello")
    ask = {"template_type": "one_time_notif_req", "title": "When we draw", "payload": "DRAW"}
    asked = send(message={"attachment": {"type": "template", "payload": ask}})
    token = acts.allow_once(town.meta.things.one(Message, asked["message_id"]))
    courier.deliver()
    assert sample.last["optin"] == {
        "type": "one_time_notif_req",
        "payload": "DRAW",
        "one_time_notif_token": token.id,
    }


def test_own_messages_come_back_as_echoes_with_delivery_and_read(
    told, acts, town, courier, sample, send, now
):
    acts.write(town.kim, town.page, "Hello")
    courier.deliver()
    sample.events.clear()
    mid = send("Hi Kim")["message_id"]
    courier.deliver()
    (_, echo), (_, delivery) = sample.events
    ends = _from_kim(town)
    assert (echo["sender"], echo["recipient"]) == (ends["recipient"], ends["sender"])
    app_id = int(town.app.id)
    wanted = {"mid": mid, "is_echo": True, "app_id": app_id, "text": "Hi Kim"}
    assert echo["message"] == wanted
    assert delivery["delivery"]["mids"] == [mid]
    now.advance(MINUTE)
    acts.read(town.kim, town.page)
    acts.read(town.kim, town.page)
    courier.deliver()
    assert len(sample.events) == 3
    assert sample.last["read"] == {"watermark": int(now().timestamp() * 1000)}


def test_going_away_is_told_to_nobody(told, acts, town, courier, sample):
    acts.write(town.kim, town.page, "Hello")
    courier.deliver()
    sample.events.clear()
    acts.block(town.kim, town.page)
    with pytest.raises(BlockedError):
        acts.write(town.kim, town.page, "?")
    acts.mute(town.kim, town.page)
    acts.delete(town.kim, town.page)
    assert courier.deliver() == []


def test_with_standard_access_strangers_are_not_heard(told, acts, town, courier, sample):
    town.change_app(advanced=(), roles=(town.robin.id,))
    acts.write(town.kim, town.page, "Hello")
    acts.write(town.robin, town.page, "Me")
    courier.deliver()
    assert [event["message"]["text"] for _, event in sample.events] == ["Me"]


def test_only_subscribed_fields_are_heard(told, acts, town, courier, sample, send):
    answer = send.raw({"subscribed_fields": "messaging_postbacks"}, edge="subscribed_apps")
    assert answer.json() == {"success": True}
    acts.write(town.kim, town.page, "Hello")
    assert courier.deliver() == []
    [app] = send.raw({}, edge="subscribed_apps", method="GET").json()["data"]
    assert app["subscribed_fields"] == ["messaging_postbacks"]
    assert send.raw({}, edge="subscribed_apps", method="DELETE").json() == {"success": True}
    assert send.raw({}, edge="subscribed_apps", method="GET").json() == {"data": []}


def test_events_come_twice_together_and_in_another_order(told, acts, town, courier, sample, world):
    world.switches.set(meta_doubled=True, meta_reordered=True, meta_batched=True)
    for number in range(8):
        acts.write(town.kim, town.page, str(number))
    deliveries = courier.deliver()
    assert [delivery.events for delivery in deliveries] == [8, 8]
    assert sample.bodies[0] == sample.bodies[1]
    entries = json.loads(sample.bodies[0])["entry"]
    assert [len(entry["messaging"]) for entry in entries] == 8 * [1]
    said = [event["message"]["text"] for _, event in sample.events[:8]]
    assert sorted(said) == [str(n) for n in range(8)]
    assert said != sorted(said)


def test_an_hour_of_failures_unsubscribes_and_one_can_subscribe_again(
    told, acts, town, courier, sample, now, send
):
    sample.status = 500
    acts.write(town.kim, town.page, "Lost")
    for _ in range(8):
        courier.deliver()
        now.advance(10 * MINUTE)
    assert send.raw({}, edge="subscribed_apps", method="GET").json() == {"data": []}
    assert "lost" in {event.state for event in town.meta.things.all(Event).values()}
    sample.status = 200
    send.raw({"subscribed_fields": "messages"}, edge="subscribed_apps")
    acts.write(town.kim, town.page, "Heard")
    courier.deliver()
    assert [event["message"]["text"] for _, event in sample.events] == ["Heard"]


def test_webhooks_can_be_made_to_fail(told, acts, town, courier, sample, world, now):
    world.switches.set(meta_webhooks_fail=True)
    acts.write(town.kim, town.page, "Later")
    assert [d.status for d in courier.deliver()] == [0]
    assert sample.bodies == []
    world.switches.set(meta_webhooks_fail=False)
    now.advance(MINUTE)
    courier.deliver()
    assert len(sample.events) == 1


def test_another_app_with_the_thread_leaves_us_standby(
    with_bot, acts, town, courier, sample, bot, send
):
    acts.write(town.kim, town.page, "Hello")
    courier.deliver()
    assert [where for where, _ in sample.events + bot.events] == 2 * ["messaging"]
    sample.events.clear()
    bot.events.clear()
    handed = {"recipient": {"id": send.psid()}, "target_app_id": BOT.id, "metadata": "Tea26"}
    assert send.raw(handed, edge="pass_thread_control").json() == {"success": True}
    courier.deliver()
    assert sample.events == []
    assert bot.last["pass_thread_control"] == {
        "previous_owner_app_id": town.app.id,
        "new_owner_app_id": BOT.id,
        "metadata": "Tea26",
    }
    assert send.code() == (10, 2_018_300)
    assert send.raw(handed, edge="pass_thread_control").json()["error"]["code"] == 10
    acts.write(town.kim, town.page, "STOP")
    courier.deliver()
    assert [(w, e["message"]["text"]) for w, e in sample.events] == [("standby", "STOP")]
    assert [(w, e["message"]["text"]) for w, e in bot.events[1:]] == [("messaging", "STOP")]
    taken = {"recipient": {"id": send.psid()}}
    assert send.raw(taken, edge="take_thread_control").json() == {"success": True}
    courier.deliver()
    assert bot.last["take_thread_control"]["new_owner_app_id"] == town.app.id
    assert send("Ours again")
    path = f"thread_owner?recipient={send.psid()}"
    [found] = send.raw({}, edge=path, method="GET").json()["data"]
    assert found == {"thread_owner": {"app_id": town.app.id}}


def test_only_the_primary_app_takes_a_thread_back(with_bot, acts, town, send, courier, sample):
    page = town.meta.things.one(Page, town.page.id)
    town.meta.things.change(page, primary=BOT.id)
    acts.write(town.kim, town.page, "Hello")
    acts.delete(town.kim, town.page)
    acts.get_started(town.kim, town.page, "tok")
    courier.deliver()
    assert [where for where, _ in sample.events] == ["standby", "standby"]
    assert "payload" not in sample.last["postback"]
    assert sample.last["postback"]["referral"]["ref"] == "tok"
    taken = {"recipient": {"id": send.psid()}}
    assert send.raw(taken, edge="take_thread_control").json()["error"]["code"] == 10
    strange = {**taken, "target_app_id": "1"}
    assert send.raw(strange, edge="pass_thread_control").json()["error"]["code"] == 100


def test_the_inbox_can_have_a_thread_and_people_answer_by_hand(
    told, acts, town, courier, sample, send
):
    acts.write(town.kim, town.page, "Hello")
    handed = {"recipient": {"id": send.psid()}, "target_app_id": INBOX}
    assert send.raw(handed, edge="pass_thread_control").json() == {"success": True}
    assert send.code() == (10, 2_018_300)
    acts.answer_by_hand(acts.thread(town.kim, town.page), "Robin here")
    courier.deliver()
    [(where, echo)] = [pair for pair in sample.events if pair[1].get("message", {}).get("is_echo")]
    assert (where, echo["message"]["app_id"]) == ("standby", int(INBOX))


def test_the_platform_tells_of_its_policy(told, acts, town, courier, sample):
    acts.enforce(town.page, "block", "The page sent spam.")
    courier.deliver()
    assert sample.last["policy-enforcement"] == {"action": "block", "reason": "The page sent spam."}
    assert "sender" not in sample.last
