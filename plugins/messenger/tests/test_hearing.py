"""What people do at the sandbox's Messenger, and what the core is told of it."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from tombola.api import (
    Answered,
    Completes,
    Delivered,
    Granted,
    Interacted,
    NeedsIdentity,
    OptedIn,
    OptedOut,
    Pending,
    Purpose,
    Read,
    Rejected,
    Retry,
    Who,
    render,
)
from tombola.testing.network import FaultKind
from tombola_messenger import answers, ready, standing
from tombola_messenger.actions import Subscribe
from tombola_messenger.mapping import Enforcement
from tombola_sandbox.meta.models import Page

pytestmark = pytest.mark.usefixtures("ready_page")
ANYBODY = Who("01890000-0000-7000-8000-0000000000ff")


@pytest.fixture
def begin(ctx, config):
    """Press the button; gives the link's ``ref`` and the code."""

    def begin(who=ANYBODY, **changed):
        step = Subscribe().start(ctx, config.model_copy(update=changed), who)
        assert isinstance(step, Pending), step
        parts = urlsplit(step.url or "")
        assert (parts.scheme, parts.netloc) == ("https", "m.me")
        assert parts.path == f"/{config.account}"
        return parse_qs(parts.query)["ref"][0], step.code or ""

    return begin


@pytest.fixture
def hear(ctx, channel, told):
    """Give what Meta's news mean, all of it."""

    def hear():
        return [each for event in told() for each in channel.hear(ctx, event)]

    return hear


def kinds(happenings):
    return [type(each) for each in happenings]


def completion(happenings):
    (one,) = [each for each in happenings if isinstance(each, Completes)]
    return one


def test_get_started_by_the_link_completes_the_action(ctx, begin, hear, meta, kim, tea, psid):
    ref, _ = begin()
    meta.messenger.get_started(kim, tea, ref)
    heard = hear()
    assert kinds(heard) == [Interacted, OptedIn, Completes]
    done = completion(heard)
    assert (done.action_id, done.entrant_id) == (ctx.action_id, ANYBODY.entrant_id)
    assert done.identity.provider == "meta.psid"
    assert (done.identity.uid, done.identity.name) == (f"{tea.id}:{psid}", "Kim Likes")
    assert done.reply is not None
    assert (done.reply.tag, done.reply.purpose) == ("tea-2026", Purpose.CONFIRMATION)
    assert done.details["By"] == "link"
    assert ref not in f"{done.proof}{done.details}"


def test_link_into_an_open_conversation_completes_it_too(begin, hear, meta, kim, tea):
    meta.messenger.write(kim, tea, "Do you have Assam?")
    assert kinds(hear()) == [Interacted]
    ref, _ = begin()
    meta.messenger.follow_link(kim, tea, ref)
    assert kinds(hear()) == [Interacted, OptedIn, Completes]


def test_typed_code_is_the_way_besides(begin, hear, meta, kim, tea):
    _, code = begin()
    meta.messenger.write(kim, tea, f"here: {code.lower()}")
    done = completion(hear())
    assert done.details["By"] == "code"


def test_same_event_means_the_same_again(ctx, channel, begin, told, meta, kim, tea):
    ref, _ = begin()
    meta.messenger.get_started(kim, tea, ref)
    (event,) = told()
    assert channel.hear(ctx, event) == channel.hear(ctx, event)


def test_somebody_elses_link_completes_nothing(begin, hear, meta, kim, tea):
    ref, code = begin()
    lee = meta.facebook.add_person("Lee")
    meta.messenger.get_started(kim, tea, ref)
    assert completion(hear())
    meta.messenger.get_started(lee, tea, ref)
    meta.messenger.write(lee, tea, code)
    assert kinds(hear()) == [Interacted, Interacted]


def test_require_auth_asks_for_facebook_and_binds_the_link_to_that_person(
    begin, hear, ctx, config, who, meta, kim, tea
):
    strict = config.model_copy(update={"require_auth": True})
    assert Subscribe().start(ctx, strict, ANYBODY) == NeedsIdentity("meta.facebook")
    lee = meta.facebook.add_person("Lee")
    meta.things.change(meta.things.one(Page, tea.id), business=meta.access.demo.business)
    meta.messenger.write(kim, tea, "hello")
    hear()
    ref, _ = begin(who, require_auth=True)
    meta.messenger.get_started(lee, tea, ref)
    assert kinds(hear()) == [Interacted]
    meta.messenger.follow_link(kim, tea, ref)
    assert completion(hear()).entrant_id == who.entrant_id


def test_where_facebook_tells_nothing_the_link_is_the_proof(begin, hear, who, meta, kim, tea):
    ref, _ = begin(who, require_auth=True)
    meta.messenger.get_started(kim, tea, ref)
    assert completion(hear()).entrant_id == who.entrant_id


@pytest.mark.parametrize("typed", ["STOP", "Abmelden!", "baja", "إيقاف"])
def test_stop_ends_everything_until_the_button_is_pressed_again(begin, hear, meta, kim, tea, typed):
    meta.messenger.write(kim, tea, typed)
    first, second = hear()
    assert isinstance(first, Interacted)
    assert isinstance(second, OptedOut)
    meta.messenger.write(kim, tea, "Do you have Assam?")
    assert kinds(hear()) == [Interacted]
    ref, _ = begin()
    meta.messenger.follow_link(kim, tea, ref)
    assert OptedIn in kinds(hear())


def test_start_takes_a_stop_back(hear, meta, kim, tea):
    meta.messenger.write(kim, tea, "START")
    assert kinds(hear()) == [Interacted, OptedIn]


def test_what_opens_no_window_is_no_contact(hear, meta, kim, tea):
    meta.messenger.allow_marketing(kim, tea)
    meta.messenger.press_plugin(kim, tea, "something")
    assert hear() == []


def test_comment_on_the_page_is_contact_and_the_pages_own_is_not(hear, meta, kim, tea, clock, psid):
    meta.things.change(
        meta.things.one(Page, tea.id), subscriptions={meta.access.demo.id: ("feed",)}
    )
    clock.advance(timedelta(hours=1))
    post = meta.facebook.post(tea, "Show us your cup")
    hear()
    made = meta.facebook.comment(kim, post, "My cup")
    (interacted,) = hear()
    assert isinstance(interacted, Interacted)
    assert (interacted.kind, interacted.identity.uid) == ("comment", f"{tea.id}:{psid}")
    assert abs(interacted.at - clock()) < timedelta(seconds=1)
    meta.facebook.delete_comment(made.id)
    meta.facebook.comment(tea, post, "Lovely!")
    assert hear() == []


def test_answers_come_back_with_their_question(ctx, channel, hear, meta, kim, tea):
    payload = answers.payload(Purpose.CONSENT, "0189", yes=False)
    meta.messenger.write(kim, tea, "hello")
    hear()
    thread = meta.messenger.thread(kim, tea)
    replies = [{"content_type": "text", "title": "No", "payload": payload}]
    asked = meta.messenger.page_says(
        thread, {"text": "Still?", "quick_replies": replies}, app=meta.access.demo.id
    )
    hear()
    meta.messenger.answer(asked, 0)
    interacted, answered = hear()
    assert isinstance(interacted, Interacted)
    assert isinstance(answered, Answered)
    assert (answered.about, answered.campaign_id, answered.yes) == (Purpose.CONSENT, "0189", False)


def test_leave_to_write_once_is_a_grant_and_a_yes(hear, meta, kim, tea, clock):
    payload = answers.payload(Purpose.INTEREST, "0189", yes=True)
    asked = {"type": "template", "payload": {"title": "The next one?", "payload": payload}}
    thread = meta.messenger.thread(kim, tea)
    sent = meta.messenger.page_says(thread, {"attachment": asked}, app=meta.access.demo.id)
    hear()
    token = meta.messenger.allow_once(sent)
    granted, answered = hear()
    assert isinstance(granted, Granted)
    assert (granted.name, granted.value) == ("one_time", token.id)
    assert granted.until == clock() + timedelta(days=365)
    assert isinstance(answered, Answered)
    assert answered.yes


def test_receipts_are_told_and_echoes_are_not(hear, meta, kim, tea):
    meta.messenger.write(kim, tea, "hello")
    hear()
    thread = meta.messenger.thread(kim, tea)
    sent = meta.messenger.page_says(thread, {"text": "Hi"}, app=meta.access.demo.id)
    (delivered,) = hear()
    assert isinstance(delivered, Delivered)
    assert delivered.external_ids == (sent.id,)
    meta.messenger.read(kim, tea)
    (read,) = hear()
    assert isinstance(read, Read)
    assert read.through is not None


def test_standby_is_heard_like_the_rest(begin, hear, meta, kim, tea):
    _, code = begin()
    meta.messenger.write(kim, tea, "hello")
    hear()
    bot = meta.things.put(meta.access.demo.model_copy(update={"id": "77", "name": "Bot"}))
    meta.things.change(meta.messenger.thread(kim, tea), owner=bot.id)
    meta.messenger.write(kim, tea, code)
    assert Completes in kinds(hear())
    meta.messenger.write(kim, tea, "stop")
    assert OptedOut in kinds(hear())


def test_events_in_any_order_and_twice_say_the_same(ctx, channel, begin, told, meta, kim, tea):
    ref, _ = begin()
    meta.messenger.get_started(kim, tea, ref)
    meta.messenger.write(kim, tea, "hello")
    meta.messenger.write(kim, tea, "stop")
    events = told()
    forth = [each for event in events for each in channel.hear(ctx, event)]
    back = [each for event in reversed(events) for each in channel.hear(ctx, event)]
    assert sorted(map(repr, forth)) == sorted(map(repr, back))


def test_measure_against_a_page_is_kept_until_it_is_lifted(ctx, tea, channel):
    standing.note(ctx, tea.id, Enforcement("warning", "careful"))
    assert standing.read(ctx, tea.id).blocked is None
    standing.note(ctx, tea.id, Enforcement("block", "too much"))
    assert standing.read(ctx, tea.id).blocked == "too much"
    standing.note(ctx, tea.id, Enforcement("unblock", ""))
    assert standing.read(ctx, tea.id).blocked is None


def test_name_that_is_not_told_stops_nothing(begin, hear, meta, kim, tea, network):
    ref, _ = begin()
    meta.messenger.get_started(kim, tea, ref)
    network.faults.break_("*", FaultKind.SERVER_ERROR)
    assert completion(hear()).identity.name is None


def test_page_that_is_not_connected_any_more_is_told_without_its_reasons(ctx, config):
    ctx.connected.clear()
    step = Subscribe().start(ctx, config, ANYBODY)
    assert isinstance(step, Rejected)
    assert "Facebook" not in render(step.message)
    assert [each[1] for each in ctx.log.lines] == ["link_refused"]


def test_outage_while_saving_is_made_good_later(ctx, config, network):
    network.faults.break_("*", FaultKind.SERVER_ERROR)
    assert list(Subscribe().check(ctx, config)) == []
    ((job),) = ctx.enqueued
    assert job.job == "messenger.prepare"
    with pytest.raises(Retry):
        ready.prepare_later(ctx, job.payload)
