"""What a site's backend reports: merged with the browser's word, once, whatever the order."""

import itertools
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from tombola.api import Invalid, NotFound
from tombola.app import create_app
from tombola.teams import tokens
from tombola.teams.rules import Actor, Role
from tombola.teams.service import NewTeam, create_team
from tombola.teams.tokens import NewToken
from tombola.widget import hot, idempotency, server
from tombola.widget.settle import settle_all
from tombola.widget.tokens import LINK_LIVES, link_token

pytestmark = pytest.mark.plugins("custom_tracking")
OPERATOR = Actor(0, "", None, "Olga", Role.VIEWER, operator=True)
PATH = "/api/v1/campaigns/y2sB7/events"


class Backend:
    """A site's backend with a token of its team."""

    def __init__(self, site):
        self.site = site
        self.text = tokens.make(site.inst, site.actor, NewToken(name="Shop"))
        token = tokens.known(site.inst, self.text)
        assert token is not None
        self.token = token
        self.count = itertools.count()

    def send(self, *events, key=None, campaign="y2sB7", token=None):
        """Report under a fresh key unless one is given; what became of each event."""
        body = json.dumps({"events": [{"visitor": "visitor-1"} | each for each in events]})
        site = self.site
        return server.take(
            site.inst, site.directory, site.tracker, token or self.token, campaign, body.encode(),
            key or f"key-{next(self.count)}",
        )  # fmt: skip


@pytest.fixture
def backend(site):
    return Backend(site)


@pytest.fixture
def link(site):
    site.enter()
    return link_token(site.inst.vault, "y2sB7", site.visitor_of(), site.inst.clock())


@pytest.fixture
def client(site, backend):
    app = create_app(site.inst)
    app.extensions[hot.NAME] = hot.make(site.inst, fresh_s=0)
    yield app.test_client()
    app.extensions[hot.NAME].tracker.close()


def post(client, backend, body, key="k-1", **more):
    headers = {"Authorization": f"Bearer {backend.text}", "Idempotency-Key": key, **more}
    return client.post(PATH, data=body, headers={k: v for k, v in headers.items() if v})


def test_reported_event_completes_an_action_that_asks_for_the_server(site, backend, link):
    site.action("Purchase", proof="server")
    site.push(["Purchase", "1017"], token=link)
    assert site.entries() == []
    told = backend.send({"name": "Purchase", "value": "1017"})
    assert told == [{"name": "Purchase", "result": "new", "person": "known"}]
    [entry] = site.entries()
    assert (entry["proof"], entry["details"]) == ("server", {"Purchase": "1017"})
    assert site.misses() == {("Purchase", "not from your server"): 1}


@pytest.mark.parametrize("order", list(itertools.permutations(["browser", "server", "link"])))
@pytest.mark.parametrize("interval", ["once", "daily", "unlimited"])
def test_one_event_and_one_entry_in_every_order(site, backend, order, interval):
    site.action("Purchase", interval=interval)
    site.enter()
    link = link_token(site.inst.vault, "y2sB7", site.visitor_of(), site.inst.clock())
    acts = {
        "browser": lambda: site.push(["Purchase", "1017"]),
        "server": lambda: backend.send({"name": "Purchase", "value": "1017"}),
        "link": lambda: site.push(token=link),
    }
    for act in order:
        acts[act]()
    acts["browser"]()
    acts["server"]()
    assert [row["proof"] for row in site.entries()] == ["server"]


@pytest.mark.parametrize("first", ["browser", "server"])
def test_events_of_one_id_are_one_though_their_values_differ(site, backend, link, first):
    site.action("Purchase", interval="unlimited")
    site.push(token=link)
    acts = {
        "browser": lambda: site.push(["Purchase", "EUR 20", "id:order-1017"]),
        "server": lambda: backend.send(
            {"name": "Purchase", "value": "1017", "event_id": "order-1017"}
        ),
    }
    for act in sorted(acts, key=lambda name: name != first) * 2:
        acts[act]()
    assert [(row["value"], row["level"]) for row in site.events()] == [("1017", "server")]
    [entry] = site.entries()
    assert (entry["proof"], entry["details"]) == ("server", {"Purchase": "1017"})


def test_event_known_by_value_takes_the_id_that_comes_later(site, backend, link):
    site.action("Purchase", interval="unlimited")
    site.push(["Purchase", "1017"], token=link)
    backend.send({"name": "Purchase", "value": "1017", "event_id": "order-1017"})
    assert backend.send({"name": "Purchase", "value": "x", "event_id": "order-1017"}) == [
        {"name": "Purchase", "event_id": "order-1017", "result": "known", "person": "known"}
    ]
    assert len(site.events()) == len(site.entries()) == 1


def test_id_of_somebody_else_claims_nothing(site, backend, link):
    """Ids are easily guessed: a page that reports a stranger's gets nothing of theirs."""
    site.action("Purchase", interval="unlimited")
    site.enter("eve@mail.example", browser="cookie-2")
    hers = link_token(site.inst.vault, "y2sB7", site.visitor_of("cookie-2"), site.inst.clock())
    site.push(["Purchase", "x", "id:order-1017"], visitor="visitor-2", token=hers)
    site.push(token=link)
    backend.send({"name": "Purchase", "value": "1017", "event_id": "order-1017"})
    rows = {row["proof"]: row["entrant_id"] for row in site.entries()}
    assert set(rows) == {"browser", "server"}
    assert rows["browser"] != rows["server"]


def test_link_token_names_the_visitor_for_thirty_days(site, backend, clock):
    site.action("Purchase", interval="unlimited")
    token = link_token(site.inst.vault, "y2sB7", site.visitor_of(), site.inst.clock())
    told = backend.send({"name": "Purchase", "value": "1", "visitor": None, "xref": token})
    assert told[0]["person"] == "waiting"
    site.enter()
    assert len(site.entries()) == 1
    site.push(["Purchase", "1"], token=token)
    assert (len(site.events()), len(site.entries())) == (1, 1)
    clock.advance(LINK_LIVES + timedelta(days=29, hours=23))
    backend.send({"name": "Purchase", "value": "2", "visitor": None, "xref": token})
    assert len(site.entries()) == 1 + 1
    clock.advance(timedelta(hours=1))
    with pytest.raises(Invalid) as wrong:
        backend.send({"name": "Purchase", "value": "3", "visitor": None, "xref": token})
    assert list(wrong.value.errors) == ["events.0.xref"]


def test_link_token_of_another_campaign_is_refused(site, backend):
    other = link_token(site.inst.vault, "other", site.visitor_of(), site.inst.clock())
    for token in (other, "y2sB7" + other[5:], "nonsense"):
        with pytest.raises(Invalid):
            backend.send({"name": "VIP", "visitor": None, "xref": token})


def test_own_time_decides_the_day(site, backend, link, clock):
    site.action("Visit", interval="daily")
    site.push(token=link)
    yesterday = (clock() - timedelta(days=1)).isoformat()
    backend.send({"name": "Visit"}, {"name": "Visit", "occurred_at": yesterday})
    assert sorted(row["slot"] for row in site.entries()) == ["2026-05-31", "2026-06-01"]


def test_pending_report_of_a_day_is_void_after_its_midnight(site, backend, clock):
    site.action("Visit", interval="daily", proof="server")
    backend.send({"name": "Visit"})
    clock.advance(timedelta(days=1))
    backend.send({"name": "Visit"})
    site.enter()
    site.push(token=link_token(site.inst.vault, "y2sB7", site.visitor_of(), clock()))
    assert [row["slot"] for row in site.entries()] == ["2026-06-02"]


def test_same_key_and_body_is_the_same_answer_and_another_body_a_clash(site, backend, link):
    site.action("Purchase", interval="unlimited")
    site.push(token=link)
    first = backend.send({"name": "Purchase", "value": "1"}, key="one")
    assert backend.send({"name": "Purchase", "value": "1"}, key="one") == first
    with pytest.raises(Invalid) as wrong:
        backend.send({"name": "Purchase", "value": "2"}, key="one")
    assert "another request" in str(wrong.value)
    assert len(site.entries()) == 1


def test_answers_are_kept_thirty_days_and_events_for_good(site, backend, link, clock):
    site.action("Purchase", interval="unlimited")
    site.push(token=link)
    event = {"name": "Purchase", "value": "1", "event_id": "a"}
    backend.send(event, key="one")
    clock.advance(idempotency.KEPT + timedelta(seconds=1))
    with site.inst.db.write() as conn:
        idempotency.prune(conn, clock())
    assert backend.send(event, key="one")[0]["result"] == "known"
    assert len(site.entries()) == 1


def test_sixty_four_at_once_are_one_event_and_one_entry(site, backend, link):
    site.action("Purchase", interval="unlimited")
    site.push(token=link)
    event = {"name": "Purchase", "value": "1017", "event_id": "order-1017"}
    with ThreadPoolExecutor(max_workers=64) as pool:
        same = pool.map(lambda _: backend.send(event, key="one"), range(32))
        fresh = pool.map(lambda n: backend.send(event, key=f"key-{n}"), range(32))
        pushed = pool.map(lambda _: site.push(["Purchase", "x", "id:order-1017"]), range(16))
        answers = list(same)
        assert len({json.dumps(each, sort_keys=True) for each in answers}) == 1
        told = [answers[0][0]["result"], *(each[0]["result"] for each in fresh)]
        assert told.count("new") <= 1
        assert set(pushed) == {204}
    assert [(row["value"], row["level"]) for row in site.events()] == [("1017", "server")]
    assert [row["proof"] for row in site.entries()] == ["server"]


def test_two_processes_at_once_are_one_event_and_one_entry(site, backend, link):
    """Each with a writer of its own, as processes have."""
    site.action("Purchase", interval="unlimited")
    site.push(token=link)
    others = [hot.make(site.inst, fresh_s=0) for _ in range(4)]
    body = json.dumps(
        {"events": [{"name": "Purchase", "value": "1017", "visitor": "visitor-1"}]}
    ).encode()

    def send(n):
        at = others[n % 4]
        key = "one" if n % 2 else f"key-{n}"
        return server.take(
            site.inst, at.directory, at.tracker, backend.token, "y2sB7", body, key
        )  # fmt: skip

    with ThreadPoolExecutor(max_workers=16) as pool:
        told = [each[0]["result"] for each in pool.map(send, range(32))]
    for each in others:
        each.tracker.close()
    assert set(told) <= {"new", "known"}
    assert len(site.events()) == len(site.entries()) == 1


def test_unknown_name_is_told_and_listed(site, backend):
    site.action("Purchase")
    told = backend.send({"name": "purchase"}, {"name": "Purchase"})
    assert [each["result"] for each in told] == ["unmatched", "new"]
    assert site.misses() == {("purchase", "unknown"): 1}


def test_while_the_plan_has_no_tracking_reports_wait_too(site, backend, link):
    site.action("Purchase", proof="server")
    site.push(token=link)
    site.plan("pro")
    assert backend.send({"name": "Purchase"})[0]["result"] == "new"
    assert site.entries() == []
    site.plan("business")
    settle_all(site.inst, site.directory)
    assert [row["proof"] for row in site.entries()] == ["server"]


def test_another_teams_token_finds_no_campaign(site, backend):
    site.action("Purchase")
    other = create_team(site.inst, OPERATOR, NewTeam(name="Other", slug="other", plan="business"))
    text = tokens.make(site.inst, Actor.system(other.id, other.uid), NewToken(name="Theirs"))
    theirs = tokens.known(site.inst, text)
    for campaign in ("y2sB7", "zzzzz"):
        with pytest.raises(NotFound) as wrong:
            backend.send({"name": "Purchase"}, campaign=campaign, token=theirs)
        assert str(wrong.value) == "There is no such campaign for this token."
    assert site.events() == []
    assert site.misses() == {}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ("", ""),
        ("[]", ""),
        ('{"events": [], "events": []}', ""),
        ("[" * 50_000, ""),
        ("{}", "events"),
        ('{"events": []}', "events"),
        ('{"events": [{"name": "VIP"}]}', "events.0"),
        ('{"events": [{"name": "VIP", "visitor": "short"}]}', "events.0.visitor"),
        ('{"events": [{"name": "VIP", "visitor": "visitor-1", "xref": "x"}]}', "events.0"),
        ('{"events": [{"name": "", "visitor": "visitor-1"}]}', "events.0.name"),
        ('{"events": [{"name": 7, "visitor": "visitor-1"}]}', "events.0.name"),
        ('{"events": [{"name": "VIP", "visitor": "visitor-1", "Value": "x"}]}', "events.0.Value"),
        ('{"events": [{"name": "VIP", "visitor": "visitor-1", "value": 3}]}', "events.0.value"),
        (
            '{"events": [{"name": "V", "visitor": "v-123456", "occurred_at":"2026-06-01T09:00"}]}',
            "events.0.occurred_at",
        ),
        (
            '{"events": [{"name": "V", "visitor": "v-123456", "occurred_at":"2026-06-09T09:00Z"}]}',
            "events.0.occurred_at",
        ),
        (
            '{"events": [{"name": "V", "visitor": "v-123456", "occurred_at":"2026-01-09T09:00Z"}]}',
            "events.0.occurred_at",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_by_field(site, client, backend, body, field):
    site.action("VIP")
    answer = post(client, backend, body)
    assert answer.status_code in {400, 422}
    assert answer.mimetype == "application/problem+json"
    assert list(answer.json["errors"]) == [field]
    assert answer.json["errors"][field]
    assert site.events() == []


def test_bounds_of_a_request(site, client, backend):
    one = {"name": "VIP", "visitor": "visitor-1"}
    assert post(client, backend, json.dumps({"events": [one] * 101})).status_code == 422
    long = json.dumps({"events": [one | {"value": "x" * 70_000}]})
    assert post(client, backend, long).status_code == 413
    long = json.dumps({"events": [one | {"value": "ü" * 5_121}]})
    assert list(post(client, backend, long).json["errors"]) == ["events.0.value"]
    many = {"events": [one | {"value": str(n)} for n in range(100)]}
    site.action("VIP", interval="unlimited")
    assert len(post(client, backend, json.dumps(many)).json["events"]) == 100
    assert len(site.events()) == 100


def test_request_without_key_needs_ids(site, client, backend):
    site.action("VIP")
    one = {"name": "VIP", "visitor": "visitor-1"}
    answer = post(client, backend, json.dumps({"events": [one]}), key=None)
    assert (answer.status_code, list(answer.json["errors"])) == (422, ["Idempotency-Key"])
    with_id = json.dumps({"events": [one | {"event_id": "a"}]})
    assert post(client, backend, with_id, key=None).json["events"][0]["result"] == "new"
    assert post(client, backend, with_id, key=None).json["events"][0]["result"] == "known"
    assert post(client, backend, with_id, key="with space").status_code == 422


@pytest.mark.parametrize("given", ["", "Bearer", "Bearer x", "Basic {token}", "Bearer {token}x"])
def test_without_a_token_nobody_is_let_in(site, client, backend, given):
    site.action("VIP")
    headers = {"Authorization": given.format(token=backend.text)} if given else {}
    body = json.dumps({"events": [{"name": "VIP", "visitor": "visitor-1", "event_id": "a"}]})
    answer = client.post(PATH, data=body, headers=headers)
    assert answer.status_code == 401
    assert answer.mimetype == "application/problem+json"
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert site.events() == []


def test_answer_sets_no_cookie_and_is_in_no_cache(site, client, backend):
    site.action("VIP")
    body = json.dumps({"events": [{"name": "VIP", "visitor": "visitor-1"}]})
    answer = post(client, backend, body)
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"
    assert post(client, backend, body).json == answer.json


def test_errors_below_api_are_problems_whatever_is_accepted(client):
    for path in ("/api/v1/nothing", PATH):
        answer = client.get(path, headers={"Accept": "text/html"})
        assert answer.status_code in {404, 405}
        assert answer.mimetype == "application/problem+json"


def test_odd_letters_are_kept_or_replaced_and_break_nothing(site, client, backend):
    site.action("VIP", interval="unlimited")
    one = {"name": "VIP", "visitor": "visitor-1"}
    for value in ("\x00", "\ud800", "😀", "<script>", "'; --"):
        body = json.dumps({"events": [one | {"value": value}]})
        assert post(client, backend, body, key=f"k{ord(value[0])}").status_code == 200
    assert len(site.events()) == 5
