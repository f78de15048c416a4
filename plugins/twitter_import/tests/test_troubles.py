from datetime import timedelta

import pytest
from pydantic import SecretStr

from tombola.api import (
    CredentialExpired,
    Lane,
    OutOfCredit,
    PermissionLost,
    Retry,
    Throttled,
)
from tombola.testing.network import FaultKind
from tombola_sandbox.access import DEMO_APP
from tombola_sandbox.switches import Vocabulary
from tombola_twitter_import.config import TeamSettings

SEARCH = "/2/tweets/search/recent"
HOUR = timedelta(hours=1)
WEEK = timedelta(days=7)


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        (FaultKind.TOO_MANY, Throttled),
        (FaultKind.OUT_OF_CREDIT, OutOfCredit),
        (FaultKind.SERVER_ERROR, Retry),
        (FaultKind.GARBAGE, Retry),
        (FaultKind.TRUNCATED, Retry),
        (FaultKind.RESET, Retry),
        (FaultKind.HANG, Retry),
    ],
)
def test_broken_network_is_named_and_harmless(run, world, feed, clock, network, kind, error):
    made = feed.post()
    network.faults.break_(SEARCH, kind, times=1)
    cursor = run.open(Lane.HISTORY, clock() - WEEK)
    with pytest.raises(error):
        run.page(cursor)
    assert run.to_end(cursor)[0] == [made]


def test_throttled_until_the_window_is_over(run, world, feed, clock, network):
    network.faults.break_(SEARCH, FaultKind.TOO_MANY)
    with pytest.raises(Throttled) as caught:
        run.page(run.open(Lane.HISTORY, clock() - WEEK))
    assert caught.value.until == clock() + timedelta(minutes=15)
    assert caught.value.bucket == run.importer.limits[0].bucket


@pytest.mark.parametrize("dialect", ["post", "tweet"])
def test_empty_wallet_stops_reading_in_either_vocabulary(
    make_ctx, make_run, world, feed, clock, dialect
):
    world.wallet.set(0)
    run = make_run(make_ctx(fields_dialect=dialect))
    with pytest.raises(OutOfCredit, match="credits"):
        run.page(run.open(Lane.HISTORY, clock() - WEEK))


def test_app_without_project_is_told_what_to_do(run, world, feed, clock):
    world.access.register(DEMO_APP.model_copy(update={"enrolled": False}))
    with pytest.raises(PermissionLost, match="project"):
        run.page(run.open(Lane.HISTORY, clock() - WEEK))


def test_limits_are_told_with_every_page(run, world, feed, clock):
    page = run.page(run.open(Lane.HISTORY, clock() - WEEK))
    assert [(s.bucket, s.remaining) for s in page.limits] == [("search_recent", 449)]
    assert page.limits[0].resets_at == clock() + timedelta(minutes=15)


def test_private_address_is_refused_in_words(make_ctx, make_run, clock):
    run = make_run(make_ctx(api_url="http://127.0.0.1:9"))
    with pytest.raises(PermissionLost, match="asked from here"):
        run.page(run.open(Lane.HISTORY, clock() - WEEK))


def test_wrong_token_has_to_be_renewed(make_ctx, make_run, clock):
    run = make_run(make_ctx(bearer_token=SecretStr("wrong")))
    with pytest.raises(CredentialExpired, match="settings"):
        run.page(run.open(Lane.HISTORY, clock() - WEEK))


def test_missing_app_is_said_before_and_while_reading(make_ctx, make_run, clock, config):
    run = make_run(make_ctx(bearer_token=SecretStr("")))
    (complaint,) = run.importer.check(run.ctx, config)
    assert "bearer token" in str(complaint.text)
    with pytest.raises(CredentialExpired, match="bearer token"):
        run.page(run.open(Lane.HISTORY, clock() - WEEK))


KEY_AND_SECRET = {
    "bearer_token": SecretStr(""),
    "api_key": SecretStr(DEMO_APP.api_key),
    "api_secret": SecretStr(DEMO_APP.api_secret),
}


def test_key_and_secret_fetch_a_token_once(make_ctx, make_run, world, feed, clock, network):
    made = feed.post()
    run = make_run(make_ctx(**KEY_AND_SECRET))
    cursor = run.open(Lane.HISTORY, clock() - WEEK)
    assert run.to_end(cursor)[0] == run.to_end(cursor)[0] == [made]
    assert len(network.calls.to("/oauth2/token")) == 1


def test_fetched_token_that_was_taken_back_is_fetched_anew(make_ctx, make_run, world, feed, clock):
    made = feed.post()
    run = make_run(make_ctx(**KEY_AND_SECRET))
    cursor = run.open(Lane.HISTORY, clock() - WEEK)
    run.page(cursor)
    world.access.register(DEMO_APP.model_copy(update={"bearer": "AAAAnew"}))
    assert run.to_end(cursor)[0] == [made]


def test_token_is_not_used_for_another_key(make_ctx, make_run, world, feed, clock):
    run = make_run(make_ctx(**KEY_AND_SECRET))
    run.page(run.open(Lane.HISTORY, clock() - WEEK))
    kept = run.ctx.secrets
    other = make_run(make_ctx(**KEY_AND_SECRET | {"api_secret": SecretStr("wrong")}))
    other.ctx.secrets = kept
    with pytest.raises(CredentialExpired, match="key and secret"):
        other.page(other.open(Lane.HISTORY, clock() - WEEK))


@pytest.mark.parametrize(
    ("kind", "error"),
    [(FaultKind.GARBAGE, Retry), (FaultKind.SERVER_ERROR, Retry), (FaultKind.RESET, Retry)],
)
def test_token_that_cannot_be_fetched_now_is_fetched_later(
    make_ctx, make_run, clock, network, kind, error
):
    run = make_run(make_ctx(**KEY_AND_SECRET))
    network.faults.break_("/oauth2/token", kind)
    with pytest.raises(error):
        run.page(run.open(Lane.HISTORY, clock() - WEEK))


def test_teams_own_app_reads_instead_of_the_operators(make_ctx, make_run, world, feed, clock):
    made = feed.post()
    own = TeamSettings(own_bearer_token=SecretStr(DEMO_APP.bearer))
    run = make_run(make_ctx(own, bearer_token=SecretStr("operators, empty")))
    assert run.to_end(run.open(Lane.HISTORY, clock() - WEEK))[0] == [made]


def test_half_of_a_teams_app_is_no_app(make_ctx, make_run, world, feed, clock):
    made = feed.post()
    run = make_run(make_ctx(TeamSettings(own_api_key=SecretStr("key without secret"))))
    assert run.to_end(run.open(Lane.HISTORY, clock() - WEEK))[0] == [made]


def test_no_secret_reaches_log_or_store(make_ctx, make_run, world, feed, clock, network):
    world.switches.set(vocabulary=Vocabulary.TWEET.value)
    run = make_run(make_ctx(**KEY_AND_SECRET))
    run.page(run.open(Lane.HISTORY, clock() - WEEK))
    written = f"{run.ctx.log.lines}{run.ctx.kv.values}"
    assert DEMO_APP.bearer not in written
    assert DEMO_APP.api_secret not in written
