import json
from datetime import timedelta

import pytest

from tombola_sandbox.meta.courier import Courier
from tombola_sandbox.meta.messenger_models import Message
from tombola_sandbox.meta.models import Callback, Event

DAY, SECONDS = timedelta(days=1), timedelta(seconds=5)
BODY = {
    "type": "BODY",
    "text": "{{1}}, your claim of {{2}} is ready.",
    "example": {"body_text": [["Ann", "a year of tea"]]},
}


@pytest.fixture
def make(send):
    def made(*parts, name="prize_notice", language="en", **more):
        body = {"name": name, "language": language, "category": "UTILITY"}
        whole = body | {"components": list(parts or [BODY])} | more
        return send.raw(whole, edge="message_templates").json()

    return made


def _utility(send, *values, shape="documented", name="prize_notice", language="en", **more):
    part = {"type": "body", "parameters": [{"type": "text", "text": v} for v in values]}
    named = {"name": name, "components": [part]}
    if shape == "documented":
        message = {"template": {**named, "language": {"code": language}}}
    else:
        payload = {"template_type": "utility_messages", "language": language, **named}
        message = {"attachment": {"type": "template", "payload": payload}}
    body = send.body(messaging_type="UTILITY", message=message) | more
    return send.raw(body).json()


def test_a_template_is_reviewed_within_seconds(make, send, now, town):
    made = make()
    assert (made["status"], made["category"]) == ("PENDING", "UTILITY")
    assert _utility(send, "Ann", "tea")["error"]["code"] == 100
    now.advance(SECONDS)
    [found] = send.raw({}, edge="message_templates", method="GET").json()["data"]
    assert found == {
        "id": made["id"],
        "name": "prize_notice",
        "language": "en",
        "category": "UTILITY",
        "status": "APPROVED",
        "components": [BODY],
    }
    town.meta.things.review_lasts = timedelta()
    assert make(name="another")["status"] == "APPROVED"


@pytest.mark.parametrize("shape", ["documented", "seen"])
def test_an_approved_one_goes_out_whenever_in_either_shape(make, send, now, town, acts, shape):
    make()
    acts.write(town.kim, town.page, "Hello")
    now.advance(400 * DAY)
    assert send.code() == (10, 2_018_278)
    body = _utility(send, "Änn", "tea", shape=shape)
    message = town.meta.things.one(Message, body["message_id"])
    assert message.text == "Änn, your claim of tea is ready."
    assert message.way == "UTILITY"
    acts.block(town.kim, town.page)
    assert _utility(send, "Ann", "tea", shape=shape)["error"]["code"] == 551


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ([{"type": "BODY", "text": "Hello {{1}}"}], "INVALID_FORMAT"),
        ([{**BODY, "example": {"body_text": [["Ann"]]}}], "INVALID_FORMAT"),
        ([{**BODY, "text": "Hello {{2}}"}], "INVALID_FORMAT"),
        ([{"type": "BODY", "text": "Buy now: 20 % off everything"}], "PROMOTIONAL"),
        ([{"type": "BODY", "text": "Your discount is ready"}], "PROMOTIONAL"),
    ],
)
def test_a_missing_example_or_advertising_is_rejected(make, send, now, parts, reason):
    assert make(*parts)["status"] == "PENDING"
    now.advance(SECONDS)
    path = "message_templates?fields=name,status,rejected_reason"
    [found] = send.raw({}, edge=path, method="GET").json()["data"]
    assert (found["status"], found["rejected_reason"]) == ("REJECTED", reason)
    assert _utility(send)["error"]["code"] == 100


@pytest.mark.parametrize(
    "more",
    [
        {"name": "Prize Notice"},
        {"name": ""},
        {"language": "English"},
        {"category": "MARKETING"},
        {"components": []},
        {"components": [{"type": "FOOTER", "text": "x"}]},
        {"components": [{"type": "BODY"}]},
        {"components": [BODY, BODY]},
        {"components": [BODY, {"type": "BUTTONS", "buttons": [{"type": "OTP"}]}]},
    ],
)
def test_what_is_not_well_formed_is_refused_at_once(make, send, more):
    assert make(**more)["error"]["code"] == 100
    assert send.raw({}, edge="message_templates", method="GET").json() == {"data": []}


@pytest.mark.parametrize(
    "more",
    [
        {"name": "unknown"},
        {"language": "de"},
        {"values": ("Ann",)},
        {"values": ("Ann", "tea", "more")},
        {"values": ("Ann", "")},
        {"messaging_type": "RESPONSE"},
    ],
)
def test_what_does_not_fit_a_template_is_refused(make, send, now, town, acts, more):
    make()
    now.advance(SECONDS)
    acts.write(town.kim, town.page, "Hello")
    values = more.pop("values", ("Ann", "tea"))
    assert _utility(send, *values, **more)["error"]["code"] == 100
    assert send.code(messaging_type="UTILITY") == (100, None)


def test_a_name_has_each_language_once_until_it_is_deleted(make, send, now):
    first = make()
    assert make()["error"]["error_subcode"] == 2_388_024
    second = make(language="de")
    assert first["id"] != second["id"]
    gone = {"name": "prize_notice", "hsm_id": second["id"]}
    assert send.raw(gone, edge="message_templates", method="DELETE").json() == {"success": True}
    [left] = send.raw({}, edge="message_templates", method="GET").json()["data"]
    assert left["id"] == first["id"]
    gone = {"name": "prize_notice"}
    assert send.raw(gone, edge="message_templates", method="DELETE").json() == {"success": True}
    assert "error" in send.raw(gone, edge="message_templates", method="DELETE").json()
    now.advance(SECONDS)
    assert _utility(send, "Ann", "tea")["error"]["code"] == 100
    assert "id" in make()


def test_the_permission_is_needed_to_make_and_to_send(make, send, now, town, acts):
    make()
    now.advance(SECONDS)
    send.token = town.token("pages_utility_messaging")
    assert make(name="another")["error"]["code"] == 200
    assert _utility(send, "Ann", "tea")["error"]["code"] == 200


def test_the_end_of_a_review_is_told_when_it_ends(make, send, now, town, world):
    fields = "message_template_status_update"
    callback = Callback(
        url="http://tombola.example/", verify_token="x", fields=(fields,), verified=True
    )
    town.change_app(callbacks={"page": callback})
    send.raw({"subscribed_fields": fields}, edge="subscribed_apps")
    made = make()
    make({"type": "BODY", "text": "Last chance"}, name="advert")
    courier = Courier(town.meta.things, town.meta.access, world.switches)
    events = list(town.meta.things.all(Event).values())
    assert all(event.next_at == now() + SECONDS for event in events)
    first, second = (
        json.loads(courier.body_of([event]))["entry"][0]["changes"][0] for event in events
    )
    courier.stop()
    assert first["field"] == fields
    assert first["value"] == {
        "event": "APPROVED",
        "message_template_id": made["id"],
        "message_template_name": "prize_notice",
        "message_template_language": "en",
        "reason": "NONE",
    }
    assert (second["value"]["event"], second["value"]["reason"]) == ("REJECTED", "PROMOTIONAL")


def test_a_profile_is_set_read_and_taken_away(send, town):
    def profile(**body):
        return send.raw(body, edge="messenger_profile").json()

    greeting = [{"locale": "default", "text": "Ask us about tea."}]
    menu = [{"locale": "default", "call_to_actions": []}]
    assert profile(persistent_menu=menu)["error"]["code"] == 100
    assert profile()["error"]["code"] == 100
    assert profile(get_started={"payload": ""})["error"]["code"] == 100
    assert profile(greeting=[{"locale": "de", "text": "Hallo"}])["error"]["code"] == 100
    assert profile(greeting=[{"locale": "default", "text": 161 * "x"}])["error"]["code"] == 100
    assert profile(get_started={"payload": "GO"}) == {"result": "success"}
    assert profile(greeting=greeting, persistent_menu=menu) == {"result": "success"}
    path = "messenger_profile?fields=get_started,greeting"
    [found] = send.raw({}, edge=path, method="GET").json()["data"]
    assert found == {"get_started": {"payload": "GO"}, "greeting": greeting}

    def drop(*fields):
        return send.raw({"fields": list(fields)}, edge="messenger_profile", method="DELETE").json()

    assert drop("get_started")["error"]["code"] == 100
    assert drop("get_started", "persistent_menu", "greeting") == {"result": "success"}
    assert send.raw({}, edge=path, method="GET").json() == {"data": []}
    path = "messenger_profile?fields=nonsense"
    assert send.raw({}, edge=path, method="GET").json()["error"]["code"] == 100
