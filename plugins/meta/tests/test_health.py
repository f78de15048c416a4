from datetime import timedelta

import pytest
from pydantic import SecretStr

from tombola.testing.network import FaultKind
from tombola_meta.health import CHECKS, QUIET, app_works, settings_complete, webhook_heard
from tombola_meta.webhook import SEEN


def test_everything_is_well(ctx, clock):
    ctx.kv.put(SEEN, clock().isoformat())
    assert [check.run(ctx) for check in CHECKS] == [None, None, None]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"app_id": ""}, "App ID"),
        ({"app_secret": SecretStr(""), "verify_token": SecretStr("")}, "App secret, Verify token"),
        ({"instagram_app_secret": SecretStr("")}, "Instagram app secret"),
    ],
)
def test_missing_setting_is_named(make_ctx, settings, said):
    assert said in str(settings_complete(make_ctx(**settings)))


def test_without_an_app_only_the_settings_complain(make_ctx):
    ctx = make_ctx(app_id="")
    assert app_works(ctx) is None
    assert webhook_heard(ctx) is None


def test_wrong_secret_is_noticed(make_ctx):
    assert "App secret" in str(app_works(make_ctx(app_secret=SecretStr("wrong"))))


def test_outage_is_said_to_be_one(ctx, network):
    network.faults.break_("*", FaultKind.SERVER_ERROR)
    assert "could not be asked" in str(app_works(ctx))


def test_webhooks_that_never_came_say_where_to_send_them(ctx):
    assert "/webhooks/meta/events" in str(webhook_heard(ctx))


def test_long_silence_is_told(ctx, clock):
    ctx.kv.put(SEEN, clock().isoformat())
    clock.advance(QUIET)
    assert webhook_heard(ctx) is None
    clock.advance(timedelta(minutes=1))
    assert "nothing since" in str(webhook_heard(ctx))
