from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import SecretStr

from tombola.api import Account, Flow, Identity, Invalid, Item, Retry
from tombola.testing.network import FaultKind
from tombola_meta import owning
from tombola_meta.identity import FacebookAccount, InstagramAccount
from tombola_meta.linking import instagram_name, link_ids, page_person
from tombola_meta.owning import me_at_instagram, owned_posts
from tombola_meta.people import InstagramName, PagePerson

HOUR = timedelta(hours=1)


@pytest.fixture
def facebook():
    return FacebookAccount()


@pytest.fixture
def instagram():
    return InstagramAccount()


@pytest.fixture
def kim(meta):
    return meta.facebook.add_person("Kim Lääö", email="kim@people.example")


@pytest.fixture
def jane(meta):
    return meta.instagram.add_account("Jane.Doe", kind="MEDIA_CREATOR")


def asked_at(url):
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


# Facebook.


def test_facebook_is_asked_for_the_plain_profile_and_no_address(facebook, ctx, flow):
    asked = asked_at(facebook.begin(ctx, flow).url)
    assert asked["scope"] == "public_profile"
    assert asked["state"] == "state-1"
    assert flow.verifier not in str(asked)


def test_log_in_proves_the_apps_own_id(facebook, ctx, flow, press, kim, meta, given):
    back = press(facebook.begin(ctx, flow).url, kim.id)
    proven = facebook.finish(ctx, flow, back)
    asid = meta.things.asid(given["app_id"], kim.id)
    assert proven.identity == Identity("meta.facebook", asid, None, "Kim Lääö")
    assert dict(proven.secrets) == {}
    assert asid != kim.id


def test_person_who_says_no_is_told_so(facebook, ctx, flow, press, kim):
    back = press(facebook.begin(ctx, flow).url, kim.id, "cancel")
    with pytest.raises(Invalid, match="not completed"):
        facebook.finish(ctx, flow, back)


def test_code_works_once(facebook, ctx, flow, press, kim):
    back = press(facebook.begin(ctx, flow).url, kim.id)
    facebook.finish(ctx, flow, back)
    with pytest.raises(Invalid, match="not completed"):
        facebook.finish(ctx, flow, back)


def test_page_that_knows_the_person_tells_its_own_id(facebook, ctx, flow, press, kim, meta, given):
    business = meta.access.demo.business
    ann = meta.facebook.add_person("Ann")
    tea = meta.facebook.add_page("Tea Room", admin=ann, business=business)
    other = meta.facebook.add_page("Another's", admin=ann)
    asid = facebook.finish(ctx, flow, press(facebook.begin(ctx, flow).url, kim.id)).identity.uid
    assert link_ids(ctx, asid, tea.id) is None
    for page in (tea, other):
        post = meta.facebook.post(page, "What do you drink?")
        meta.facebook.comment(kim, post, "Tea!")
    assert link_ids(ctx, asid, tea.id) == meta.things.psid(tea.id, kim.id)
    assert link_ids(ctx, asid, other.id) is None


def test_log_in_proves_what_the_teams_pages_call_the_person(
    facebook, ctx, flow, press, kim, meta, network
):
    ann = meta.facebook.add_person("Ann")
    business = meta.access.demo.business
    tea, quiet = (
        meta.facebook.add_page(name, admin=ann, business=business) for name in ("Tea", "Quiet")
    )
    meta.facebook.comment(kim, meta.facebook.post(tea, "What do you drink?"), "Tea!")
    pages = [Account(page.id, page.name, "page") for page in (tea, quiet)]
    ctx.connected["meta.facebook"] = {page.uid: page for page in pages}
    proven = facebook.finish(ctx, flow, press(facebook.begin(ctx, flow).url, kim.id))
    assert list(proven.also) == [page_person(tea.id, meta.things.psid(tea.id, kim.id), kim.name)]
    network.faults.break_("*/ids_for_pages", FaultKind.SERVER_ERROR)
    proven = facebook.finish(ctx, flow, press(facebook.begin(ctx, flow).url, kim.id))
    assert (proven.identity.provider, list(proven.also)) == ("meta.facebook", [])


def test_wrong_secret_of_the_app_is_no_answer_about_a_person(make_ctx, kim, meta, given):
    with pytest.raises(Retry, match="settings"):
        link_ids(make_ctx(app_secret=SecretStr("wrong")), "1", "2")


# Instagram.


def test_instagram_is_asked_with_its_own_app(instagram, ctx, flow, given):
    url = instagram.begin(ctx, flow).url
    asked = asked_at(url)
    assert asked["client_id"] == given["instagram_app_id"]
    assert asked["scope"] == "instagram_business_basic"
    assert urlsplit(url).path.endswith("/oauth/authorize")


@pytest.mark.parametrize("ending", ["", "#_"])
def test_log_in_proves_the_professional_account(instagram, ctx, flow, press, jane, ending):
    back = press(instagram.begin(ctx, flow).url, jane.id)
    back = {**back, "code": back["code"].removesuffix("#_") + ending}
    proven = instagram.finish(ctx, flow, back)
    assert proven.identity == Identity("meta.instagram", jane.id, "Jane.Doe", None)
    assert list(proven.also) == [Identity("meta.ig_name", "jane.doe", "Jane.Doe")]


def test_log_in_shows_which_posts_are_the_persons(instagram, ctx, flow, press, jane, meta):
    mine = meta.instagram.post(jane, "#tea")
    back = press(instagram.begin(ctx, flow).url, jane.id)
    proven = instagram.finish(ctx, flow, back)
    assert list(proven.owns) == [f"ig:{mine.shortcode}"]
    assert dict(proven.secrets) == {}


def test_posts_that_cannot_be_read_do_not_stop_the_log_in(
    instagram, ctx, flow, press, jane, meta, network
):
    meta.instagram.post(jane, "#tea")
    back = press(instagram.begin(ctx, flow).url, jane.id)
    network.faults.break_("*/me/media", FaultKind.SERVER_ERROR)
    proven = instagram.finish(ctx, flow, back)
    assert proven.identity.uid == jane.id
    assert list(proven.owns) == []


def test_person_who_says_no_at_instagram_is_told_so(instagram, ctx, flow, press, jane):
    back = press(instagram.begin(ctx, flow).url, jane.id, "cancel")
    with pytest.raises(Invalid, match="not completed"):
        instagram.finish(ctx, flow, back)


def test_other_address_is_refused(instagram, ctx, flow, press, jane):
    back = press(instagram.begin(ctx, flow).url, jane.id)
    elsewhere = Flow(state=flow.state, verifier=flow.verifier, callback=f"{flow.callback}/")
    with pytest.raises(Invalid, match="not completed"):
        instagram.finish(ctx, elsewhere, back)


@pytest.fixture
def login_token(meta, jane):
    app = meta.access.demo
    return meta.access.give_instagram_token(app, jane, ["instagram_business_basic"])


def test_posts_of_the_account_are_proven_by_their_addresses(ctx, meta, jane, login_token):
    mine = [meta.instagram.post(jane, f"#tea {number}", album=number % 3) for number in range(7)]
    ole = meta.instagram.add_account("ole", kind="BUSINESS")
    meta.instagram.post(ole, "#tea")
    keys = owned_posts(ctx, login_token.id)
    assert sorted(keys) == sorted(f"ig:{media.shortcode}" for media in mine)


def test_many_posts_are_read_by_pages_and_to_a_limit(ctx, meta, jane, login_token, monkeypatch):
    for number in range(120):
        meta.instagram.post(jane, at=meta.things.clock() - number * HOUR)
    assert len(owned_posts(ctx, login_token.id)) == 120
    monkeypatch.setattr(owning, "LOOKED_MAX", 2)
    assert len(owned_posts(ctx, login_token.id)) == 100


@pytest.mark.parametrize(
    "said",
    [
        {"user_id": "1784", "username": "jane", "account_type": "BUSINESS", "id": "9"},
        {"data": [{"user_id": 1784, "username": "jane", "account_type": "BUSINESS"}]},
    ],
)
def test_both_shapes_of_the_account_are_read(wall_ctx, wall, said):
    wall.says(said)
    account = me_at_instagram(wall_ctx, "IGtoken")
    assert account
    assert (account.uid, account.username) == ("1784", "jane")


@pytest.mark.parametrize("said", [{}, {"id": "9"}, {"data": []}, {"user_id": None}])
def test_account_that_is_not_named_is_none(wall_ctx, wall, said):
    wall.says(said)
    assert me_at_instagram(wall_ctx, "IGtoken") is None


@pytest.mark.parametrize(
    "said",
    [{"access_token": "IG1", "user_id": 7}, {"data": [{"access_token": "IG1", "user_id": "7"}]}],
)
def test_both_shapes_of_the_exchange_are_read(instagram, wall_ctx, wall, flow, said):
    wall.says(said)
    wall.says({"user_id": "1784", "username": "<b>"})
    proven = instagram.finish(wall_ctx, flow, {"code": "c"})
    assert proven.identity == Identity("meta.instagram", "1784")


# Both.


@pytest.mark.parametrize("kind", [FacebookAccount, InstagramAccount])
def test_without_an_app_nothing_begins(kind, make_ctx, flow):
    provider = kind()
    ctx = make_ctx(app_id="", instagram_app_id="")
    assert not provider.ready(ctx)
    for call in (
        lambda: provider.begin(ctx, flow),
        lambda: provider.finish(ctx, flow, {"code": ""}),
    ):
        with pytest.raises(Invalid, match="not set up"):
            call()


@pytest.mark.parametrize("kind", [FacebookAccount, InstagramAccount])
@pytest.mark.parametrize("fault", [FaultKind.SERVER_ERROR, FaultKind.GARBAGE, FaultKind.RESET])
@pytest.mark.parametrize("path", ["*/oauth/access_token", "*/me"])
def test_outage_is_told_in_words(kind, fault, path, ctx, flow, press, kim, jane, network):
    provider = kind()
    who = kim if kind is FacebookAccount else jane
    back = press(provider.begin(ctx, flow).url, who.id)
    network.faults.break_(path, fault)
    with pytest.raises(Invalid, match="not completed: Meta"):
        provider.finish(ctx, flow, back)


@pytest.mark.parametrize("kind", [FacebookAccount, InstagramAccount])
def test_log_in_leaves_no_secret(kind, ctx, flow, press, kim, jane, network, app_secret):
    provider = kind()
    back = press(provider.begin(ctx, flow).url, (kim if kind is FacebookAccount else jane).id)
    provider.finish(ctx, flow, back)
    written = f"{ctx.log.lines}{ctx.kv.values}{ctx.secrets}"
    written += str([(call.path, call.params) for call in network.calls.newest(50)])
    for secret in (back["code"], app_secret):
        assert secret not in written


@pytest.mark.parametrize("kind", [FacebookAccount, InstagramAccount, PagePerson, InstagramName])
@pytest.mark.parametrize("item", [None, Item("1", None, "post", permalink="https://x.example/p")])
def test_contact_card_leads_where_the_network_lets_us(kind, ctx, item):
    provider = kind()
    card = provider.contact(ctx, Identity(provider.key, "7", "jane.doe", "Jane"), item)
    assert card.post_url == (item.permalink if item else None)
    at_instagram = kind in {InstagramAccount, InstagramName}
    profile = "https://www.instagram.com/jane.doe/" if at_instagram else None
    assert card.profile_url == profile
    assert "won" in str(card.draft)
    assert card.note


@pytest.mark.parametrize("handle", [None, "../../x", "a b"])
def test_name_that_is_none_makes_no_link(ctx, handle):
    card = InstagramAccount().contact(ctx, Identity("meta.instagram", "7", handle), None)
    assert card.profile_url is None


@pytest.mark.parametrize("kind", [PagePerson, InstagramName])
def test_nobody_logs_in_as_somebody_who_was_only_met(kind, ctx, flow):
    provider = kind()
    assert not provider.ready(ctx)
    with pytest.raises(Invalid):
        provider.begin(ctx, flow)
    with pytest.raises(Invalid):
        provider.finish(ctx, flow, {"code": "x"})


def test_people_have_one_name_each():
    assert page_person("100", "7", "Kim") == Identity("meta.psid", "100:7", None, "Kim")
    assert instagram_name("Jane.DOE") == Identity("meta.ig_name", "jane.doe", "Jane.DOE")
