"""From Instagram to lines in the Actions tab, and to the people who wrote there."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from tombola.api import Account
from tombola.app import create_app
from tombola.campaigns import service as campaigns
from tombola.claiming.jobs import kinds as claiming_kinds
from tombola.connections import joining
from tombola.importing.jobs import kinds as importing_kinds
from tombola.inbox.jobs import kinds as inbox_kinds
from tombola.queue import reconciler, runner
from tombola.queue.kinds import House, Kinds
from tombola.testing import installation
from tombola.testing.network import in_process
from tombola.testing.road import Road, seed
from tombola.toolkit.fetch import Fetcher
from tombola_meta.accounts import CONNECTOR, INSTAGRAM_KIND
from tombola_sandbox.meta.access import DEMO_META_APP
from tombola_sandbox.meta.courier import Courier
from tombola_sandbox.meta.models import Callback, Page

pytestmark = pytest.mark.slow
HOUR = timedelta(hours=1)
PLACE = "http://meta.example"
SETTINGS = {
    "meta": {
        "app_id": DEMO_META_APP.id,
        "app_secret": DEMO_META_APP.secret,
        "verify_token": "a word of ours",
        "instagram_app_id": DEMO_META_APP.instagram_id,
        "instagram_app_secret": DEMO_META_APP.instagram_secret,
        "graph_url": f"{PLACE}/graph.facebook.com",
        "instagram_graph_url": f"{PLACE}/graph.instagram.com",
        "instagram_dialog_url": f"{PLACE}/www.instagram.com",
        "instagram_token_url": f"{PLACE}/api.instagram.com",
    }
}


@pytest.fixture
def make_road(database, clock, tmp_path, network, town, meta):
    """Make an installation with an action for each of the given sources."""
    back = ("http://localhost/back/meta.instagram",)
    hook = Callback(
        url="http://localhost/webhooks/meta/events",
        verify_token="a word of ours",
        fields=("comments", "mentions"),
    )
    app = meta.things.change(meta.access.demo, redirect_uris=back, callbacks={"instagram": hook})
    page = meta.things.one(Page, town.shop.page)
    meta.things.change(page, subscriptions={app.id: ("feed",)})

    def make(**sources):
        fetcher = Fetcher(mounts={"meta.example:80": in_process(network)})
        slugs = ["instagram_import", "meta"]
        inst = installation.make(database, clock, tmp_path, slugs=slugs, fetcher=fetcher)
        document = seed("instagram_import.hashtag", {}, SETTINGS)
        document["accounts"] = [
            {
                "connector": CONNECTOR,
                "uid": town.shop.id,
                "title": town.account.title,
                "kind": INSTAGRAM_KIND,
                "handle": town.account.handle,
                "secrets": dict(town.account.secrets),
            }
        ]
        document["campaigns"][0]["actions"] = [
            {
                "type": f"instagram_import.{name}",
                "title": name,
                "interval": "unlimited",
                "sources": [
                    {
                        "config": {"account": town.shop.id, **config},
                        "photos_only": name == "hashtag",
                    }
                ],
            }
            for name, config in sources.items()
        ]
        return Road(inst, document)

    return make


@pytest.fixture
def tell(meta, world):
    """Carry what Instagram has to tell to the application, and let it work."""

    def tell(road):
        with httpx2.Client(transport=httpx2.WSGITransport(app=create_app(road.inst))) as http:
            courier = Courier(meta.things, meta.access, world.switches, http)
            courier.verify_all()
            assert {each.status for each in courier.deliver()} == {200}
        do_all(road, [*inbox_kinds(), *importing_kinds()])

    return tell


def do_all(road, kinds):
    """Do every duty of these kinds, as a worker does."""
    house = House(road.inst, Kinds(kinds))
    reconciler.settle_in(house)
    while due := reconciler.tick(house):
        for kind in due:
            runner.run(house, house.kinds[kind])


@pytest.fixture
def agree(network):
    """Let somebody log in with Instagram and agree."""

    def agree_as(who):
        def browse(url):
            with httpx2.Client(transport=in_process(network)) as browser:
                assert browser.get(url).status_code == 200
                asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
                form = {**asked, "person": who, "account": who, "decision": "allow"}
                answer = browser.post(url.partition("?")[0], data=form)
            assert answer.status_code == 302, answer.text
            back = urlsplit(answer.headers["location"])
            return {name: values[0] for name, values in parse_qs(back.query).items()}

        return browse

    return agree_as


def test_three_posts_and_two_comments_are_five_entries(make_road, town, clock):
    own = town.post("Which tea are you?", ago=30 * HOUR, who=town.shop)
    posts = [town.post(ago=n * HOUR) for n in (2, 4, 6)]
    remarks = [town.comment(own, ago=n * HOUR) for n in (1, 3)]
    town.comment(own, "untagged")
    town.post("untagged")
    begun = clock()
    road = make_road(hashtag={"hashtags": ["tea"]}, comments={"hashtags": ["tea"]})
    road.work()
    lines = road.lines()
    assert road.totals().entries == len(lines) == 5
    assert [line.occurred_at for line in lines] == [begun - n * HOUR for n in (1, 2, 3, 4, 6)]
    assert [line.handle for line in lines] == ["Jane", None, "Jane", None, None]
    assert all(line.recorded_at >= begun for line in lines)
    # The commenter is one person; each post without an author stands for itself.
    assert road.totals().entrants == 4
    assert {line.permalink for line in lines} == {
        f"https://www.instagram.com/p/{media.shortcode}/" for media in (own, *posts)
    }
    assert len(remarks) == 2
    pictures = [road.picture(line) for line in lines]
    assert sum(each is not None for each in pictures) == 3


def test_next_runs_bring_what_is_new_and_nothing_twice(make_road, town, clock):
    town.fill(130)
    road = make_road(hashtag={"hashtags": ["tea"]})
    road.work()
    clock.advance(HOUR)
    town.fill(5)
    road.work()
    clock.advance(HOUR)
    road.work()
    assert road.totals().entries == road.source.stored == 135
    assert road.source.reason is None


def test_heard_and_polled_comments_are_one_entry(make_road, town, tell, clock):
    own = town.post("Which tea are you?", ago=30 * HOUR, who=town.shop)
    road = make_road(comments={"hashtags": ["tea"]})
    road.work()
    town.comment(own, ago=timedelta())
    town.comment(own, "hello", ago=timedelta())
    tell(road)
    assert road.totals().entries == 1
    clock.advance(HOUR)
    road.work()
    (line,) = road.lines()
    assert line.handle == "Jane"


def test_mentions_are_heard_and_photo_tags_polled(make_road, town, tell, clock):
    road = make_road(mentions={})
    road.work()
    town.post("Hello @kettle.leaf", ago=timedelta())
    cake = town.post("Cake", who=town.ann, ago=timedelta())
    town.comment(cake, "look @kettle.leaf", ago=timedelta())
    town.post("Lunch", tags=[town.shop], who=town.ann, ago=timedelta())
    tell(road)
    assert road.totals().entries == 2
    clock.advance(HOUR)
    road.work()
    assert sorted(line.handle for line in road.lines()) == ["Jane", "Jane", "ann.pro"]


def test_log_in_with_instagram_finds_comments_by_name_and_posts_by_address(
    make_road, town, agree, clock
):
    own = town.post("Which tea are you?", ago=30 * HOUR, who=town.shop)
    town.comment(own, who=town.ann)
    town.post(who=town.ann, ago=2 * HOUR)
    town.post(ago=3 * HOUR)
    road = make_road(hashtag={"hashtags": ["tea"]}, comments={"hashtags": ["tea"]})
    road.work()
    assert road.totals().entrants == 3
    person = road.enter("browser-1")
    assert road.log_in("browser-1", "meta.instagram", agree(town.ann.id)) == person
    assert road.entrant_of("meta.ig_name", "ann.pro") == person
    do_all(road, claiming_kinds())
    assert road.totals().entrants == 2
    clock.advance(HOUR)
    town.comment(own, "again #tea", who=town.ann, ago=timedelta())
    road.work()
    assert road.entrant_of("meta.ig_name", "ann.pro") == person


def test_thirty_first_hashtag_is_refused_when_it_is_saved(make_road, town):
    for number in range(31):
        town.post(f"#tag{number}")
    tags = [f"tag{number}" for number in range(30)]
    road = make_road(hashtag={"hashtags": tags})
    road.work()
    assert road.totals().entries == 30
    with pytest.raises(Exception, match="30 different"):
        road.preview({"account": town.shop.id, "hashtags": ["tag30"]})
    same = road.preview({"account": town.shop.id, "hashtags": ["TAG7"]})
    assert same.count == 1


def test_key_that_dies_is_said_in_words(make_road, town, meta, clock):
    road = make_road(hashtag={"hashtags": ["tea"]})
    road.work()
    meta.access.kill_all(460)
    clock.advance(HOUR)
    road.work()
    assert road.source.state == "reconnect"
    assert "password has changed" in str(road.source.reason)


def test_form_offers_instagram_accounts_and_no_pages(make_road, town):
    road = make_road(hashtag={"hashtags": ["tea"]})
    page = Account("100", "A page", "page", secrets={"token": "EAA"})
    joining.connect(road.inst, road.actor, CONNECTOR, [page])
    client = create_app(road.inst).test_client()
    token = client.get("/log-in").text.split('name="csrf_token" value="')[1].split('"')[0]
    form = {"csrf_token": token, "email": "op@example.org", "password": "correct horse"}
    assert client.post("/log-in", data=form).status_code == 303
    with road.inst.db.read() as conn:
        (action,) = campaigns.actions_of(conn, road.campaign.id)
    html = client.get(f"/team/lamps/campaign/{road.campaign.key}/sources/new/{action.uid}").text
    assert "@Kettle.Leaf" in html
    assert "@Kettle.Leaf (@" not in html
    assert "A page" not in html
