"""From a post on X to a line in the Actions tab, and to the person who wrote it."""

from datetime import timedelta
from io import BytesIO
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from PIL import Image

from tombola.testing import installation
from tombola.testing.network import FaultKind, in_process
from tombola.testing.road import Road, seed
from tombola.toolkit.fetch import Fetcher
from tombola_sandbox.access import DEMO_APP

pytestmark = pytest.mark.slow
PROVIDER = "twitter_import.x"
HOUR = timedelta(hours=1)


@pytest.fixture
def callback():
    return f"http://localhost/back/{PROVIDER}"


@pytest.fixture
def settings():
    return {
        "twitter_import": {
            "api_url": "http://x.example",
            "site_url": "http://x.example",
            "bearer_token": DEMO_APP.bearer,
            "client_id": DEMO_APP.client_id,
            "client_secret": DEMO_APP.client_secret,
        }
    }


@pytest.fixture
def make_road(database, clock, tmp_path, network, settings):
    """Make an installation whose way out leads to the sandbox's X."""

    def make(config=None, **action):
        fetcher = Fetcher(mounts={"x.example:80": in_process(network)})
        inst = installation.make(
            database, clock, tmp_path, slugs=["twitter_import"], fetcher=fetcher
        )
        config = {"hashtags": ["kettleleaf"]} | (config or {})
        return Road(inst, seed("twitter_import.hashtag", config, settings, **action))

    return make


@pytest.fixture
def road(make_road):
    return make_road()


@pytest.fixture
def agree(network, world):
    """Let somebody press Authorize at X."""

    def agree_as(username):
        def browse(going):
            with httpx2.Client(transport=in_process(network)) as browser:
                asked = {n: v[0] for n, v in parse_qs(urlsplit(going).query).items()}
                form = {**asked, "person": world.person(username).id, "decision": "allow"}
                answer = browser.post("http://x.example/i/oauth2/authorize", data=form)
            back = urlsplit(answer.headers["location"])
            return {name: values[0] for name, values in parse_qs(back.query).items()}

        return browse

    return agree_as


def test_posts_become_entries_at_their_own_time_newest_first(make_road, world, feed, clock):
    made = [feed.post(ago=n * HOUR, author=who) for n, who in enumerate(["jane", "ole", "mia"], 1)]
    road = make_road(worth=3)
    begun = clock()
    road.work()
    lines = road.lines()
    assert [line.occurred_at for line in lines] == [begun - n * HOUR for n in (1, 2, 3)]
    assert [line.handle for line in lines] == ["jane", "ole", "mia"]
    assert [line.permalink.rsplit("/", 1)[1] for line in lines] == made
    assert all(line.recorded_at >= begun for line in lines)
    assert (road.totals().entries, road.totals().worth, road.totals().entrants) == (3, 9, 3)


def test_pictures_are_kept_and_others_left_out(road, feed):
    feed.post()
    feed.post(photos=0, ago=2 * HOUR)
    feed.post(kind="video", ago=3 * HOUR)
    road.work()
    (line,) = road.lines()
    kept = road.picture(line)
    assert kept is not None
    assert Image.open(BytesIO(kept.path.read_bytes())).format == "JPEG"


def test_live_runs_bring_what_is_new_and_nothing_twice(make_road, feed, clock):
    road = make_road({"photos_only": False})
    for n in range(130):
        feed.post(photos=0, ago=HOUR + n * timedelta(minutes=1))
    road.work()
    clock.advance(HOUR)
    for n in range(5):
        feed.post(photos=0, ago=timedelta(minutes=2 + n))
    road.work()
    clock.advance(HOUR)
    road.work()
    assert road.totals().entries == 135
    assert road.source.stored == 135
    assert road.source.reason is None


def test_log_in_after_the_import_finds_the_entries(road, feed, world, agree):
    feed.post()
    feed.post(author="ole")
    road.work()
    jane = world.person("jane")
    before = road.entrant_of(PROVIDER, jane.id)
    person = road.log_in("browser-1", PROVIDER, agree("jane"))
    assert road.entrant_of(PROVIDER, jane.id) == person == before
    assert road.totals().entrants == 2


def test_person_known_by_name_finds_the_entries_by_a_later_log_in(road, feed, world, agree):
    feed.post()
    road.work()
    person = road.enter("browser-1")
    assert road.log_in("browser-1", PROVIDER, agree("jane")) == person
    jane = world.person("jane")
    assert road.entrant_of(PROVIDER, jane.id) == person
    road.unlink()
    assert road.entrant_of(PROVIDER, jane.id) != person
    assert road.totals().entries == 1


def test_log_in_before_the_import_receives_the_entries(road, feed, world, agree):
    person = road.enter("browser-1")
    road.log_in("browser-1", PROVIDER, agree("jane"))
    feed.post()
    road.work()
    assert road.entrant_of(PROVIDER, world.person("jane").id) == person
    (line,) = road.lines()
    assert (line.handle, line.claimed) == ("jane", True)


def test_log_in_without_consent_connects_nothing(road, feed, world, agree):
    feed.post()
    road.work()
    person = road.enter("browser-1")
    road.log_in("browser-1", PROVIDER, agree("jane"), consented=False)
    assert road.entrant_of(PROVIDER, world.person("jane").id) != person


def test_handle_that_changed_hands_links_nothing(road, feed, world, agree):
    feed.post()
    road.work()
    jane = world.person("jane")
    before = road.entrant_of(PROVIDER, jane.id)
    world.add_person("jane_old", "Jane", id=jane.id)
    world.add_person("jane", "Somebody else", id="77")
    person = road.log_in("browser-1", PROVIDER, agree("jane"))
    assert person == road.entrant_of(PROVIDER, "77") != before


@pytest.mark.parametrize(
    ("kind", "state"),
    [(FaultKind.TOO_MANY, "waiting"), (FaultKind.SERVER_ERROR, "retrying")],
)
def test_trouble_is_shown_and_overcome_by_itself(road, feed, network, clock, kind, state):
    feed.fill(3)
    network.faults.break_("/2/tweets/search/recent", kind)
    road.work()
    assert (road.source.state, bool(road.source.reason)) == (state, True)
    network.faults.mend()
    clock.advance(timedelta(minutes=16))
    road.work()
    assert (road.source.state, road.source.reason) == ("active", None)
    assert road.totals().entries == 3


def test_empty_wallet_is_shown_and_reading_goes_on_after_payment(road, feed, world, clock):
    feed.fill(3)
    world.wallet.set(0)
    road.work()
    assert road.source.state == "no_credit"
    assert "credit" in str(road.source.reason)
    world.wallet.set(10**9)
    clock.advance(timedelta(hours=7))
    road.work()
    assert road.totals().entries == 3


def test_preview_tells_count_and_price_and_stores_nothing(road, feed):
    feed.fill(8)
    preview = road.preview({"hashtags": ["kettleleaf"]})
    assert (preview.count, preview.exact, str(preview.price)) == (8, True, "USD 0.05")
    assert len(preview.samples) == 8
    assert road.totals().entries == 0


def test_daily_interval_counts_one_post_a_day(make_road, feed):
    for n in range(5):
        feed.post(ago=HOUR + n * timedelta(minutes=5))
    road = make_road(interval="daily")
    road.work()
    assert (road.totals().entries, len(road.lines())) == (1, 5)
