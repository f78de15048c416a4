from datetime import UTC, datetime, timedelta

import pytest

from tombola_sandbox.meta.messenger_acts import BlockedError
from tombola_sandbox.meta.messenger_models import Message

MINUTE = timedelta(minutes=1)
URL = "http://tombola.example/webhook"
VERIFY = "a token of ours"


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
    given = {"object": "page", "callback_url": URL, "fields": "messages"}
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


def test_the_platform_tells_of_its_policy(told, acts, town, courier, sample):
    acts.enforce(town.page, "block", "The page sent spam.")
    courier.deliver()
    assert sample.last["policy-enforcement"] == {"action": "block", "reason": "The page sent spam."}
    assert "sender" not in sample.last
