"""Messages at the sandbox's Send API: the shape of each way, and what each refusal means."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from tombola.api import (
    Allowed,
    CredentialExpired,
    Grant,
    HttpFailed,
    Message,
    NotNow,
    PermissionLost,
    Purpose,
    Question,
    Recipient,
    Rejected,
    Retry,
    Sent,
    Throttled,
    Unreachable,
    render,
)
from tombola.testing.network import FaultKind
from tombola_messenger import answers, handing, reviews, standing
from tombola_messenger.errors import REST
from tombola_messenger.handing import HandOver
from tombola_messenger.mapping import Enforcement
from tombola_messenger.settings import InstallationSettings, TeamSettings
from tombola_meta.linking import page_person
from tombola_sandbox.meta.messenger_models import Thread
from tombola_sandbox.meta.models import Page

pytestmark = pytest.mark.usefixtures("ready_page")
DAY = timedelta(days=1)
BEFORE_TAGS_END = datetime(2026, 4, 20, 12, tzinfo=UTC)


@pytest.fixture
def hello(meta, kim, tea):
    """Kim writes to the page."""
    return lambda: meta.messenger.write(kim, tea, "hello")


@pytest.fixture
def to(clock, tea, psid):
    """Kim as the core knows her; she has written just now, or so long ago."""

    def to(ago=timedelta(), **grants):
        return Recipient(page_person(tea.id, psid), clock() - ago, grants=grants)

    return to


@pytest.fixture
def got(meta, kim, tea):
    """What Kim has got from the page, oldest first: the messages as the sandbox keeps them."""

    def got():
        every = meta.messenger.messages(meta.messenger.thread(kim, tea))
        return [each for each in every if each.by == "page"]

    return got


def say(purpose=Purpose.CONFIRMATION, text="Thank you, Kim!", **more):
    return Message(text, purpose=purpose, campaign_id="0189", **more)


def test_reply_within_24_hours(ctx, channel, hello, to, got):
    hello()
    sent = channel.send(ctx, to(), say(tag="tea-2026"), "m1")
    (message,) = got()
    assert sent == Sent(message.id)
    assert (message.text, message.way) == ("Thank you, Kim!", "RESPONSE")


def test_answers_to_tap_come_with_a_question(ctx, channel, hello, to, got):
    hello()
    asked = say(Purpose.CONSENT, "Still?", question=Question("Yes, please go on telling me", "No"))
    channel.send(ctx, to(), asked, "m1")
    yes, no = got()[0].body["quick_replies"]
    assert len(yes["title"]) <= 20
    assert answers.read(yes["payload"]) == answers.Answer(Purpose.CONSENT, "0189", yes=True)
    assert answers.read(no["payload"]) == answers.Answer(Purpose.CONSENT, "0189", yes=False)


@pytest.mark.parametrize(("ago", "may"), [(timedelta(hours=23, minutes=59), True), (DAY, False)])
def test_window_of_the_plugin_and_of_the_network_are_the_same(
    ctx, channel, hello, to, got, clock, ago, may
):
    hello()
    clock.advance(ago)
    verdict = channel.assess(ctx, to(ago), Purpose.CONSENT, clock())
    assert isinstance(verdict, Allowed if may else NotNow)
    sent = channel.send(ctx, to(ago), say(Purpose.CONSENT), "m1")
    assert isinstance(sent, Sent if may else NotNow)
    assert len(got()) == may


def test_nothing_is_sent_outside_the_rules(ctx, channel, hello, to, clock, network):
    hello()
    clock.advance(30 * DAY)
    calls = len(network.calls.newest(999))
    for purpose in Purpose:
        assert isinstance(channel.send(ctx, to(30 * DAY), say(purpose), "m1"), NotNow)
    assert len(network.calls.newest(999)) == calls


def test_tag_goes_until_its_last_day_and_a_template_after(
    ctx, channel, hello, to, got, clock, tea, meta
):
    clock.now = BEFORE_TAGS_END
    hello()
    clock.advance(5 * DAY)
    ended = say(Purpose.CAMPAIGN_ENDED, values={"first_name": "Kim", "campaign": "Win a lamp"})
    assert isinstance(channel.send(ctx, to(5 * DAY), ended, "m1"), Sent)
    assert got()[-1].way == "CONFIRMED_EVENT_UPDATE"
    clock.advance(5 * DAY)
    refused = channel.send(ctx, to(10 * DAY), ended, "m2")
    assert isinstance(refused, NotNow)
    assert "2026-04-27" in render(refused.reason)
    reviews.ask(ctx, tea.id, ["en", "de"])
    clock.advance(meta.things.review_lasts + standing.FRESH)
    reviews.look(ctx, tea.id)
    verdict = channel.assess(ctx, to(10 * DAY), Purpose.CAMPAIGN_ENDED, clock())
    assert isinstance(verdict, Allowed)
    assert "Utility" in render(verdict.by)
    assert isinstance(channel.send(ctx, to(10 * DAY), ended, "m3"), Sent)
    assert (got()[-1].way, got()[-1].text.split("”")[0]) == ("UTILITY", "Hello Kim, “Win a lamp")


def test_template_speaks_the_persons_language_where_it_may(
    ctx, channel, hello, to, got, clock, tea, meta
):
    hello()
    reviews.ask(ctx, tea.id, ["en", "de"])
    clock.advance(2 * DAY + meta.things.review_lasts)
    reviews.look(ctx, tea.id)
    for locale in ("de-AT", "es"):
        told = say(Purpose.WINNER, locale=locale, values={"campaign": "Lampe"})
        assert isinstance(channel.send(ctx, to(2 * DAY), told, locale), Sent)
    assert [each.text.partition(",")[0] for each in got()] == ["Hallo du", "Hello there"]


def test_one_time_notification_asks_in_the_window_and_tells_once_later(
    make_ctx, channel, hello, to, got, clock, meta
):
    meta.things.put(meta.access.demo.model_copy(update={"features": ("One-Time Notification",)}))
    ctx = make_ctx(InstallationSettings(one_time=True))
    hello()
    asked = say(Purpose.INTEREST, "Shall we tell you of the next one?", question=Question("Y", "N"))
    channel.send(ctx, to(), asked, "m1")
    request = got()[-1]
    assert request.body["attachment"]["payload"]["template_type"] == "one_time_notif_req"
    token = meta.messenger.allow_once(request)
    clock.advance(60 * DAY)
    granted = to(60 * DAY, one_time=Grant(token.id))
    sent = channel.send(ctx, granted, say(Purpose.INTEREST, "It has begun."), "m2")
    assert isinstance(sent, Sent)
    assert list(sent.used) == ["one_time"]
    again = channel.send(ctx, granted, say(Purpose.INTEREST, "It has begun."), "m3")
    assert isinstance(again, Rejected)
    assert not again.retryable


def test_one_time_notification_is_off_and_never_confirms(ctx, make_ctx, channel, to, clock):
    granted = to(9 * DAY, one_time=Grant("7204"))
    off = channel.assess(ctx, granted, Purpose.INTEREST, clock())
    assert isinstance(off, NotNow)
    on = make_ctx(InstallationSettings(one_time=True))
    assert isinstance(channel.assess(on, granted, Purpose.INTEREST, clock()), Allowed)
    assert isinstance(channel.assess(on, granted, Purpose.CONFIRMATION, clock()), NotNow)


@pytest.mark.parametrize(
    ("trouble", "meaning"),
    [
        ("window", NotNow),
        ("cannot_receive", Unreachable),
        ("not_receiving", Unreachable),
        ("nobody", Unreachable),
        ("unavailable", Rejected),
    ],
)
def test_refusals_about_the_person(ctx, channel, hello, to, meta, trouble, meaning):
    hello()
    meta.things.trouble.begin(trouble)
    assert isinstance(channel.send(ctx, to(), say(), "m1"), meaning)
    meta.things.trouble.mend()
    assert isinstance(channel.send(ctx, to(), say(), "m2"), Sent)


@pytest.mark.parametrize(
    ("trouble", "meaning"),
    [
        ("token", CredentialExpired),
        ("app_limit", Throttled),
        ("rate", Throttled),
        ("temporary", Retry),
        ("transient", Retry),
        ("restricted", Throttled),
    ],
)
def test_troubles_of_page_and_network(ctx, channel, hello, to, got, meta, trouble, meaning):
    hello()
    meta.things.trouble.begin(trouble)
    with pytest.raises(meaning):
        channel.send(ctx, to(), say(), "m1")
    assert got() == []


def test_restricted_page_rests_half_an_hour_and_twice_as_long_each_time_more(
    ctx, channel, hello, to, meta, clock, network
):
    hello()
    meta.things.trouble.begin("restricted")
    waits = []
    for _ in range(3):
        with pytest.raises(Throttled) as told:
            channel.send(ctx, to(), say(), "m1")
        waits.append(told.value.until - clock())
        calls = len(network.calls.newest(999))
        with pytest.raises(Throttled):  # at once again: the network is not even asked
            channel.send(ctx, to(), say(), "m1")
        assert len(network.calls.newest(999)) == calls
        clock.advance(waits[-1])
    assert waits == [REST, 2 * REST, 4 * REST]
    meta.things.trouble.mend()
    assert isinstance(channel.send(ctx, to(), say(), "m1"), Sent)
    meta.things.trouble.begin("restricted", times=1)
    with pytest.raises(Throttled) as told:
        channel.send(ctx, to(), say(), "m1")
    assert told.value.until - clock() == REST


def test_person_who_is_away_again_and_again_is_given_up(ctx, channel, hello, to, meta, kim, tea):
    hello()
    meta.messenger.block(kim, tea)
    found = [channel.send(ctx, to(), say(), "m1") for _ in range(3)]
    assert [type(each) for each in found] == [Rejected, Rejected, Unreachable]


def test_account_that_is_gone_is_unreachable(ctx, channel, hello, to, meta, kim):
    hello()
    meta.things.change(kim, gone=True)
    assert isinstance(channel.send(ctx, to(), say(), "m1"), Unreachable)


@pytest.mark.parametrize(
    "fault",
    [FaultKind.TRUNCATED, FaultKind.RESET, FaultKind.GARBAGE],
    ids=str,
)
def test_end_that_nobody_knows_is_told_as_such(ctx, channel, hello, to, network, fault):
    hello()
    network.faults.break_("*/messages", fault)
    with pytest.raises(HttpFailed):
        channel.send(ctx, to(), say(), "m1")


def test_errors_name_no_secret(ctx, channel, hello, to, network, account):
    hello()
    network.faults.break_("*/messages", FaultKind.RESET)
    with pytest.raises(HttpFailed) as told:
        channel.send(ctx, to(), say(), "m1")
    assert account.secrets["token"] not in f"{told.value!r}{told.value.__cause__!r}"
    assert "appsecret_proof=" not in str(told.value)


def test_lost_permission_is_the_accounts_trouble(ctx, channel, hello, to, meta, ann, tea, account):
    hello()
    token = meta.access.give_page_token(meta.access.demo, ann, tea, ("pages_show_list",))
    account.secrets["token"] = token.id
    with pytest.raises(PermissionLost):
        channel.send(ctx, to(), say(), "m1")


def test_conversation_held_by_another_app_is_tried_again(ctx, channel, hello, to, meta, kim, tea):
    hello()
    meta.things.change(meta.messenger.thread(kim, tea), owner="77")
    found = channel.send(ctx, to(), say(), "m1")
    assert isinstance(found, Rejected)
    assert found.retryable


def test_blocked_page_writes_to_nobody(ctx, channel, to, tea, clock):
    standing.note(ctx, tea.id, Enforcement("block", "too much"))
    assert isinstance(channel.assess(ctx, to(), Purpose.CONFIRMATION, clock()), NotNow)


def test_bot_of_the_team_is_given_the_conversation_with_the_keyword(
    make_ctx, channel, hello, to, meta, kim, tea, told
):
    bot = meta.things.put(meta.access.demo.model_copy(update={"id": "77", "name": "Bot"}))
    page = meta.things.one(Page, tea.id)
    subscriptions = {**page.subscriptions, bot.id: ("messaging_handovers",)}
    meta.things.change(page, subscriptions=subscriptions, primary=meta.access.demo.id)
    ctx = make_ctx(TeamSettings(bot_app_id=bot.id))
    hello()
    channel.send(ctx, to(), say(tag="tea-2026"), "m1")
    (job,) = ctx.enqueued
    assert job.job == "messenger.hand_over"
    stored = HandOver.model_validate_json(job.payload.model_dump_json())
    told()
    handing.hand_over(ctx, stored)
    handing.hand_over(ctx, stored)
    thread = meta.things.one(Thread, meta.messenger.thread(kim, tea).id)
    assert thread.owner == bot.id
    news = [each.payload["event"].get("pass_thread_control", {}) for each in told()]
    assert "tea-2026" in json.dumps(news)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (TeamSettings(), say(tag="tea-2026")),
        (TeamSettings(bot_app_id="77"), say()),
        (TeamSettings(bot_app_id="77"), say(Purpose.WINNER, tag="tea-2026")),
    ],
    ids=["no bot", "no keyword", "no confirmation"],
)
def test_else_the_conversation_stays_here(make_ctx, channel, hello, to, settings, message):
    ctx = make_ctx(settings)
    hello()
    assert isinstance(channel.send(ctx, to(), message, "m1"), Sent)
    assert ctx.enqueued == []


def test_account_is_the_page_that_knows_the_person(channel, to, tea):
    assert channel.account_of(to().identity) == tea.id
