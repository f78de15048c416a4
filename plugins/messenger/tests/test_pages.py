"""What members see: the action's form, templates and rules."""

from html import unescape

import pytest

from tombola.app import create_app
from tombola.testing import installation
from tombola.testing.network import FaultKind, in_process
from tombola.testing.road import Road, seed
from tombola.toolkit.fetch import Fetcher
from tombola_messenger.ways import WAYS
from tombola_messenger.wordings import ALL
from tombola_meta.accounts import CONNECTOR
from tombola_sandbox.meta.access import DEMO_META_APP

pytestmark = pytest.mark.slow
HERE = "/team/lamps/p/messenger/"
ADD = "/team/lamps/campaign/Road1/add/messenger.subscribe"
META = {
    "app_id": DEMO_META_APP.id,
    "app_secret": DEMO_META_APP.secret,
    "graph_url": "http://meta.example/graph.facebook.com",
}


@pytest.fixture
def accounts(account):
    """Tea Room, connected."""
    named = {"uid": account.uid, "title": account.title, "kind": account.kind}
    kept = {"secrets": dict(account.secrets), "facts": dict(account.facts)}
    return [{"connector": CONNECTOR, **named, **kept}]


@pytest.fixture
def member(sqlite_database, clock, tmp_path, network, accounts):
    """A browser in which the team's owner has logged in."""
    fetcher = Fetcher(mounts={"meta.example:80": in_process(network)})
    slugs = ["meta", "messenger"]
    inst = installation.make(sqlite_database, clock, tmp_path, slugs=slugs, fetcher=fetcher)
    document = {**seed("x", {}, {"meta": META}), "accounts": accounts}
    document["campaigns"][0]["actions"] = []
    Road(inst, document)
    client = create_app(inst).test_client()
    form = {"email": "op@example.org", "password": "correct horse"}
    assert send(client, "/log-in", "/log-in", **form).status_code == 303
    return client


def send(client, page, to, **form):
    token = client.get(page).text.split('name="csrf_token"', 1)[1].split('value="', 1)[1]
    return client.post(to, data={"csrf_token": token.split('"', 1)[0], **form})


def test_templates_are_shown_and_the_rules_beside_planned_messages(member):
    text = unescape(member.get(HERE).text)
    assert all(each.text in text for each in ALL)
    planned = unescape(member.get("/team/lamps/campaign/Road1/messages").text)
    assert {each.key for each in WAYS if each.source in planned} >= {"window", "utility"}
    assert HERE in planned
    assert text.count("Not asked for") == len(ALL)


def test_approval_is_asked_for_and_shown(member, meta, tea, clock):
    assert send(member, HERE, f"{HERE}{tea.id}/ask", language=["en", "de"]).status_code == 303
    assert member.get(HERE).text.count("Being looked at") == len(ALL) / 2
    clock.advance(meta.things.review_lasts)
    assert send(member, HERE, f"{HERE}{tea.id}/ask", language=["en", "de"]).status_code == 303
    assert member.get(HERE).text.count("Approved") == len(ALL) / 2


def test_what_cannot_be_asked_is_told(member, tea, network):
    nothing = send(member, HERE, f"{HERE}{tea.id}/ask")
    assert (nothing.status_code, "Choose at least one language" in nothing.text) == (422, True)
    assert send(member, HERE, f"{HERE}999/ask", language="en").status_code == 404
    network.faults.break_("*/message_templates", FaultKind.SERVER_ERROR)
    broken = send(member, HERE, f"{HERE}{tea.id}/ask", language="en")
    assert (broken.status_code, "trouble of its own" in broken.text) == (422, True)


def test_form_of_the_action_lets_one_pick_a_page(member, tea):
    text = member.get(ADD).text
    assert f'value="{tea.id}"' in text
    assert 'list="' not in text
    assert "Connect an account first" not in text
    made = send(
        member, ADD, ADD, title="Subscribe", worth="1", interval="once",
        **{"config.account": tea.id, "config.wording": "You get messages from us about it."},
    )  # fmt: skip
    assert made.status_code == 303


@pytest.mark.parametrize("accounts", [[]])
def test_without_a_page_both_say_where_to_connect_one(member):
    assert "/team/lamps/accounts" in member.get(HERE).text
    assert "Connect an account first" in member.get(ADD).text
