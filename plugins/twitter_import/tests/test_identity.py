from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from pydantic import SecretStr

from tombola.api import Flow, Identity, Invalid, Item, Lane, Redirect
from tombola.testing.network import FaultKind, in_process
from tombola_sandbox.access import DEMO_APP
from tombola_twitter_import.config import TeamSettings
from tombola_twitter_import.identity import XAccount

VERIFIER = "v" * 43


@pytest.fixture
def flow(callback):
    return Flow(state="state-1", verifier=VERIFIER, callback=callback)


@pytest.fixture
def provider():
    return XAccount()


@pytest.fixture
def press(network):
    """Press a button in X's dialog; give what the browser brings back."""

    def press(url, person_id, decision="allow"):
        with httpx2.Client(transport=in_process(network)) as browser:
            page = browser.get(url)
            assert page.status_code == 200
            asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
            form = {**asked, "person": person_id, "decision": decision}
            answer = browser.post("http://x.example/i/oauth2/authorize", data=form)
        assert answer.status_code == 302
        back = urlsplit(answer.headers["location"])
        return {name: values[0] for name, values in parse_qs(back.query).items()}

    return press


@pytest.fixture
def agreed(provider, ctx, flow, world, press):
    """What comes back after Jane has pressed Authorize."""
    return press(provider.begin(ctx, flow).url, world.person("jane").id)


def test_browser_is_sent_with_state_and_challenge_and_without_the_verifier(provider, ctx, flow):
    step = provider.begin(ctx, flow)
    assert isinstance(step, Redirect)
    asked = parse_qs(urlsplit(step.url).query)
    assert asked["state"] == ["state-1"]
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["scope"] == ["tweet.read users.read"]
    assert VERIFIER not in step.url


def test_log_in_proves_the_account_by_its_id(provider, ctx, flow, world, agreed):
    assert agreed["state"] == flow.state
    proven = provider.finish(ctx, flow, agreed)
    jane = world.person("jane")
    assert proven.identity == Identity("twitter_import.x", jane.id, "jane", "Jane")
    assert dict(proven.secrets) == {}


def test_identity_is_the_one_that_posts_carry(provider, ctx, flow, world, agreed, run, clock):
    world.post("jane", "#kettleleaf", photos=1, at=clock() - timedelta(hours=1))
    (item,) = run.page(run.open(Lane.HISTORY, clock() - timedelta(days=1))).items
    assert item.author == provider.finish(ctx, flow, agreed).identity


def test_wrong_verifier_is_refused(provider, ctx, flow, agreed, callback):
    stranger = Flow(state=flow.state, verifier="w" * 43, callback=callback)
    with pytest.raises(Invalid, match="no token"):
        provider.finish(ctx, stranger, agreed)


def test_code_works_for_thirty_seconds(provider, ctx, flow, agreed, clock):
    clock.advance(timedelta(seconds=30))
    with pytest.raises(Invalid, match="no token"):
        provider.finish(ctx, flow, agreed)


def test_code_works_once(provider, ctx, flow, agreed):
    provider.finish(ctx, flow, agreed)
    with pytest.raises(Invalid, match="no token"):
        provider.finish(ctx, flow, agreed)


def test_other_return_address_is_refused(provider, ctx, flow, agreed):
    elsewhere = Flow(state=flow.state, verifier=VERIFIER, callback=flow.callback + "/")
    with pytest.raises(Invalid):
        provider.finish(ctx, elsewhere, agreed)


def test_person_who_says_no_is_told_so(provider, ctx, flow, world, press):
    said = press(provider.begin(ctx, flow).url, world.person("jane").id, "cancel")
    with pytest.raises(Invalid, match="not completed"):
        provider.finish(ctx, flow, said)


def test_return_without_code_is_refused(provider, ctx, flow):
    with pytest.raises(Invalid, match="no code came back"):
        provider.finish(ctx, flow, {"state": flow.state})


def test_wrong_client_secret_is_refused(provider, make_ctx, flow, agreed):
    ctx = make_ctx(client_secret=SecretStr("wrong"))
    with pytest.raises(Invalid, match="no token"):
        provider.finish(ctx, flow, agreed)


def test_log_in_without_an_app_says_what_is_missing(provider, make_ctx, flow):
    ctx = make_ctx(client_id="")
    with pytest.raises(Invalid, match="client id"):
        provider.begin(ctx, flow)


def test_teams_own_app_is_logged_in_to(provider, make_ctx, flow):
    ctx = make_ctx(TeamSettings(own_client_id="own"), client_id="operators")
    assert parse_qs(urlsplit(provider.begin(ctx, flow).url).query)["client_id"] == ["own"]


@pytest.mark.parametrize("path", ["/2/oauth2/token", "/2/users/me"])
@pytest.mark.parametrize(
    "kind", [FaultKind.SERVER_ERROR, FaultKind.GARBAGE, FaultKind.RESET, FaultKind.TOO_MANY]
)
def test_outage_during_log_in_is_told_in_words(provider, ctx, flow, agreed, network, path, kind):
    network.faults.break_(path, kind)
    with pytest.raises(Invalid, match=r"no token|try again"):
        provider.finish(ctx, flow, agreed)


def test_log_in_leaves_no_secret_in_log_or_store(provider, ctx, flow, agreed):
    provider.finish(ctx, flow, agreed)
    written = f"{ctx.log.lines}{ctx.kv.values}{ctx.secrets}"
    assert agreed["code"] not in written
    assert DEMO_APP.client_secret not in written
    assert ctx.secrets == {}


def test_person_agrees_before_accounts_are_connected(provider):
    assert "Connect" in str(provider.consent)


@pytest.mark.parametrize(
    ("handle", "profile"), [("jane", "https://x.com/jane"), (None, "https://x.com/i/user/7")]
)
def test_contact_card_leads_to_person_and_post(provider, ctx, handle, profile):
    item = Item("1", None, "post", permalink="https://x.com/i/status/1")
    card = provider.contact(ctx, Identity(provider.key, "7", handle), item)
    assert (card.profile_url, card.post_url) == (profile, "https://x.com/i/status/1")
    assert str(card.draft).startswith("@jane Your" if handle else "Your post has won")
    assert provider.contact(ctx, Identity(provider.key, "7"), None).post_url is None
