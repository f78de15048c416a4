"""The action as a team sets it and as people see it."""

from importlib.resources import files

import pytest
from pydantic import ValidationError

from tombola.api import Pending, Who, render
from tombola.testing.network import FaultKind
from tombola_messenger import plugin, ready
from tombola_messenger.actions import AWAY, LABEL, OPEN, WAITING, Subscribe
from tombola_messenger.config import SubscribeConfig
from tombola_messenger.settings import InstallationSettings
from tombola_meta.permissions import PAGE
from tombola_sandbox.meta.messenger_models import Profile
from tombola_sandbox.meta.models import Page

ANYBODY = Who("01890000-0000-7000-8000-0000000000ff")


def complaints(ctx, config):
    return [render(each.text) for each in Subscribe().check(ctx, config)]


def test_saving_makes_the_page_tell_of_messages_and_keeps_what_it_tells(ctx, config, meta, tea):
    own = meta.access.demo.id
    meta.things.change(tea, subscriptions={own: ("feed", "mention")})
    assert complaints(ctx, config) == []
    fields = set(meta.things.one(Page, tea.id).subscriptions[own])
    assert fields >= {"feed", "mention", "messages", "messaging_postbacks", "messaging_referrals"}
    assert meta.things.one(Profile, tea.id).get_started == "GET_STARTED"


def test_button_that_the_page_has_stays_as_it_is(ctx, config, meta, tea):
    kept = {"get_started": {"payload": "OUR_BOT"}}
    meta.things.put(Profile(id=tea.id, properties=kept))
    assert complaints(ctx, config) == []
    assert meta.things.one(Profile, tea.id).get_started == "OUR_BOT"


def test_missing_permission_is_named_with_its_remedy(ctx, config, meta, ann, tea, account):
    token = meta.access.give_page_token(meta.access.demo, ann, tea, PAGE)
    account.secrets["token"] = token.id
    (said,) = complaints(ctx, config)
    assert "pages_messaging" in said
    assert "Connect the page again" in said


def test_dead_key_is_told(ctx, config, account):
    account.secrets["token"] = "EAAdead"
    (said,) = complaints(ctx, config)
    assert "connect it again" in said.lower()
    assert "EAAdead" not in said


def test_page_that_is_not_connected_is_told(ctx, config):
    (said,) = complaints(ctx, config.model_copy(update={"account": "1"}))
    assert "not connected" in said


def test_page_whose_messages_one_may_not_answer_is_not_offered(ctx, account, config):
    assert list(Subscribe().options(ctx, "account", "tea")) == [(account.uid, "Tea Room")]
    assert list(Subscribe().options(ctx, "account", "cake")) == []
    account.facts["tasks"] = ["MODERATE"]
    assert list(Subscribe().options(ctx, "account", "")) == []
    (said,) = complaints(ctx, config)
    assert "MESSAGING" in said


def test_refusal_that_nothing_mends_is_told(ctx, config, network):
    network.faults.break_("*/subscribed_apps", FaultKind.NOT_FOUND)
    (said,) = complaints(ctx, config)
    assert said.startswith("Facebook does not let us")


def test_wording_is_what_people_read_beside_the_button(ctx, config):
    view = Subscribe().view(ctx, config, None)
    assert view.description == config.wording
    assert "STOP" in render(view.description)


def test_link_leads_where_the_operator_says(make_ctx, config):
    ctx = make_ctx(InstallationSettings(me_url="http://localhost:9/m.me/"))
    step = Subscribe().start(ctx, config, ANYBODY)
    assert isinstance(step, Pending)
    assert step.url is not None
    assert step.url.startswith(f"http://localhost:9/m.me/{config.account}?ref=")
    assert isinstance(Subscribe().verify(ctx, config, ANYBODY, None), Pending)


@pytest.mark.parametrize(
    "wrong",
    [
        {"account": ""},
        {"account": "1", "wording": "Subscribe"},
        {"account": "1", "keyword": "tea-2026"},
        {"account": "1", "confirmation": "x" * 2_001},
        {"account": "1", "unknown": 1},
    ],
)
def test_configuration_that_cannot_work_is_refused(wrong):
    with pytest.raises(ValidationError):
        SubscribeConfig(**wrong)


def test_erased_entrants_leave_nothing(ctx, config):
    before = Subscribe().start(ctx, config, ANYBODY)
    plugin.on_entrant_erased(ctx, ANYBODY.entrant_id)
    assert Subscribe().start(ctx, config, ANYBODY) != before


def test_it_is_in_plans_from_business_on():
    (feature,) = plugin.register_features()
    assert (feature.key, feature.plan) == ("messenger.subscribe", "business")


def test_job_prepares_what_was_put_off(ctx, config, meta, tea):
    ready.prepare_later(ctx, ready.PreparePage(page=tea.id))
    assert meta.access.demo.id in meta.things.one(Page, tea.id).subscriptions
    ready.prepare_later(ctx, ready.PreparePage(page="1"))
    assert ctx.log.lines[-1][1] == "page_unprepared"


@pytest.mark.parametrize("language", ["de", "es", "ar"])
def test_what_entrants_read_is_there_in_every_language(language):
    text = files("tombola_messenger").joinpath(f"locales/{language}.po").read_text("utf-8")
    said = [LABEL, OPEN, WAITING, SubscribeConfig(account="1").wording, AWAY]
    assert [each for each in said if f'msgid "{each}"\nmsgstr ""' in text] == []
    assert [each for each in said if f'msgid "{each}"' not in text] == []
