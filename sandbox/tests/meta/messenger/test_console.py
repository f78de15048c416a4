import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from tombola_sandbox.console.app import console_app
from tombola_sandbox.meta.messenger_hooks import FIELDS
from tombola_sandbox.meta.messenger_models import INBOX, Message, Profile, thread_id
from tombola_sandbox.meta.models import Event, Page
from tombola_sandbox.place import Place

BAD = "<script>alert(1)</script>"
REPLY = {"content_type": "text", "title": "Yes", "payload": "YES"}
HEARS_AGAIN = "Not subscribed"


@pytest.fixture
def console(world, network, town, tmp_path):
    place = Place(8000, tmp_path, "http://localhost:8000")
    town.meta.things.put(
        Profile(
            id=town.page.id,
            properties={
                "get_started": {"payload": "GO"},
                "greeting": [{"locale": "default", "text": "Hello {{user_first_name}}"}],
            },
        )
    )
    return console_app(world, network, place).test_client()


@pytest.fixture
def chat(town):
    return f"/console/messenger/chat/{town.page.id}/{town.kim.id}"


def _post(console, path, status=303, **form):
    answer = console.post(path, data=form)
    assert answer.status_code == status, answer.text
    return answer


def _said(town):
    thread = town.meta.messenger.thread(town.kim, town.page)
    return [(m.by, m.text) for m in town.meta.messenger.messages(thread)]


def _newest(town):
    return list(town.meta.things.all(Message).values())[-1]


def test_every_page_shows_what_was_said_and_labels_its_fields(console, chat, town, send, acts):
    acts.write(town.kim, town.page, BAD)
    acts.write(town.kim, town.page, "Look", attached="sticker")
    send(message={"text": BAD, "quick_replies": [REPLY]})
    buttons = [{"type": "web_url", "title": BAD[:20], "url": "https://tombola.example/"}]
    payload = {"template_type": "button", "text": BAD, "buttons": buttons}
    send(message={"attachment": {"type": "template", "payload": payload}})
    body = {"type": "BODY", "text": "Buy now"}
    template = {"name": "advert", "language": "en", "category": "UTILITY", "components": [body]}
    send.raw(template, edge="message_templates")
    for path in ("/console/messenger", chat, f"{chat}/live"):
        page = console.get(path)
        assert page.status_code == 200
        assert "<script>alert" not in page.text
        assert "style=" not in page.text
        assert "&lt;script&gt;" in page.text
        ids = re.findall(
            r'<(?:select|textarea|input(?! type="hidden)) ?[^>]*?id="([^"]+)"', page.text
        )
        assert len(ids) == len(set(ids))
        assert set(ids) <= set(re.findall(r'<label[^>]* for="([^"]+)"', page.text))
    assert console.get("/console/messenger/chat/1/2").status_code == 404
    assert console.get("/console/messenger/chat?page=1").status_code == 404


def test_a_link_leads_a_newcomer_to_get_started_and_a_friend_into_the_chat(
    console, chat, town, http, acts
):
    page = http.get("/m.me/" + town.page.id, params={"ref": "tok & 1"})
    assert page.status_code == 200
    assert 'value="tok &amp; 1"' in page.text
    form = {"person": town.kim.id, "ref": "tok & 1"}
    where = http.post("/m.me/" + town.page.id, data=form).headers["Location"]
    parts = urlsplit(where)
    assert (parts.path, parse_qs(parts.query)) == (chat, {"ref": ["tok & 1"]})
    shown = console.get(where)
    assert "Hello Kim" in shown.text
    assert "Get Started" in shown.text
    assert _said(town) == []
    _post(console, f"{chat}/start", ref="tok & 1")
    assert _said(town) == [("note", "tapped Get Started: tok & 1")]
    assert "Get Started</button>" not in console.get(chat).text
    again = http.post("/m.me/" + town.page.id, data={**form, "ref": "tok_2"})
    assert again.headers["Location"] == chat
    assert _said(town)[-1] == ("note", "came by a link: tok_2")
    acts.block(town.kim, town.page)
    assert http.post("/m.me/" + town.page.id, data=form).status_code == 303
    assert http.get("/m.me/nobody").status_code == 404
    assert http.post("/m.me/" + town.page.id, data={"person": "nobody"}).status_code == 404


def test_without_get_started_the_console_says_where_the_ref_goes(console, chat, town):
    profile = town.meta.things.one(Profile, town.page.id)
    town.meta.things.change(profile, properties={})
    page = console.get(f"{chat}?ref=tok_1").text
    assert "arrives nowhere" in page
    assert "Get Started</button>" not in page
    _post(console, f"{chat}/start", ref="tok_1")
    assert _said(town) == []


def test_one_says_things_and_taps_what_the_page_sent(console, chat, town, send):
    _post(console, f"{chat}/say", text="Hello")
    _post(console, f"{chat}/say", attached="sticker")
    _post(console, f"{chat}/say", 400, text=" ")
    _post(console, f"{chat}/say", 400, attached="bomb")
    mid = send(message={"text": "Well?", "quick_replies": [REPLY]})["message_id"]
    assert 'value="0">Yes</button>' in console.get(chat).text
    _post(console, f"{chat}/messages/{mid}/answer", number="0")
    answer = _newest(town)
    assert (answer.text, answer.body["quick_reply"]) == ("Yes", {"payload": "YES"})
    assert 'value="0">Yes</button>' not in console.get(chat).text
    _post(console, f"{chat}/messages/{mid}/react")
    assert town.meta.things.one(Message, mid).reaction == "❤"
    _post(console, f"{chat}/messages/{mid}/react")
    assert town.meta.things.one(Message, mid).reaction == ""
    _post(console, f"{chat}/messages/{answer.id}/take-back")
    assert "Taken back" in console.get(chat).text
    for path, status in (("answer", 400), ("once", 400), ("dance", 404)):
        _post(console, f"{chat}/messages/{mid}/{path}", status, number="7")
    _post(console, f"{chat}/messages/m_nothing/react", 404)
    button = {"type": "postback", "title": "More", "payload": "MORE"}
    payload = {"template_type": "button", "text": "Well?", "buttons": [button]}
    card = send(message={"attachment": {"type": "template", "payload": payload}})["message_id"]
    _post(console, f"{chat}/messages/{card}/tap", number="0")
    assert _said(town)[-1] == ("note", "tapped More")
    town.change_app(features=("One-Time Notification",))
    ask = {"template_type": "one_time_notif_req", "title": "When we draw", "payload": "DRAW"}
    asked = send(message={"attachment": {"type": "template", "payload": ask}})["message_id"]
    assert "Notify me" in console.get(chat).text
    _post(console, f"{chat}/messages/{asked}/once")
    assert _said(town)[-1] == ("note", "wants to be notified once: When we draw")


def test_one_goes_away_and_comes_back(console, chat, town, send):
    _post(console, f"{chat}/say", text="Hello")
    _post(console, f"{chat}/do", what="mute")
    assert send.code() == (10, 2_018_108)
    _post(console, f"{chat}/do", what="mute")
    _post(console, f"{chat}/do", what="block")
    assert send.code()[0] == 551
    assert "Let it in again" in console.get(chat).text
    assert "Let the page in" in _post(console, f"{chat}/say", 400, text="?").text
    _post(console, f"{chat}/do", what="block")
    assert send()
    _post(console, f"{chat}/do", what="read")
    _post(console, f"{chat}/do", what="marketing")
    _post(console, f"{chat}/do", what="plugin", ref="tok")
    _post(console, f"{chat}/do", what="link", ref="tok")
    _post(console, f"{chat}/do", what="delete")
    assert _said(town) == []
    assert "Get Started</button>" in console.get(chat).text
    _post(console, f"{chat}/do", 400, what="dance")


def test_the_pages_people_answer_and_hand_the_chat_over(console, chat, town, send):
    _post(console, f"{chat}/say", text="Hello")
    _post(console, f"{chat}/by-hand", text="Robin here")
    _post(console, f"{chat}/by-hand", 400, text="")
    assert _said(town)[-1] == ("page", "Robin here")
    _post(console, f"{chat}/control", app=INBOX)
    assert send.code() == (10, 2_018_300)
    assert "Thread: the page&#39;s inbox" in console.get(chat).text
    _post(console, f"{chat}/control", app=town.app.id)
    assert send()
    _post(console, f"{chat}/control", app="")
    _post(console, f"{chat}/control", 400, app="nobody")


def test_the_clock_is_moved_and_the_window_with_it(console, chat, town, send, world, now):
    _post(console, f"{chat}/say", text="Hello")
    assert "Window: 1 d left" in console.get(chat).text
    _post(console, "/console/clock", to="+1380", back=chat)
    assert "Window: 1 h left" in console.get(f"{chat}/live").text
    assert "23 h ahead of the real one" in console.get("/").text
    answer = _post(console, "/console/clock", to="+60")
    assert answer.headers["Location"] == "/console/messenger#clock"
    assert "Window closed" in console.get(chat).text
    assert send.code() == (10, 2_018_278)
    _post(console, "/console/clock", to="now")
    assert world.clock() == now()
    assert send()
    tagged = {"messaging_type": "MESSAGE_TAG", "tag": "ACCOUNT_UPDATE"}
    assert send.code(**tagged)[0] == 100
    _post(console, "/console/clock", to="2026-04-26T23:30:00", back="https://evil.example/")
    assert "ends on 2026-04-27" in console.get("/console/messenger").text
    assert send(**tagged)
    _post(console, "/console/clock", to="+60")
    assert send.code(**tagged)[0] == 100
    assert "ended on 2026-04-27" in console.get("/console/messenger").text
    _post(console, "/console/clock", 400, to="+7")


def test_a_moved_clock_survives_a_restart(world, now):
    world.switches.set(clock_ahead_seconds=3600)
    again = type(world)(clock=now, ledger=world.ledger)
    assert again.clock() == now() + timedelta(hours=1)


def test_refusals_reviews_webhooks_and_subscriptions_are_switched(console, chat, town, send, world):
    base = "/console/messenger"
    _post(console, f"{chat}/say", text="Hello")
    _post(console, f"{base}/trouble", name="restricted", times="1")
    assert "may not send for a while" in console.get(base).text
    assert send.code() == (10, 1_893_063)
    assert send()
    _post(console, f"{base}/trouble", name="rate", times="0")
    _post(console, f"{base}/trouble", name="")
    assert send()
    _post(console, f"{base}/trouble", 400, name="nonsense", times="1")
    _post(console, f"{base}/trouble", 400, name="rate", times="-1")
    _post(console, f"{base}/review", seconds="0")
    assert town.meta.things.review_lasts == timedelta()
    _post(console, f"{base}/review", 400, seconds="7")
    _post(console, f"{base}/webhooks", fail="1")
    assert world.switches.meta_webhooks_fail
    assert "No webhook arrives" in console.get(base).text
    _post(console, f"{base}/webhooks", fail="0")
    assert not world.switches.meta_webhooks_fail
    page = f"{base}/pages/{town.page.id}"
    town.meta.things.change(town.page, subscriptions={town.app.id: ("feed",)})
    assert HEARS_AGAIN in console.get(base).text
    _post(console, f"{page}/subscription", on="1")
    found = town.meta.things.one(Page, town.page.id)
    assert found.subscriptions[town.app.id] == ("feed", *FIELDS)
    assert HEARS_AGAIN not in console.get(base).text
    _post(console, f"{page}/subscription", on="0")
    assert town.meta.things.one(Page, town.page.id).subscriptions == {town.app.id: ("feed",)}
    _post(console, f"{page}/primary", app=town.app.id)
    assert town.meta.things.one(Page, town.page.id).primary == town.app.id
    _post(console, f"{page}/primary", app="")
    _post(console, f"{page}/primary", 400, app="nobody")
    _post(console, f"{base}/pages/1/primary", 404)


def test_a_world_on_a_file_keeps_its_chats(world, now, town, send, acts):
    acts.write(town.kim, town.page, "Hello")
    mid = send("Hi")["message_id"]
    acts.react(town.meta.things.one(Message, mid))
    again = type(world)(clock=now, ledger=world.ledger).meta
    assert again.things.one(Message, mid).reaction == "❤"
    thread = again.messenger.thread(town.kim, town.page)
    assert thread.id == thread_id(town.page.id, town.kim.id)
    assert [m.text for m in again.messenger.messages(thread)] == ["Hello", "Hi"]
    assert again.things.all(Event) == town.meta.things.all(Event)
