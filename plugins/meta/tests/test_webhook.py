import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given as given_any
from hypothesis import strategies as st
from pydantic import SecretStr

from tombola.api import Delivery, Reply
from tombola.inbox.checks import checked
from tombola.testing.ctx import FakeCtx
from tombola_meta import reading
from tombola_meta.events import events_from
from tombola_meta.settings import OperatorSettings
from tombola_meta.webhook import EXACT, Events, last_seen

AT = datetime(2026, 11, 20, 10, tzinfo=UTC)
SECONDS = int(AT.timestamp())

#: What the core makes of an answer without events.
NOTHING = Reply("ok", events=[])

#: Source: recorded deliveries of the field ``feed``, shortened, read 2026-11-21.
COMMENT = {
    "item": "comment",
    "verb": "add",
    "comment_id": "901097836652708_903438993085259",
    "post_id": "1234567890321_901097836652708",
    "parent_id": "1234567890321_901097836652708",
    "from": {"id": "2711636948859886", "name": "Kim Lääö"},
    "photo": "https://scontent.example/a.jpg",
    "message": "and one more / für dich",
    "created_time": SECONDS - 5,
}


def page(*changes, entry="1234567890321", time=SECONDS, field="feed"):
    listed = [{"field": field, "value": value} for value in changes]
    return {"object": "page", "entry": [{"id": entry, "time": time, "changes": listed}]}


def signed(body, secret, **headers):
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return Delivery("POST", {"x-hub-signature-256": f"sha256={digest}", **headers}, {}, body, AT)


@pytest.fixture
def hook():
    return Events()


@pytest.fixture
def ctx(given, clock):
    return FakeCtx(settings=[OperatorSettings(**given)], clock=clock, team_id=None)


@pytest.fixture
def deliver(hook, ctx, app_secret):
    """Deliver as Meta does, with escaped unicode; give the events as the core keeps them."""

    def deliver(body, secret=app_secret):
        written = json.dumps(body, ensure_ascii=True).replace("/", "\\/").encode()
        return checked(hook.receive(ctx, signed(written, secret)))

    return deliver


# The handshake.


def ask(hook, ctx, **query):
    given = {
        "hub.mode": "subscribe",
        "hub.verify_token": "a word of ours",
        "hub.challenge": "1158201444",
    } | {f"hub.{name}": value for name, value in query.items()}
    return hook.receive(ctx, Delivery("GET", {}, given, b"", AT))


def test_handshake_gives_back_the_bare_challenge(hook, ctx):
    assert ask(hook, ctx) == Reply("1158201444", 200, "text/plain")


@pytest.mark.parametrize(
    "query",
    [
        {"verify_token": "another"},
        {"verify_token": ""},
        {"verify_token": "a word of öurs\udcff"},
        {"mode": "unsubscribe"},
        {"challenge": "x" * 5_000},
    ],
)
def test_handshake_of_a_stranger_is_refused(hook, ctx, query):
    assert ask(hook, ctx, **query).status == 403


def test_handshake_without_a_word_of_ours_is_refused(hook, given):
    empty = FakeCtx(settings=[OperatorSettings(**given | {"verify_token": SecretStr("")})])
    assert ask(hook, empty, verify_token="").status == 403


# Signatures.


def test_signature_holds_over_the_bytes_as_they_came(deliver):
    (event,) = deliver(page(COMMENT))
    assert event.payload["value"]["message"] == "and one more / für dich"


def test_instagrams_side_of_the_app_may_sign_too(hook, ctx, given):
    body = json.dumps(page(COMMENT)).encode()
    secret = given["instagram_app_secret"].get_secret_value()
    assert len(hook.receive(ctx, signed(body, secret))) == 1


def test_every_flipped_bit_is_refused(hook, ctx, app_secret):
    body = json.dumps(page(COMMENT)).encode()
    good = signed(body, app_secret)
    for place in range(0, len(body), 7):
        bent = bytearray(body)
        bent[place] ^= 1 << place % 8
        request = Delivery("POST", good.headers, {}, bytes(bent), AT)
        assert hook.receive(ctx, request) == ()
    given = good.headers["x-hub-signature-256"]
    for place in range(len("sha256="), len(given)):
        other = "0" if given[place] != "0" else "1"
        header = given[:place] + other + given[place + 1 :]
        request = Delivery("POST", {"x-hub-signature-256": header}, {}, body, AT)
        assert hook.receive(ctx, request) == ()


def test_re_serialised_body_is_refused(hook, ctx, app_secret):
    body = json.dumps(page(COMMENT), ensure_ascii=True).encode()
    again = json.dumps(page(COMMENT), ensure_ascii=False).encode()
    request = Delivery("POST", signed(body, app_secret).headers, {}, again, AT)
    assert hook.receive(ctx, request) == ()


@pytest.mark.parametrize("header", ["", "sha256=", "sha256=é", "x", "sha1=", None])
def test_other_headers_are_refused(hook, ctx, app_secret, header):
    body = json.dumps(page(COMMENT)).encode()
    sha1 = hmac.new(app_secret.encode(), body, "sha1").hexdigest()
    headers = {"x-hub-signature": f"sha1={sha1}"}
    if header is not None:
        headers["x-hub-signature-256"] = header
    assert hook.receive(ctx, Delivery("POST", headers, {}, body, AT)) == ()


def test_without_a_secret_nothing_is_signed(hook):
    ctx = FakeCtx(settings=[OperatorSettings(verify_token=SecretStr("x"))])
    assert hook.receive(ctx, signed(b"{}", "")) == ()


# Events.


def test_comment_is_an_event_of_its_page(deliver):
    (event,) = deliver(page(COMMENT))
    assert (event.topic, event.account, event.connector) == (
        "meta.page.feed",
        "1234567890321",
        "meta.facebook",
    )
    assert event.occurred_at == AT - timedelta(seconds=5)
    assert event.payload["field"] == "feed"


def test_every_object_and_field_has_its_topic(deliver):
    account = {"id": "17841400000000001", "time": SECONDS}
    tag = {"item": "post", "verb": "add", "post_id": "1_2", "created_time": SECONDS}
    said = {"id": "179", "text": "in! #acme", "from": {"id": "12", "username": "jane"}}
    both = [{"field": "comments", "value": said}, {"field": "mentions", "value": {"media_id": "1"}}]
    events = [
        *deliver(page(tag, field="mention")),
        *deliver({"object": "instagram", "entry": [{**account, "changes": both}]}),
    ]
    assert [(event.topic, event.account) for event in events] == [
        ("meta.page.mention", "1234567890321"),
        ("meta.instagram.comments", "17841400000000001"),
        ("meta.instagram.mentions", "17841400000000001"),
    ]


def test_batch_is_split(deliver):
    second = {**COMMENT, "comment_id": "9_2"}
    batch = {"object": "page", "entry": page(COMMENT, second)["entry"] + page(COMMENT)["entry"]}
    events = deliver(batch)
    assert len(events) == 3
    assert len({event.dedupe for event in events}) == 2


def test_delivery_that_is_repeated_is_the_same_event(deliver):
    (first,), (second,) = deliver(page(COMMENT)), deliver(page(COMMENT))
    assert first.dedupe == second.dedupe
    reordered = dict(reversed(COMMENT.items()))
    assert deliver(page(reordered))[0].dedupe == first.dedupe


def test_ids_are_text_and_the_same_in_both_vocabularies(deliver):
    numbers = {**COMMENT, "from": {"id": 2711636948859886, "name": "Kim Lääö"}}
    (old,), (new,) = deliver(page(numbers, entry=1234567890321)), deliver(page(COMMENT))
    assert old == new
    assert old.payload["value"]["from"]["id"] == "2711636948859886"


def test_each_change_of_a_comment_is_an_event_of_its_own(deliver):
    events = [
        deliver(page({**COMMENT, "verb": verb}, time=SECONDS + at))[0]
        for at, verb in enumerate(["add", "edited", "hide", "unhide", "hide", "remove"])
    ]
    assert len({event.dedupe for event in events}) == 6
    times = [event.occurred_at for event in events]
    assert times == sorted(times)


def test_likes_and_reactions_are_left_out(deliver):
    said = deliver(page({"item": "reaction", "verb": "add"}, {"item": "like", "verb": "add"}))
    assert said == NOTHING


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        None,
        {"object": "user", "entry": [{"id": "1", "changes": [{"field": "feed", "value": {}}]}]},
        {"object": "page"},
        {"object": "page", "entry": None},
        {"object": "page", "entry": [None, 7, {}, {"id": None}, {"id": "1"}]},
        {
            "object": "page",
            "entry": [{"id": "1", "changes": [{"field": "new", "value": {"a": 1}}]}],
        },
        {"object": "page", "entry": [{"id": "1", "changes": [{"field": "feed", "value": "x"}]}]},
        {"object": "instagram", "entry": [{"id": "1", "messaging": [{"message": {"mid": "m"}}]}]},
        {"object": "page", "policy-enforcement": {"action": "warning"}},
    ],
    ids=repr,
)
def test_what_means_nothing_here_is_acknowledged(deliver, body):
    assert deliver(body) == NOTHING


def test_signed_bytes_that_are_no_json_are_acknowledged(hook, ctx, app_secret):
    for body in (b"", b"\xff\x00", b"[" * 100_000):
        assert hook.receive(ctx, signed(body, app_secret)) == Reply("ok")


def test_what_no_database_keeps_is_taken_out(deliver):
    (event,) = deliver(page({**COMMENT, "message": "a\x00b\ud800"}))
    assert event.payload["value"]["message"] == "ab?"


# Messages.


def message(**more):
    return {
        "sender": {"id": "PSID"},
        "recipient": {"id": "100"},
        "timestamp": SECONDS * 1000,
    } | more


def messages(*listed, name="messaging"):
    return {"object": "page", "entry": [{"id": "100", "time": SECONDS * 1000, name: list(listed)}]}


def test_message_is_an_event_named_by_metas_id(deliver):
    (event,) = deliver(messages(message(message={"mid": "m_1", "text": "STOP"})))
    assert (event.topic, event.account, event.occurred_at) == ("meta.page.messaging", "100", AT)
    assert event.payload["event"]["message"]["text"] == "STOP"
    moved = message(message={"mid": "m_1", "text": "STOP"}, timestamp=SECONDS * 1000 + 7)
    assert deliver(messages(moved))[0].dedupe == event.dedupe


def test_echo_of_what_we_sent_is_left_out(deliver):
    assert deliver(messages(message(message={"mid": "m_1", "is_echo": True}))) == NOTHING


def test_deleted_message_is_another_event(deliver):
    said = [
        message(message={"mid": "m_1", "text": "x"}),
        message(message={"mid": "m_1", "is_deleted": True}),
    ]
    assert len({event.dedupe for event in deliver(messages(*said))}) == 2


def test_referrals_are_told_apart_by_time_and_word(deliver):
    said = [
        message(referral={"ref": "tok_1"}),
        message(referral={"ref": "tok_2"}),
        message(referral={"ref": "tok_1"}, timestamp=SECONDS * 1000 + 1),
        message(referral={"ref": "tok_1"}),
    ]
    assert len({event.dedupe for event in deliver(messages(*said))}) == 3


def test_thread_that_another_app_owns_is_marked(deliver):
    (event,) = deliver(messages(message(message={"mid": "m_2"}), name="standby"))
    assert event.payload["standby"] is True


shapes = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inside: (
        st.lists(inside, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    *["id", "time", "changes", "field", "value", "messaging", "message"],
                    *["mid", "timestamp", "created_time", "verb", "item", "postback", "standby"],
                ]
            ),
            inside,
            max_size=6,
        )
    ),
    max_leaves=25,
)


@given_any(st.sampled_from(["page", "instagram"]), st.lists(shapes, max_size=3), shapes)
def test_deliveries_of_any_shape_give_events_that_can_be_kept(about, entries, value):
    wrapped = {"id": "1", "changes": [{"field": "feed", "value": value}], "messaging": [value]}
    body = reading.clean({"object": about, "entry": [*entries, wrapped]})
    checked(list(events_from(body)))


# What is remembered.


def test_arrival_is_remembered_to_ten_minutes(hook, ctx, clock, deliver):
    assert last_seen(ctx) is None
    (event,) = deliver(page(COMMENT))
    hook.handle(ctx, event)
    first = last_seen(ctx)
    assert first == clock()
    clock.advance(EXACT / 2)
    hook.handle(ctx, event)
    assert last_seen(ctx) == first
    clock.advance(EXACT / 2)
    hook.handle(ctx, event)
    assert last_seen(ctx) == clock()
