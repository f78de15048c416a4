import json
from datetime import UTC, datetime, timedelta

import pytest

from tombola_sandbox.meta.access import FACEBOOK_SCOPES
from tombola_sandbox.meta.messenger_errors import TROUBLES
from tombola_sandbox.meta.messenger_models import Message, Profile, Thread, thread_id
from tombola_sandbox.meta.models import Person

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
OUTSIDE = (10, 2_018_278)


def test_a_message_answers_its_id_and_the_persons(send, wrote, town):
    body = send()
    assert body["recipient_id"] == send.psid()
    message = town.meta.things.one(Message, body["message_id"])
    assert (message.by, message.text, message.app) == ("page", "Hello", town.app.id)
    assert message.thread == thread_id(town.page.id, town.kim.id)


def test_me_is_the_page_and_a_form_may_be_sent(graph, send, wrote):
    form = {name: v if isinstance(v, str) else json.dumps(v) for name, v in send.body().items()}
    url = f"{graph.base}/me/messages"
    answer = graph.http.post(url, data={**form, "access_token": send.token})
    assert answer.json()["recipient_id"] == send.psid()


def test_the_window_closes_after_24_hours_and_opens_again(send, wrote, now, town, acts):
    now.advance(DAY - timedelta(seconds=1))
    assert send()
    assert send(messaging_type="UPDATE")
    now.advance(timedelta(seconds=1))
    assert send.code() == OUTSIDE
    assert send.code(messaging_type="UPDATE") == OUTSIDE
    acts.write(town.kim, town.page, "Back")
    assert send()


def test_whoever_never_came_cannot_be_written_to(send, town):
    assert send.code() == OUTSIDE
    assert town.meta.things.get(Thread, thread_id(town.page.id, town.kim.id)) is None


@pytest.mark.parametrize("act", ["write", "get_started", "link", "react", "comment", "post", "tap"])
def test_each_listed_act_restarts_the_window(send, wrote, acts, town, now, act):
    button = {"type": "postback", "title": "Yes", "payload": "YES"}
    payload = {"template_type": "button", "text": "Well?", "buttons": [button]}
    asked = send(message={"attachment": {"type": "template", "payload": payload}})
    message = town.meta.things.one(Message, asked["message_id"])
    acts.get_started(town.kim, town.page)
    now.advance(2 * DAY)
    assert send.code() == OUTSIDE
    match act:
        case "write":
            acts.write(town.kim, town.page, attached="sticker")
        case "get_started":
            town.meta.things.put(_with_get_started(town))
            acts.delete(town.kim, town.page)
            assert acts.get_started(town.kim, town.page) is not None
        case "link":
            acts.follow_link(town.kim, town.page, "tok_1")
        case "react":
            acts.react(message)
        case "comment":
            town.meta.facebook.comment(town.kim, town.post, "Mine")
        case "post":
            town.meta.facebook.post(town.kim, "Lovely", on=town.page)
        case "tap":
            acts.tap(message, 0)
    assert send()
    now.advance(DAY)
    assert send.code() == OUTSIDE


def _with_get_started(town):
    return Profile(id=town.page.id, properties={"get_started": {"payload": "GO"}})


@pytest.mark.parametrize("act", ["marketing", "read", "plugin", "unsend", "other page", "block"])
def test_nothing_else_does(send, wrote, acts, town, now, act):
    said = acts.write(town.kim, town.page, "Mistake")
    send()
    now.advance(DAY)
    match act:
        case "marketing":
            acts.allow_marketing(town.kim, town.page)
        case "read":
            acts.read(town.kim, town.page)
        case "plugin":
            acts.press_plugin(town.kim, town.page, "tok")
        case "unsend":
            acts.take_back(said)
        case "other page":
            acts.write(town.kim, town.meta.facebook.add_page("Other"), "Hi")
        case "block":
            acts.block(town.kim, town.page)
            acts.block(town.kim, town.page, blocked=False)
    assert send.code() == OUTSIDE


@pytest.mark.parametrize(
    "tag", ["CONFIRMED_EVENT_UPDATE", "ACCOUNT_UPDATE", "POST_PURCHASE_UPDATE"]
)
def test_tags_work_until_their_last_day_and_then_no_more(send, acts, town, now, tag):
    now.set(datetime(2026, 4, 1, tzinfo=UTC))
    tagged = {"messaging_type": "MESSAGE_TAG", "tag": tag}
    assert send.code(**tagged) == OUTSIDE  # a stranger is written to by no tag
    acts.write(town.kim, town.page, "Hello")
    now.set(datetime(2026, 4, 26, 23, 59, 59, tzinfo=UTC))
    assert send.code() == OUTSIDE
    assert send(**tagged)
    now.set(datetime(2026, 4, 27, tzinfo=UTC))
    assert send.code(**tagged) == (100, None)
    acts.write(town.kim, town.page, "Hello")
    assert send.code(**tagged) == (100, None)  # not even within the window


def test_a_human_agent_has_seven_days_and_needs_the_feature(send, wrote, town, now):
    human = {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}
    assert send.code(**human)[0] == 10
    town.change_app(features=("Human Agent",))
    now.advance(7 * DAY - timedelta(seconds=1))
    assert send(**human)
    now.advance(timedelta(seconds=1))
    assert send.code(**human) == OUTSIDE


def test_no_other_tag_is_known(send, wrote):
    assert send.code(messaging_type="MESSAGE_TAG", tag="NON_PROMOTIONAL_SUBSCRIPTION")[0] == 100
    assert send.code(messaging_type="MESSAGE_TAG")[0] == 100
    assert send.code(tag="HUMAN_AGENT")[0] == 100
    assert send.code(messaging_type="NEWS")[0] == 100
    assert send.code(messaging_type=None)[0] == 100


BUTTONS = [{"type": "web_url", "title": "Open", "url": "https://tombola.example/"}]
GOOD = (
    {"text": "a" * 2000},
    {"text": "ä" * 2000},
    {"text": "Well?", "quick_replies": [{"content_type": "text", "title": "Yes", "payload": "Y"}]},
    {"attachment": {"type": "image", "payload": {"url": "https://tombola.example/a.png"}}},
    {
        "attachment": {
            "type": "template",
            "payload": {"template_type": "button", "text": "Go", "buttons": BUTTONS},
        }
    },
    {
        "attachment": {
            "type": "template",
            "payload": {"template_type": "generic", "elements": [{"title": "A card"}]},
        }
    },
)


@pytest.mark.parametrize("message", GOOD)
def test_what_can_be_said(send, wrote, message):
    assert send(message=message)


def _template(**payload):
    return {"attachment": {"type": "template", "payload": payload}}


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"text": ""},
        {"text": "  "},
        {"text": 7},
        {"text": "a" * 2001},
        {"text": "both", "attachment": {"type": "image", "payload": {"url": "https://a/"}}},
        {"text": "x", "quick_replies": []},
        {"text": "x", "quick_replies": 14 * [GOOD[2]["quick_replies"][0]]},
        {"text": "x", "quick_replies": [{"content_type": "text", "title": "Yes"}]},
        {
            "text": "x",
            "quick_replies": [{"content_type": "text", "title": 21 * "x", "payload": "Y"}],
        },
        {"attachment": {"type": "hologram", "payload": {}}},
        {"attachment": {"type": "image", "payload": {}}},
        _template(template_type="button", text="Go", buttons=[]),
        _template(template_type="button", text="Go", buttons=4 * BUTTONS),
        _template(template_type="button", text="Go", buttons=[{"type": "magic"}]),
        _template(template_type="button", text="Go", buttons=[{**BUTTONS[0], "url": "js:1"}]),
        _template(template_type="generic", elements=[]),
        _template(template_type="receipt"),
        _template(template_type="notification_messages", title="News", payload="x"),
        _template(template_type="utility_messages", name="a", language="en"),
    ],
)
def test_what_cannot(send, wrote, message):
    assert send.code(message=message)[0] == 100


@pytest.mark.parametrize(
    "recipient",
    [
        {},
        {"user_ref": "abc"},
        {"phone_number": "+1"},
        {"notification_messages_token": "1"},
        {"id": "1", "comment_id": "2"},
        {"one_time_notif_token": "1"},
        {"comment_id": "1_2"},
    ],
)
def test_there_must_be_one_recipient(send, wrote, recipient):
    assert send.code(recipient=recipient)[0] == 100


def test_an_id_of_another_page_or_of_the_app_is_nobodys(send, wrote, town):
    other = town.meta.facebook.add_page("Other", admin=town.robin)
    things = town.meta.things
    ids = {things.psid(town.page.id, town.kim.id), things.psid(other.id, town.kim.id)}
    ids.add(things.asid(town.app.id, town.kim.id))
    assert len(ids) == 3
    for strange in ids - {send.psid()}:
        assert send.code(recipient={"id": strange}) == (100, 2_018_001)


def test_only_the_pages_own_token_with_the_permission_may(send, wrote, town):
    def code(token, **more):
        error = send.raw(send.body(), token=token, **more).json()["error"]
        return error["code"], error.get("error_subcode")

    assert code(town.user())[0] == 190
    assert code(town.user(), page="me")[0] == 190
    assert code(town.token("pages_messaging"))[0] == 200
    other = town.meta.facebook.add_page("Other", admin=town.robin)
    elsewhere = town.meta.access.give_page_token(town.app, town.robin, other, FACEBOOK_SCOPES)
    assert code(elsewhere.id)[0] in {10, 100}
    town.meta.facebook.set_role(town.page.id, town.robin.id, ("MANAGE", "MODERATE"))
    assert code(send.token)[0] == 200
    town.meta.access.kill_all(460, person=town.robin.id)
    assert code(send.token) == (190, 460)


def test_with_standard_access_only_people_of_the_app_are_reached(send, wrote, town, acts):
    advanced = tuple(s for s in town.app.advanced if s != "pages_messaging")
    town.change_app(advanced=advanced, roles=(town.robin.id,))
    assert send.code() == (200, 2_018_028)
    acts.write(town.robin, town.page, "Me")
    assert send(recipient={"id": send.psid(town.robin)})


@pytest.mark.parametrize(
    ("act", "code"),
    [("block", (551, 1_545_041)), ("mute", (10, 2_018_108)), ("gone", (200, 1_545_041))],
)
def test_whoever_went_away_gets_nothing(send, wrote, acts, town, act, code):
    if act == "gone":
        town.meta.things.change(town.meta.things.one(Person, town.kim.id), gone=True)
    else:
        getattr(acts, act)(town.kim, town.page)
    before = len(town.meta.things.all(Message))
    assert send.code() == code
    assert len(town.meta.things.all(Message)) == before


@pytest.mark.parametrize("name", sorted(TROUBLES))
def test_every_refusal_can_be_switched_on(send, wrote, town, name):
    town.meta.things.trouble.begin(name, times=2)
    refused = TROUBLES[name][1]()
    for _ in range(2):
        assert send.code() == (refused.code, refused.subcode)
    assert send()
    town.meta.things.trouble.begin(name)
    assert [send.code()[0] for _ in range(3)] == 3 * [refused.code]
    town.meta.things.trouble.mend()
    assert send()
    with pytest.raises(KeyError):
        town.meta.things.trouble.begin("nonsense")


def test_a_page_sends_300_messages_a_second(send, wrote, now, town):
    town.meta.usage.quota.sends = 3
    for _ in range(3):
        send()
    assert send.code()[0] == 613
    now.advance(timedelta(seconds=1))
    assert send()
    assert type(town.meta.usage.quota)().sends == 300


def test_typing_is_shown_within_the_window_only(send, wrote, now):
    shown = {"recipient": {"id": send.psid()}, "sender_action": "typing_on"}
    assert send.raw(shown).json() == {"recipient_id": send.psid()}
    assert send.raw({**shown, "sender_action": "dancing"}).json()["error"]["code"] == 100
    now.advance(DAY)
    assert send.raw(shown).json()["error"]["error_subcode"] == OUTSIDE[1]


def test_a_comment_is_answered_privately_once_within_seven_days(send, town, now, acts):
    comment = town.meta.facebook.comment(town.kim, town.post, "Mine")
    late = town.meta.facebook.comment(town.kim, town.post, "Mine, too")
    to = {"recipient": {"comment_id": comment.id}, "messaging_type": None}
    answer = send("Thank you", **to)
    assert answer["recipient_id"] == send.psid()
    assert send.code(**to)[0] == 10900
    now.advance(7 * DAY)
    assert send.code(recipient={"comment_id": late.id})[0] == 10903
    assert send.code() == OUTSIDE
    acts.write(town.kim, town.page, "You are welcome")
    assert send()


def test_a_notification_is_allowed_once(send, wrote, town, now, acts):
    ask = _template(template_type="one_time_notif_req", title="When we draw", payload="DRAW")
    assert send.code(message=ask)[0] == 10
    town.change_app(features=("One-Time Notification",))
    too_long = _template(template_type="one_time_notif_req", title=66 * "x", payload="DRAW")
    assert send.code(message=too_long)[0] == 100
    message = town.meta.things.one(Message, send(message=ask)["message_id"])
    first, second, third = (acts.allow_once(message) for _ in range(3))
    now.advance(30 * DAY)
    to = {"recipient": {"one_time_notif_token": first.id}, "messaging_type": None}
    assert send("You won", **to)["recipient_id"] == send.psid()
    assert send.code(**to)[0] == 100
    acts.block(town.kim, town.page)
    assert send.code(recipient={"one_time_notif_token": second.id})[0] == 551
    acts.block(town.kim, town.page, blocked=False)
    assert send(recipient={"one_time_notif_token": second.id})
    now.advance(336 * DAY)
    assert send.code(recipient={"one_time_notif_token": third.id})[0] == 100
