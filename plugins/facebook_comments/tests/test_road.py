"""From a comment at Facebook to a line in the Actions tab, and to the person who wrote it."""

from datetime import timedelta
from io import BytesIO
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from PIL import Image

from tombola.app import create_app
from tombola.inbox.jobs import kinds as inbox_kinds
from tombola.queue import runner
from tombola.queue.kinds import House, Kinds
from tombola.testing import installation
from tombola.testing.network import in_process
from tombola.testing.road import Road, seed
from tombola.toolkit.fetch import Fetcher
from tombola_meta.accounts import CONNECTOR
from tombola_sandbox.meta.access import DEMO_META_APP
from tombola_sandbox.meta.courier import Courier
from tombola_sandbox.meta.models import Callback

pytestmark = pytest.mark.slow
FACEBOOK, PSID = "meta.facebook", "meta.psid"
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
SETTINGS = {
    "meta": {
        "app_id": DEMO_META_APP.id,
        "app_secret": DEMO_META_APP.secret,
        "verify_token": "a word of ours",
        "graph_url": "http://meta.example/graph.facebook.com",
        "dialog_url": "http://meta.example/www.facebook.com",
    }
}


class Way(Road):
    """The road, with what Meta tells brought to its door."""

    def __init__(self, inst, document, meta, world):
        super().__init__(inst, document)
        http = httpx2.Client(transport=httpx2.WSGITransport(app=create_app(inst)))
        self.courier = Courier(meta.things, meta.access, world.switches, http)
        self.courier.verify_all()

    def hear(self):
        """Let Meta tell what it has to tell, and work it off."""
        assert {each.status for each in self.courier.deliver()} <= {200}
        inbox = House(site=self.inst, kinds=Kinds(inbox_kinds()))
        while sum(runner.run(inbox, kind) for kind in inbox.kinds.values()) + self.work():
            pass


@pytest.fixture
def hooked(meta, tea):
    """The app at Meta, which sends its events and its people to us."""
    hook = Callback(
        url="http://localhost/webhooks/meta/events",
        verify_token="a word of ours",
        fields=("feed",),
    )
    back = (f"http://localhost/back/{FACEBOOK}",)
    changed = {"callbacks": {"page": hook}, "redirect_uris": back}
    app = meta.things.put(meta.access.demo.model_copy(update=changed))
    meta.things.change(tea, subscriptions={app.id: ("feed",)}, business=app.business)


@pytest.fixture
def road(database, clock, tmp_path, network, account, post, meta, world, hooked):
    fetcher = Fetcher(mounts={"meta.example:80": in_process(network)})
    inst = installation.make(
        database, clock, tmp_path, slugs=["meta", "facebook_comments"], fetcher=fetcher
    )
    config = {"account": account.uid, "post": post.id}
    connected = {
        "connector": CONNECTOR,
        "uid": account.uid,
        "title": account.title,
        "kind": account.kind,
        "secrets": dict(account.secrets),
    }
    document = {
        **seed("facebook_comments.comments", config, SETTINGS),
        "accounts": [connected],
    }
    return Way(inst, document, meta, world)


@pytest.fixture
def agree(network, kim):
    """Let Kim press the button at Facebook."""

    def browse(going):
        with httpx2.Client(transport=in_process(network)) as browser:
            asked = {n: v[0] for n, v in parse_qs(urlsplit(going).query).items()}
            form = {**asked, "person": kim.id, "decision": "allow"}
            answer = browser.post(going.partition("?")[0], data=form)
        back = urlsplit(answer.headers["location"])
        return {name: values[0] for name, values in parse_qs(back.query).items()}

    return browse


def test_comment_with_a_photo_is_an_entry_at_its_own_time(road, comment, clock):
    begun = clock()
    made = comment()
    comment("Only words", photo=False)
    comment("", kind="sticker", photo=False)
    road.work()
    (line,) = road.lines()
    assert line.occurred_at == begun - HOUR
    assert line.permalink.endswith(made.id.rpartition("_")[2])
    kept = road.picture(line)
    assert kept is not None
    assert Image.open(BytesIO(kept.path.read_bytes())).format == "JPEG"
    assert road.totals().entries == 1


@pytest.mark.parametrize("first", ["heard", "read"])
def test_comment_that_is_heard_and_read_is_one_entry(road, comment, clock, first):
    road.work()
    comment(ago=timedelta())
    if first == "heard":
        road.hear()
    clock.advance(HOUR)
    road.work()
    road.hear()
    clock.advance(HOUR)
    road.work()
    assert (road.totals().entries, len(road.lines())) == (1, 1)
    assert road.source.stored == 1
    assert road.picture(road.lines()[0]) is not None


def test_deleted_comment_takes_its_entry_back_at_once(road, comment, meta):
    made = comment(ago=timedelta())
    road.hear()
    assert road.totals().entries == 1
    meta.facebook.delete_comment(made.id)
    road.hear()
    assert road.totals().entries == 0
    road.hear()
    road.work()
    assert road.totals().entries == 0


def test_hidden_comment_does_not_count_until_it_is_shown_again(road, comment, meta, clock):
    made = comment(ago=timedelta())
    road.hear()
    clock.advance(MINUTE)
    meta.facebook.hide_comment(made.id)
    road.hear()
    assert road.totals().entries == 0
    clock.advance(MINUTE)
    meta.facebook.hide_comment(made.id, hidden=False)
    road.hear()
    assert road.totals().entries == 1


def test_log_in_with_facebook_finds_the_comments(road, comment, meta, tea, kim, agree):
    comment()
    road.work()
    uid = f"{tea.id}:{meta.things.psid(tea.id, kim.id)}"
    before = road.entrant_of(PSID, uid)
    person = road.enter("browser-1")
    assert person != before
    assert road.log_in("browser-1", FACEBOOK, agree) == person
    assert road.entrant_of(PSID, uid) == person
    road.unlink()
    assert road.totals().entries == 1


def test_log_in_without_consent_connects_nothing(road, comment, meta, tea, kim, agree):
    comment()
    road.work()
    uid = f"{tea.id}:{meta.things.psid(tea.id, kim.id)}"
    person = road.enter("browser-1")
    road.log_in("browser-1", FACEBOOK, agree, consented=False)
    assert road.entrant_of(PSID, uid) != person
