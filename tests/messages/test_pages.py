"""The Messages tab: what a team sees and does, by roles, on a phone and on a desk, with axe."""

import threading
from datetime import timedelta
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from tombola.api import Throttled
from tombola.app import create_app
from tombola.campaigns import service as campaigns
from tombola.testing.house import PASSWORD
from tombola.testing.looking import look

AXE = next((Path(__file__).parent.parent / "browser" / "vendor").glob("axe*.js"))


def tab(rookery, more=""):
    return f"/team/lamps/campaign/{rookery.campaign.key}/messages{more}"


def prolong(rookery):
    """Let the campaign end later, so that consents are about something else."""
    inst, actor = rookery.inst, rookery.actor
    with inst.db.write() as conn:
        found = campaigns.of_team(conn, actor, rookery.campaign.uid)
        campaigns.touch(conn, actor, found, inst.clock(), ends_at=found.ends_at + timedelta(days=7))


@pytest.fixture
def filled(quick_rookery):
    """People who agreed, one who stopped, one of whom nobody knows, one who is too late."""
    rookery = quick_rookery
    for number, name in enumerate(["Ann Lee", "Bob", "Cid", "Dora", "Eve"]):
        rookery.subscribe(f"u{number}", name=name, tag="tea" if number == 2 else None)
    rookery.network.trouble = [None, ValueError("the line was cut")]
    rookery.work()
    rookery.tell({"do": "stops", "who": "u4"})
    rookery.clock.advance(timedelta(hours=23))
    rookery.tell({"do": "writes", "who": "u1"}, {"do": "writes", "who": "u2"})
    rookery.clock.advance(timedelta(hours=2))
    rookery.broadcast(text="Hi {first_name|there}, {campaign} has another prize!")
    return rookery


def test_the_tab_says_who_can_be_told_what_and_why_not(filled):
    text = filled.house.client("viewer").get(tab(filled)).text
    assert "They wrote to you more than a day ago." in text
    assert "They said that they want no more messages." in text
    assert "They wrote within a day." in text
    assert "Nobody knows" in text
    assert "/messages/new/" not in text


def test_a_tab_without_anybody_says_how_people_come(quick_rookery):
    text = quick_rookery.house.client("editor").get(tab(quick_rookery)).text
    assert "Nobody to write to yet" in text


def test_the_tab_shows_on_both_databases(rookery):
    rookery.subscribe()
    rookery.work()
    prolong(rookery)
    rookery.broadcast("consent", "Still all right?")
    client = rookery.house.client("editor")
    for more in ("", "?view=gone&before=99", "/broadcasts", "/new/consent"):
        assert client.get(tab(rookery, more)).status_code == 200
    form = {"purpose": "campaign_ended", "text": "Over."}
    text = rookery.house.post(client, tab(rookery, "/new/campaign_ended"), **form).text
    assert "The campaign has changed since they agreed" in text


def test_a_notice_is_seen_before_it_is_sent(filled):
    rookery, client = filled, filled.house.client("editor")
    before = len(rookery.network.taken)
    form = {"purpose": "other", "text": "Hello {first_name|friend}, {typo}!"}
    answer = rookery.house.post(client, tab(rookery, "/new/other"), **form)
    assert answer.status_code == 422
    assert "placeholder that we do not know" in answer.text
    form["text"] = "Hello {first_name|friend}, about {campaign}!"
    answer = rookery.house.post(client, tab(rookery, "/new/other"), **form)
    assert "Hello Ann, about Win a lamp!" in answer.text
    assert "Send to 2 people now" in answer.text
    rookery.work()
    assert len(rookery.network.taken) == before
    answer = rookery.house.post(client, tab(rookery, "/new/other"), **form, act="send")
    assert answer.status_code == 303
    rookery.work()
    said = [line[1] for line in rookery.network.taken[before:]]
    assert sorted(said) == ["Hello Bob, about Win a lamp!", "Hello Cid, about Win a lamp!"]


def test_a_broadcast_is_stopped_and_what_waited_taken_back(quick_rookery):
    rookery, client = quick_rookery, quick_rookery.house.client("editor")
    for number in range(5):
        rookery.subscribe(f"u{number}", name=f"Ann {number}", reply="")
    rookery.network.trouble = [None, Throttled("page", rookery.clock() + timedelta(hours=1))]
    made = rookery.broadcast()
    part = client.get(tab(rookery, "/broadcasts")).text
    assert "1 of 5 have gone" in part
    assert "hx-get" in part
    assert "An account sends nothing at the moment" in client.get(tab(rookery)).text
    answer = rookery.house.post(client, tab(rookery, f"/{made.uid}/stop"))
    assert answer.status_code == 303
    rookery.clock.advance(timedelta(hours=2))
    rookery.work()
    assert len(rookery.network.taken) == 1
    assert [line[2] for line in rookery.messages()].count("cancelled") == 4
    assert "hx-get" not in client.get(tab(rookery, "/broadcasts")).text


def test_a_change_of_the_campaign_holds_notices_until_people_say_yes(quick_rookery):
    rookery, client = quick_rookery, quick_rookery.house.client("editor")
    for number, name in enumerate(["Ann", "Bob", "Cid"]):
        rookery.subscribe(f"u{number}", name=name, reply="")
    prolong(rookery)
    assert "Notices wait until they say yes" in client.get(tab(rookery)).text
    rookery.broadcast("campaign_ended", "It is over.")
    assert {line[2] for line in rookery.messages()} == {"waiting"}
    rookery.broadcast("consent", "It lasts longer. Still all right?", yes="Yes!", no="No")
    assert rookery.network.messages[-1].question.yes == "Yes!"
    about = {"do": "answers", "about": "consent", "campaign": rookery.campaign.uid}
    rookery.tell({**about, "who": "u0", "yes": True}, {**about, "who": "u1", "yes": False})
    rookery.work()
    said = {line[0]: line[2] for line in rookery.messages() if line[1] == "campaign_ended"}
    assert said == {"7:u0": "sent", "7:u1": "cancelled", "7:u2": "waiting"}
    assert [line[0] for line in rookery.network.taken if line[2] == "campaign_ended"] == ["7:u0"]


def test_an_answer_is_about_what_was_asked_and_not_about_a_later_change(quick_rookery):
    rookery = quick_rookery
    rookery.subscribe("u0", reply="")
    prolong(rookery)
    rookery.broadcast("consent", "It lasts longer. Still all right?")
    prolong(rookery)
    about = {"do": "answers", "about": "consent", "campaign": rookery.campaign.uid}
    rookery.tell({**about, "who": "u0", "yes": True})
    rookery.broadcast("campaign_ended", "It is over.")
    assert rookery.messages()[-1] == ("7:u0", "campaign_ended", "waiting")


def test_a_corrected_word_asks_nobody_again(quick_rookery):
    rookery = quick_rookery
    rookery.subscribe("u0", reply="")
    inst, actor = rookery.inst, rookery.actor
    with inst.db.write() as conn:
        found = campaigns.of_team(conn, actor, rookery.campaign.uid)
        campaigns.touch(conn, actor, found, inst.clock(), title="Win a lamp!")
    rookery.broadcast("campaign_ended", "It is over.")
    assert rookery.messages()[-1][2] == "sent"


def test_who_is_interested_stands_in_a_list(quick_rookery):
    rookery = quick_rookery
    for number, name in enumerate(["Ann", "Bob"]):
        rookery.subscribe(f"u{number}", name=name, reply="")
    now = rookery.clock()
    coming = rookery.house.campaign(
        "Win a boat", starts_at=now + timedelta(days=5), ends_at=now + timedelta(days=9)
    )
    first, rookery.campaign = rookery.campaign, coming
    rookery.broadcast("interest", "{campaign} is coming. Shall we tell you?")
    assert len(rookery.network.taken) == 2
    about = {"do": "answers", "about": "interest", "campaign": coming.uid}
    rookery.tell({**about, "who": "u0", "yes": True}, {**about, "who": "u1", "yes": False})
    text = rookery.house.client("viewer").get(tab(rookery)).text
    listed = text.partition("Who wants to hear of it")[2]
    assert "Ann" in listed
    assert "Bob" not in listed.partition("</section>")[0]
    rookery.broadcast("other", "It has begun.")
    assert rookery.network.taken[-1][0] == "7:u0"
    assert first.uid != coming.uid


def test_who_may_do_what(filled):
    house = filled.house
    unknown = next(row["uid"] for row in filled.rows() if row["state"] == "unknown")
    viewer, stranger = house.client("viewer"), house.client("stranger")
    for path in (f"/one/{unknown}", "/new/other"):
        assert house.post(viewer, tab(filled, path), act="again").status_code == 403
        assert house.post(stranger, tab(filled, path), act="again").status_code == 404
    assert stranger.get(tab(filled)).status_code == 404


def test_an_editor_decides_about_an_unknown_message(filled):
    house, client = filled.house, filled.house.client("editor")
    unknown = next(row["uid"] for row in filled.rows() if row["state"] == "unknown")
    house.post(client, tab(filled, f"/one/{unknown}"), act="arrived")
    assert next(r["state"] for r in filled.rows() if r["uid"] == unknown) == "sent"
    answer = house.post(client, tab(filled, f"/one/{unknown}"), act="again")
    assert "decided about this message already" in client.get(answer.headers["Location"]).text


@pytest.fixture
def address(quick_rookery):
    app = create_app(quick_rookery.inst)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.browser
def test_the_pages_can_be_read_and_used_by_everybody(page, address, filled):
    page.goto(f"{address}/log-in")
    page.get_by_label("E-mail address").fill("editor@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(lambda url: "/log-in" not in url)
    page.goto(address + tab(filled))
    page.locator("summary", has_text="What the networks permit").click()
    look(page, "messages", AXE)
    page.goto(address + tab(filled, "/new/consent"))
    look(page, "messages-write", AXE)
    page.goto(address + tab(filled, "/new/other"))
    page.get_by_label("What they read").fill("Hi {first_name|there}: {oops}")
    page.get_by_role("button", name="See who gets it").click()
    look(page, "messages-wrong", AXE)
    page.get_by_label("What they read").fill("Hi {first_name|there}, a word about {campaign}.")
    page.get_by_role("button", name="See who gets it").click()
    look(page, "messages-preview", AXE)
    page.get_by_role("button", name="Send to 2 people now").click()
    page.get_by_text("It is on its way; this page").wait_for()
    filled.work()
    page.get_by_text("2 of 5 have gone").first.wait_for(timeout=10_000)
    page.goto(address + tab(filled, "?view=unknown"))
    page.get_by_role("button", name="It arrived").click()
    page.get_by_text("Kept as sent.").wait_for()
