from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import SecretStr

from tombola.api import CredentialExpired, Invalid, PermissionLost, Retry
from tombola.testing.network import FaultKind
from tombola_meta.accounts import CONNECTOR
from tombola_meta.connector import FacebookConnector
from tombola_meta.permissions import CONNECTION
from tombola_sandbox.meta.models import ALL_TASKS, Page, Token

DAY = timedelta(days=1)


@pytest.fixture
def connector():
    return FacebookConnector()


@pytest.fixture
def ann(meta):
    return meta.facebook.add_person("Ann Admin")


@pytest.fixture
def tea(meta, ann):
    return meta.facebook.add_page("Tea Room", admin=ann)


@pytest.fixture
def teagram(meta, tea, ann):
    return meta.instagram.add_account("tea.room", kind="BUSINESS", page=tea, owner=ann)


@pytest.fixture
def connect(connector, ctx, flow, press):
    """Go through Facebook's window and back; give the accounts by uid."""

    def connect(person, *pages, **more):
        url = connector.begin(ctx, flow).url
        back = press(url, person.id, page=[page.id for page in pages], **more)
        assert back["state"] == flow.state
        return {each.uid: each for each in connector.finish(ctx, flow, back)}

    return connect


@pytest.fixture
def connected(connect, ann, tea, teagram, ctx):
    """Tea Room and its Instagram account, as the core keeps them."""
    found = connect(ann, tea)
    ctx.connected[CONNECTOR] = dict(found)
    return found


def test_window_asks_for_every_permission_and_again(connector, ctx, flow):
    asked = parse_qs(urlsplit(connector.begin(ctx, flow).url).query)
    assert asked["scope"] == [",".join(CONNECTION)]
    assert asked["state"] == ["state-1"]
    assert asked["redirect_uri"] == [flow.callback]
    assert asked["auth_type"] == ["rerequest"]


def test_configuration_takes_the_place_of_permissions(connector, make_ctx, flow):
    ctx = make_ctx(config_id="77", more_permissions=("business_management",))
    asked = parse_qs(urlsplit(connector.begin(ctx, flow).url).query)
    assert asked["config_id"] == ["77"]
    assert "scope" not in asked


def test_more_permissions_are_asked_for(connector, make_ctx, flow):
    ctx = make_ctx(more_permissions=("business_management", "pages_show_list"))
    asked = parse_qs(urlsplit(connector.begin(ctx, flow).url).query)
    assert asked["scope"] == [",".join((*CONNECTION, "business_management"))]


def test_page_and_its_instagram_account_are_given(connected, tea, teagram):
    page, instagram = connected[tea.id], connected[teagram.id]
    assert (page.kind, page.title, page.missing) == ("page", "Tea Room", ())
    assert (instagram.kind, instagram.title, instagram.handle) == (
        "instagram",
        "@tea.room",
        "tea.room",
    )
    assert instagram.missing == ()
    assert page.facts["instagram"] == teagram.id
    assert sorted(page.facts["tasks"]) == sorted(ALL_TASKS)
    assert instagram.facts["page"] == tea.id


def test_keys_live_long_and_stand_in_no_facts(connected, tea, teagram, meta, clock):
    page, instagram = connected[tea.id], connected[teagram.id]
    page_token = meta.things.one(Token, page.secrets["token"])
    assert (page_token.kind, page_token.page, page_token.expires_at) == ("PAGE", tea.id, None)
    user_token = meta.things.one(Token, instagram.secrets["token"])
    assert user_token.kind == "USER"
    assert user_token.expires_at > clock() + 50 * DAY
    assert instagram.secrets["page_token"] == page.secrets["token"]
    for account in connected.values():
        assert not any(secret in repr(account) for secret in account.secrets.values())
        assert not any(secret in str(account.facts) for secret in account.secrets.values())


@pytest.mark.parametrize(
    ("tasks", "words"),
    [
        (("ANALYZE", "CREATE_CONTENT"), "You may post there but not moderate"),
        (("ANALYZE",), "look at its figures"),
        (("ANALYZE", "ADVERTISE"), "advertise"),
        (("ANALYZE", "MESSAGING"), "answer messages"),
    ],
)
def test_role_that_is_too_small_says_what_to_ask_for(meta, ann, tea, connect, tasks, words):
    meta.facebook.set_role(tea.id, ann.id, tasks)
    account = connect(ann, tea)[tea.id]
    (said,) = account.missing
    assert words in str(said)
    assert "ask an administrator" in str(said)


@pytest.mark.parametrize("tasks", [("MODERATE",), ("MANAGE", "ANALYZE")])
def test_role_that_is_enough_lacks_nothing(meta, ann, tea, connect, tasks):
    meta.facebook.set_role(tea.id, ann.id, tasks)
    assert connect(ann, tea)[tea.id].missing == ()


def test_permission_that_was_switched_off_is_named(ann, tea, teagram, connect):
    found = connect(ann, tea, decline=["pages_read_user_content", "instagram_manage_comments"])
    (page,), (instagram,) = found[tea.id].missing, found[teagram.id].missing
    assert "pages_read_user_content" in str(page)
    assert "instagram_manage_comments" in str(instagram)
    assert "pages_read_user_content" not in str(instagram)


def test_only_pages_that_were_chosen_are_given(meta, ann, tea, connect):
    meta.facebook.add_page("Second", admin=ann)
    assert set(connect(ann, tea)) == {tea.id}


def test_person_without_a_page_is_told_so(meta, connector, ctx, flow, press):
    ole = meta.facebook.add_person("Ole")
    back = press(connector.begin(ctx, flow).url, ole.id)
    with pytest.raises(Invalid, match="no page that you look after"):
        connector.finish(ctx, flow, back)


def test_list_of_pages_is_read_to_its_end(meta, ann, connect):
    pages = [meta.facebook.add_page(f"Page {number}", admin=ann) for number in range(130)]
    assert set(connect(ann, *pages)) == {page.id for page in pages}


def test_person_who_says_no_is_told_so(connector, ctx, flow, ann, press):
    back = press(connector.begin(ctx, flow).url, ann.id, "cancel")
    with pytest.raises(Invalid, match="not completed"):
        connector.finish(ctx, flow, back)


def test_code_works_once_and_at_its_address(connector, ctx, flow, ann, tea, press):
    back = press(connector.begin(ctx, flow).url, ann.id, page=[tea.id])
    with pytest.raises(Invalid, match="not completed"):
        connector.finish(ctx, replace(flow, callback=f"{flow.callback}/"), back)
    connector.finish(ctx, flow, back)
    with pytest.raises(Invalid, match="not completed"):
        connector.finish(ctx, flow, back)


def test_without_an_app_nothing_begins(connector, make_ctx, flow):
    ctx = make_ctx(app_secret=SecretStr(""))
    assert not connector.ready(ctx)
    with pytest.raises(Invalid, match="App ID"):
        connector.begin(ctx, flow)


@pytest.mark.parametrize("path", ["*/oauth/access_token", "*/debug_token", "*/me/accounts"])
@pytest.mark.parametrize("kind", [FaultKind.SERVER_ERROR, FaultKind.GARBAGE, FaultKind.RESET])
def test_outage_while_connecting_is_told_in_words(
    connector, ctx, flow, ann, tea, press, network, path, kind
):
    back = press(connector.begin(ctx, flow).url, ann.id, page=[tea.id])
    network.faults.break_(path, kind)
    with pytest.raises(Invalid, match="not completed: Meta"):
        connector.finish(ctx, flow, back)


def test_no_secret_is_left_in_addresses_log_or_store(connected, ctx, network, app_secret):
    written = f"{ctx.log.lines}{ctx.kv.values}{ctx.secrets}"
    written += str([(call.path, call.params) for call in network.calls.newest(100)])
    for account in connected.values():
        for secret in account.secrets.values():
            assert secret not in written
    assert app_secret not in written


# Joining, checking and leaving.


def test_joining_subscribes_the_page_and_keeps_what_others_asked_for(
    connector, ctx, connected, tea, meta, given
):
    connector.join(ctx, connected[tea.id])
    app = given["app_id"]
    assert sorted(meta.things.one(Page, tea.id).subscriptions[app]) == ["feed", "mention"]
    token = meta.things.one(Token, connected[tea.id].secrets["token"])
    meta.things.change(token, scopes=(*token.scopes, "pages_messaging"))
    page = meta.things.one(Page, tea.id)
    meta.things.change(page, subscriptions={app: ("feed", "messages")})
    connector.join(ctx, connected[tea.id])
    kept = meta.things.one(Page, tea.id).subscriptions[app]
    assert sorted(kept) == ["feed", "mention", "messages"]


def test_joining_twice_asks_once(connector, ctx, connected, tea, teagram, network):
    connector.join(ctx, connected[tea.id])
    connector.join(ctx, connected[teagram.id])
    posted = [call for call in network.calls.newest(100) if call.method == "POST"]
    assert len([call for call in posted if "subscribed_apps" in call.path]) == 1


def test_page_stays_subscribed_while_its_other_account_is_connected(
    connector, ctx, connected, tea, teagram, meta, given
):
    app = given["app_id"]
    connector.join(ctx, connected[tea.id])
    page = ctx.connected[CONNECTOR].pop(tea.id)
    connector.leave(ctx, page)
    assert app in meta.things.one(Page, tea.id).subscriptions
    instagram = ctx.connected[CONNECTOR].pop(teagram.id)
    connector.leave(ctx, instagram)
    assert app not in meta.things.one(Page, tea.id).subscriptions


def test_account_in_order_has_no_complaint(connector, ctx, connected):
    assert [connector.check(ctx, account) for account in connected.values()] == [None, None]


def test_end_of_access_is_told_two_weeks_before(connector, ctx, connected, teagram, clock):
    clock.advance(45 * DAY)
    assert connector.check(ctx, connected[teagram.id]) is None
    clock.advance(5 * DAY)
    said = connector.check(ctx, connected[teagram.id])
    assert "@tea.room" in str(said)
    assert "2027-01-20" in str(said)


def test_end_of_data_access_is_told_too(connector, ctx, connected, tea, clock):
    clock.advance(80 * DAY)
    assert "2027-02-19" in str(connector.check(ctx, connected[tea.id]))


@pytest.mark.parametrize("subcode", [458, 460, 467])
def test_dead_key_has_to_be_renewed(connector, ctx, connected, meta, ann, subcode):
    meta.access.kill_all(subcode, person=ann.id)
    for account in connected.values():
        with pytest.raises(CredentialExpired, match="Connect it again"):
            connector.check(ctx, account)


def test_role_that_was_taken_away_is_noticed(connector, ctx, connected, meta, ann, tea):
    meta.facebook.set_role(tea.id, ann.id, ())
    with pytest.raises(CredentialExpired):
        connector.check(ctx, connected[tea.id])


def test_permission_that_was_taken_back_is_named(connector, ctx, connected, meta, tea):
    token = meta.things.one(Token, connected[tea.id].secrets["token"])
    meta.things.change(token, scopes=tuple(s for s in token.scopes if s != "pages_show_list"))
    with pytest.raises(PermissionLost, match="pages_show_list"):
        connector.check(ctx, connected[tea.id])


def test_wrong_secret_of_the_app_breaks_no_account(connector, make_ctx, connected, tea):
    ctx = make_ctx(app_secret=SecretStr("wrong"))
    with pytest.raises(Retry, match="settings"):
        connector.check(ctx, connected[tea.id])
