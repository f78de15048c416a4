"""From the button in the widget, through Messenger and back, to an entry and a confirmation."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from sqlalchemy import select

from tombola import rooms
from tombola.app import create_app
from tombola.messages import broadcasting
from tombola.messages.broadcasting import BroadcastForm
from tombola.messages.models import message
from tombola.queue import reconciler, runner
from tombola.queue.kinds import House
from tombola.testing import installation
from tombola.testing.network import FaultKind, in_process
from tombola.testing.road import Road, seed
from tombola.toolkit.fetch import Fetcher
from tombola.widget import acts, entering
from tombola.widget.directory import Directory
from tombola_meta.accounts import CONNECTOR
from tombola_sandbox.meta.access import DEMO_META_APP
from tombola_sandbox.meta.courier import Courier
from tombola_sandbox.meta.messenger_hooks import FIELDS
from tombola_sandbox.meta.models import Callback, Page

pytestmark = pytest.mark.slow
PSID = "meta.psid"
KEY = "Road1"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SETTINGS = {
    "meta": {
        "app_id": DEMO_META_APP.id,
        "app_secret": DEMO_META_APP.secret,
        "verify_token": "a word of ours",
        "graph_url": "http://meta.example/graph.facebook.com",
        "dialog_url": "http://meta.example/www.facebook.com",
    },
    "messenger": {"me_url": "https://m.example"},
}
CONFIRMATION = "Thank you, {first_name|friend}! You are in “{campaign}”."


class Way(Road):
    """The road, with what Meta tells brought to its door, and workers who do all that is due."""

    def __init__(self, inst, document, meta, world, tea):
        super().__init__(inst, document)
        http = httpx2.Client(transport=httpx2.WSGITransport(app=create_app(inst)))
        self.courier = Courier(meta.things, meta.access, world.switches, http)
        self.courier.verify_all()
        self.meta, self.tea = meta, tea
        self.house = House(site=inst, kinds=rooms.kinds())

    def hear(self):
        """Let Meta tell what it has to tell, and work off whatever comes of it, to the end."""
        for _ in range(9):
            told = self.courier.deliver()
            assert {each.status for each in told} <= {200}
            if not self.toil() and not told:
                return

    def toil(self):
        done = 0
        while True:
            reconciler.tick(self.house)
            taken = sum(runner.run(self.house, kind) for kind in self.house.kinds.values())
            if not taken:
                return done
            done += taken

    def press(self, secret):
        """Press the button in the browser with that cookie; gives link and code."""
        place = Directory(self.inst, fresh_s=0).get(KEY)
        assert place is not None
        (action,) = place.actions.values()
        met = entering.known(self.inst, self.actor.team_id, secret)
        return acts.do(self.inst, place, met, action.uid, None)

    def subscribe(self, person, secret):
        """Enter, press the button, follow the link, tap Get Started."""
        entrant = self.enter(secret, person.name.split()[0])
        ref = ref_of(self.press(secret).url)
        self.meta.messenger.get_started(person, self.page, ref)
        self.hear()
        return entrant

    @property
    def page(self):
        return self.meta.things.one(Page, self.tea.id)

    def messages(self):
        with self.inst.db.read() as conn:
            rows = conn.execute(select(message).order_by(message.c.id)).mappings()
            return [dict(each) for each in rows]

    def chat(self, person):
        """What a person has got from the page, oldest first."""
        every = self.meta.messenger.messages(self.meta.messenger.thread(person, self.page))
        return [each.text for each in every if each.by == "page"]

    def broadcast(self, text, purpose="campaign_ended"):
        form = BroadcastForm(purpose=purpose, text=text)
        broadcasting.begin(self.inst, self.actor, self.campaign.uid, form)
        self.hear()


def ref_of(url):
    return parse_qs(urlsplit(url).query)["ref"][0]


@pytest.fixture
def hooked(meta, tea):
    hook = Callback(
        url="http://localhost/webhooks/meta/events",
        verify_token="a word of ours",
        fields=("feed", "mention", *FIELDS),
    )
    back = {"redirect_uris": ("http://localhost/back/meta.facebook",)}
    changed = {"callbacks": {"page": hook}, **back}
    app = meta.things.put(meta.access.demo.model_copy(update=changed))
    meta.things.change(tea, business=app.business)


@pytest.fixture
def asked():
    """More of the action's configuration; parametrize it."""
    return {}


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


@pytest.fixture
def road(database, clock, tmp_path, network, account, meta, world, tea, hooked, asked):
    fetcher = Fetcher(mounts={"meta.example:80": in_process(network)})
    inst = installation.make(
        database, clock, tmp_path, slugs=["meta", "messenger"], fetcher=fetcher
    )
    connected = {
        "connector": CONNECTOR,
        "uid": account.uid,
        "title": account.title,
        "kind": account.kind,
        "secrets": dict(account.secrets),
        "facts": dict(account.facts),
    }
    config = {"account": tea.id, "confirmation": CONFIRMATION, "keyword": "tea-2026"}
    document = {**seed("messenger.subscribe", {}, SETTINGS), "accounts": [connected]}
    (campaign,) = document["campaigns"]
    campaign["actions"] = [
        {"type": "messenger.subscribe", "title": "Subscribe", "interval": "once", "config": config}
    ]
    campaign["actions"][0]["config"] |= asked
    return Way(inst, document, meta, world, tea)


def test_saving_the_action_makes_the_page_ready(road, meta, tea):
    assert set(road.page.subscriptions[meta.access.demo.id]) >= {"messages", "messaging_postbacks"}
    assert road.meta.things.all(Page)[tea.id]


def test_subscribing_completes_the_action_and_confirms_once(road, kim, psid, tea, clock):
    entrant = road.enter("browser-1", "Kim")
    waits = road.press("browser-1")
    assert waits.came is acts.Came.WAITING
    assert waits.url.startswith(f"https://m.example/{tea.id}?ref=")
    assert waits.code
    assert road.totals().entries == 0
    road.meta.messenger.get_started(kim, road.page, ref_of(waits.url))
    road.hear()
    (line,) = road.lines()
    assert road.totals().entries == 1
    assert line.details["By"] == "link"
    assert road.chat(kim) == ["Thank you, Kim! You are in “Win a lamp”."]
    (sent,) = road.messages()
    assert (sent["purpose"], sent["state"], sent["tag"]) == (
        "confirmation",
        "delivered",
        "tea-2026",
    )
    assert road.entrant_of(PSID, f"{tea.id}:{psid}") == entrant
    # Again, by everything that could happen twice.
    road.meta.messenger.follow_link(kim, road.page, ref_of(waits.url))
    road.meta.messenger.write(kim, road.page, waits.code)
    road.hear()
    clock.advance(HOUR)
    again = road.press("browser-1")
    road.meta.messenger.follow_link(kim, road.page, ref_of(again.url))
    road.hear()
    assert road.totals().entries == 1
    assert len(road.chat(kim)) == 1


@pytest.mark.parametrize("asked", [{"require_auth": True}])
def test_require_auth_holds_it_until_facebook_has_told_who_it_is(road, kim, agree, psid, tea, meta):
    entrant = road.enter("browser-1", "Kim")
    first = road.press("browser-1")
    assert (first.came, first.provider) == (acts.Came.LOG_IN, "meta.facebook")
    place = Directory(road.inst, fresh_s=0).get(KEY)
    assert place is not None
    assert "meta.facebook" in place.log_ins
    assert road.log_in("browser-1", "meta.facebook", agree) == entrant
    waits = road.press("browser-1")
    lee = meta.facebook.add_person("Lee")
    meta.messenger.write(kim, road.page, "hello")
    meta.messenger.get_started(lee, road.page, ref_of(waits.url))
    road.hear()
    assert road.totals().entries == 0
    meta.messenger.follow_link(kim, road.page, ref_of(waits.url))
    road.hear()
    assert road.totals().entries == 1
    assert road.entrant_of(PSID, f"{tea.id}:{psid}") == entrant


@pytest.mark.parametrize("switch", ["meta_doubled", "meta_reordered", "meta_batched"])
def test_duplicates_disorder_and_batches_change_nothing(road, kim, world, switch):
    world.switches.set(**{switch: True})
    road.subscribe(kim, "browser-1")
    road.meta.messenger.write(kim, road.page, "hello")
    road.hear()
    assert road.totals().entries == 1
    assert len(road.chat(kim)) == 1


def test_comments_of_the_same_person_are_theirs(road, kim, psid, tea):
    entrant = road.subscribe(kim, "browser-1")
    assert road.entrant_of(PSID, f"{tea.id}:{psid}") == entrant


def test_second_entrant_gets_nothing_by_the_same_messenger(road, kim):
    road.subscribe(kim, "browser-1")
    road.enter("browser-2", "Kim again")
    ref = ref_of(road.press("browser-2").url)
    road.meta.messenger.follow_link(kim, road.page, ref)
    road.hear()
    assert road.totals().entries == 1
    assert len(road.chat(kim)) == 1


def test_stop_ends_everything(road, kim, clock):
    road.subscribe(kim, "browser-1")
    road.meta.messenger.write(kim, road.page, "STOP")
    road.hear()
    road.broadcast("It lasts longer, {first_name|friend}.", "campaign_changed")
    assert len(road.chat(kim)) == 1
    clock.advance(HOUR)
    road.meta.messenger.write(kim, road.page, "START")
    road.hear()
    road.broadcast("It is over.")
    assert road.chat(kim)[1:] == ["It is over."]


@pytest.mark.parametrize("now", [datetime(2026, 4, 20, 12, tzinfo=UTC)])
def test_notice_by_the_tag_until_its_last_day_and_none_after(road, kim, clock, meta):
    lee = meta.facebook.add_person("Lee")
    for person, secret in ((kim, "browser-1"), (lee, "browser-2")):
        road.subscribe(person, secret)
    clock.advance(3 * DAY)
    road.broadcast("The dates are the same.")
    assert [road.chat(each)[1:] for each in (kim, lee)] == [["The dates are the same."]] * 2
    clock.set(datetime(2026, 4, 27, 0, 0, 1, tzinfo=UTC))
    road.meta.messenger.write(lee, road.page, "hello")
    road.hear()
    road.broadcast("It is over.", "campaign_changed")
    assert road.chat(kim)[1:] == ["The dates are the same."]
    assert road.chat(lee)[1:] == ["The dates are the same.", "It is over."]
    road.meta.messenger.write(kim, road.page, "hello?")
    road.hear()
    assert road.chat(kim)[-1] == "It is over."


def test_comment_on_the_page_opens_the_window_for_what_waits(road, kim, clock, meta):
    road.subscribe(kim, "browser-1")
    post = meta.facebook.post(road.page, "Show us your cup")
    clock.advance(2 * DAY)
    road.broadcast("It is over.")
    assert len(road.chat(kim)) == 1
    meta.facebook.comment(kim, post, "My cup")
    stranger = meta.facebook.add_person("Lee")
    meta.facebook.comment(stranger, post, "Mine")
    road.hear()
    assert road.chat(kim)[1:] == ["It is over."]
    lee = f"{road.page.id}:{meta.things.psid(road.page.id, stranger.id)}"
    assert road.entrant_of(PSID, lee) is None


def test_broken_end_of_a_send_is_shown_and_never_repeated(road, kim, network, clock, meta):
    lee = meta.facebook.add_person("Lee")
    network.faults.break_("*/messages", FaultKind.TRUNCATED)
    road.subscribe(kim, "browser-1")
    road.subscribe(lee, "browser-2")
    # The page rests a moment, so that an outage leaves one such message and not hundreds.
    assert [each["state"] for each in road.messages()] == ["unknown", "planned"]
    network.faults.mend("*/messages")
    clock.advance(HOUR)
    road.hear()
    assert [each["state"] for each in road.messages()] == ["unknown", "delivered"]
    assert [len(road.chat(each)) for each in (kim, lee)] == [1, 1]
    assert road.inst.plugins.why_not("messenger.page", road.actor) is None
