"""Entrants' pages without any script: enter, answer, follow a link, poll, log in, leave."""

import re
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import update

from tombola.app import create_app
from tombola.campaigns.models import campaign
from tombola.widget import hot

pytestmark = pytest.mark.plugins("custom_tracking")
OWN = {"Sec-Fetch-Site": "same-origin"}
HTTPS = {"base_url": "https://localhost"}


@pytest.fixture
def inst(sqlite_inst):
    """What both databases have to do for these pages is tried in test_standing.py."""
    return sqlite_inst


@pytest.fixture
def client(site):
    app = create_app(site.inst)
    app.extensions[hot.NAME] = hot.make(site.inst, fresh_s=0)
    yield app.test_client()
    app.extensions[hot.NAME].tracker.close()


def enter(client, name="Anna", email="anna@mail.example", **more):
    form = {"name": name, "email": email}
    return client.post("/w/y2sB7/enter", data=form, headers=OWN, **more)


def answer(client, action, text):
    return client.post(
        f"/w/y2sB7/do/{action.uid}",
        data={f"{action.uid[-12:]}.answer": text},
        headers=OWN,
        follow_redirects=True,
    )


def test_page_shows_campaign_actions_and_the_form_to_enter(site, client):
    site.action("VIP")
    page = client.get("/y2sB7")
    assert page.status_code == 200
    assert "Win a bicycle" in page.text
    assert "Do VIP" in page.text
    assert 'action="/w/y2sB7/enter"' in page.text
    assert client.get("/y2sB7/win-a-bicycle").status_code == 200


@pytest.mark.parametrize("path", ["/zzzzz", "/zzzzz/embed", "/s/zzzzz"])
def test_unknown_campaign_is_not_found(client, path):
    assert client.get(path).status_code == 404


def test_landing_is_in_no_frame_and_the_widget_in_any(client):
    assert client.get("/y2sB7").headers["X-Frame-Options"] == "DENY"
    embed = client.get("/y2sB7/embed")
    assert "X-Frame-Options" not in embed.headers
    assert "frame-ancestors" not in embed.headers["Content-Security-Policy"]


def test_nobody_gets_a_cookie_before_taking_part(client):
    assert "Set-Cookie" not in client.get("/y2sB7").headers


def test_entering_makes_an_entrant_that_is_known_again(site, client):
    first = enter(client)
    assert first.status_code == 303
    cookie = first.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "You are in as" in client.get("/y2sB7").text
    assert "Anna" in client.get("/y2sB7").text


def test_stranger_who_types_the_same_address_is_somebody_else(site, client):
    question = site.action()
    enter(client)
    answer(client, question, "because")
    stranger = client.application.test_client()
    enter(stranger, name="Mallory")
    assert "<strong>0</strong>" in stranger.get("/y2sB7").text


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({"name": " ", "email": "a@b.example"}, "name-error"),
        ({"name": "A", "email": "nonsense"}, "email-error"),
    ],
)
def test_entering_with_nonsense_is_refused_beside_the_field(client, form, says):
    page = client.post("/w/y2sB7/enter", data=form, headers=OWN)
    assert page.status_code == 422
    assert says in page.text


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {"Origin": "null"}, {}],
)
def test_acts_of_other_sites_pages_are_refused(client, headers):
    form = {"name": "A", "email": "a@b.example"}
    assert client.post("/w/y2sB7/enter", data=form, headers=headers).status_code == 403


def test_act_of_an_old_browser_is_known_by_its_origin(client):
    form = {"name": "A", "email": "a@b.example"}
    headers = {"Origin": "http://localhost"}
    assert client.post("/w/y2sB7/enter", data=form, headers=headers).status_code == 303


def test_answer_completes_and_counts_once(site, client):
    action = site.action()
    enter(client)
    page = answer(client, action, "because")
    assert "<strong>3</strong>" in page.text
    assert 'data-state="done:3"' in page.text
    answer(client, action, "because")
    answer(client, action, "another reason")
    assert [row["state"] for row in site.entries()] == ["valid", "spent"]
    assert site.entries()[0]["details"] == {"Answer": "because"}


def test_daily_question_comes_back_the_next_day(site, client, clock):
    action = site.action(interval="daily")
    enter(client)
    assert 'data-state="tomorrow:3"' in answer(client, action, "because").text
    clock.advance(timedelta(days=1))
    assert 'data-state="open:3"' in client.get("/y2sB7").text
    answer(client, action, "because")
    assert [row["state"] for row in site.entries()] == ["valid", "valid"]


def test_question_or_tracking_count_once_whichever_comes_first(site, client):
    action = site.action("VIP", completed_by="either", question="Who?")
    enter(client)
    answer(client, action, "me")
    follow(client, action, site)
    site.push(["VIP"], visitor="shop-browser", token=follow(client, action, site))
    assert [row["state"] for row in site.entries()] == ["valid", "spent"]


def follow(client, action, site):
    """The token of the address that an action's link leads to; "" when it has none."""
    link = client.get(f"/w/y2sB7/go/{action.uid}")
    if link.status_code == 404:
        from tombola.widget.tokens import link_token  # noqa: PLC0415 - an action without a link

        with site.inst.db.read() as conn:
            from tombola.widget.models import visitor  # noqa: PLC0415

            number = conn.execute(visitor.select().where(visitor.c.entrant_id.is_not(None))).first()
        return link_token(site.inst.vault, "y2sB7", number.id, site.inst.clock())
    return parse_qs(urlsplit(link.location).query)["xref"][0]


def test_link_carries_a_token_by_which_the_shop_knows_the_entrant(site, client):
    action = site.action("VIP", link="https://shop.example/vip?a=1#here")
    enter(client)
    location = urlsplit(client.get(f"/w/y2sB7/go/{action.uid}").location)
    assert (location.netloc, location.path, location.fragment) == ("shop.example", "/vip", "here")
    query = parse_qs(location.query)
    assert query["a"] == ["1"]
    assert re.fullmatch(r"y2sB7\.[\w.-]+", query["xref"][0])
    site.push(["VIP"], token=query["xref"][0])
    assert [row["state"] for row in site.entries()] == ["valid"]


def test_link_followed_before_entering_is_claimed_after(site, client):
    action = site.action("VIP", link="https://shop.example/")
    site.push(["VIP"], token=follow(client, action, site))
    assert site.entries() == []
    enter(client)
    assert [row["state"] for row in site.entries()] == ["valid"]


def test_leaving_makes_the_browser_nobody(site, client):
    enter(client)
    assert client.post("/w/y2sB7/leave", headers=OWN).status_code == 303
    assert "Join in" in client.get("/y2sB7").text
    enter(client, name="Bea")
    assert "Bea" in client.get("/y2sB7").text


def test_poll_says_nothing_new_until_something_is(site, client):
    action = site.action("VIP", link="https://shop.example/")
    enter(client)
    first = client.get("/s/y2sB7")
    assert first.json["actions"] == {action.uid: ["open", 0]}
    tag = {"If-None-Match": first.headers["ETag"]}
    assert client.get("/s/y2sB7", headers=tag).status_code == 304
    site.push(["VIP"], token=follow(client, action, site))
    changed = client.get("/s/y2sB7", headers=tag)
    assert changed.status_code == 200
    assert changed.json["actions"] == {action.uid: ["done", 3]}
    assert changed.json["worth"] == 3


def test_page_begins_polling_with_the_tag_that_the_poll_gives(site, client):
    enter(client)
    [tag] = re.findall(r'data-tag="(\w+)"', client.get("/y2sB7").text)
    assert client.get("/s/y2sB7", headers={"If-None-Match": f'"{tag}"'}).status_code == 304


def test_ended_campaign_takes_no_answers(site, client, clock):
    action = site.action()
    enter(client)
    clock.advance(timedelta(days=11))
    assert answer(client, action, "late").status_code == 422
    assert site.entries() == []


def test_nobody_joins_what_is_over(site, client, clock):
    site.action()
    clock.advance(timedelta(days=11))
    page = client.get("/y2sB7").text
    assert "This is over." in page
    assert "/enter" not in page
    refused = enter(client)
    assert refused.status_code == 422
    assert "Nobody can join any more" in refused.text
    assert "Set-Cookie" not in refused.headers


def test_who_is_in_sees_their_entries_when_it_is_over(site, client, clock):
    action = site.action()
    enter(client)
    answer(client, action, "because")
    clock.advance(timedelta(days=11))
    page = client.get("/y2sB7").text
    assert "This is over." in page
    assert 'id="worth"><strong>3<' in page


def test_before_it_opens_the_page_says_when_and_offers_nothing(site, client, clock):
    site.action()
    clock.advance(timedelta(days=-11))
    page = client.get("/y2sB7").text
    assert "It opens on" in page
    assert "Join in" not in page
    refused = enter(client)
    assert refused.status_code == 422
    assert "not begun yet" in refused.text


def test_address_of_an_act_leads_to_the_page(client):
    assert client.post("/w/y2sB7/enter", data={"name": "Anna"}, headers=OWN).status_code == 422
    visited = client.get("/w/y2sB7/enter")
    assert (visited.status_code, visited.location) == (303, "/y2sB7#top")
    assert client.get("/w/y2sB7/do/nothing").status_code == 303
    assert client.get("/w/zzzzz/enter").status_code == 404


def test_gated_action_is_neutral_and_takes_no_answers(site, client):
    action = site.action("VIP", completed_by="either", question="Who?")
    enter(client)
    site.plan("pro")
    assert "Not available at the moment" in client.get("/y2sB7").text
    assert answer(client, action, "me").status_code == 422
    assert site.entries() == []


def test_tracking_script_is_served_with_address_and_key(client):
    script = client.get("/y2sB7/trk.js")
    assert script.headers["Content-Type"].startswith("text/javascript")
    assert b'"http://localhost","y2sB7"' in script.data
    tag = {"If-None-Match": script.headers["ETag"]}
    assert client.get("/y2sB7/trk.js", headers=tag).status_code == 304
    assert client.get("/zzzzz/trk.js").status_code == 200
    assert client.get("/a_b.c/trk.js").status_code == 404


def test_push_over_http_is_answered_for_any_site(site, client):
    site.action("VIP")
    body = '{"v":"visitor-1","k":["y2sB7"],"e":[["VIP"]]}'
    answer = client.post("/t", data=body, headers={"Origin": "https://shop.example"})
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert site.events()[0]["origin"] == "https://shop.example"
    assert client.post("/t", data="x" * 70_000).status_code == 413


def test_frame_has_a_partitioned_cookie_of_its_own(client):
    framed = client.post(
        "/w/y2sB7/enter",
        data={"name": "Anna", "email": "a@b.example", "frame": "1"},
        headers=OWN,
        base_url="https://localhost",
    )
    assert framed.location.startswith("/y2sB7/embed")
    cookie = framed.headers["Set-Cookie"]
    assert cookie.startswith("__Host-tombola-frame=")
    for word in ("Partitioned", "SameSite=None", "Secure", "HttpOnly"):
        assert word in cookie


def test_script_is_answered_well_and_a_plain_form_says_that_it_was_refused(client):
    form = {"name": "", "email": ""}
    script = {**OWN, "Tombola-Script": "1"}
    assert client.post("/w/y2sB7/enter", data=form, headers=script).status_code == 200
    assert client.post("/w/y2sB7/enter", data=form, headers=OWN).status_code == 422


def test_browser_that_keeps_no_cookie_is_told_what_to_do(client):
    stubborn = client.application.test_client(use_cookies=False)
    page = stubborn.get(enter(stubborn).location).text
    assert "keeps no cookies of this site" in page
    assert "Join in</button>" not in page
    assert "keeps no cookies" not in client.get(enter(client).location).text


def test_frame_on_a_plain_address_leads_to_a_window_of_its_own(site, client):
    """Browsers keep a secure cookie of http on this machine alone."""
    inst = client.application.extensions["tombola"]
    plain = inst.settings.model_copy(update={"base_url": "http://192.168.1.20:8000"})
    client.application.extensions["tombola"] = replace(inst, settings=plain)
    framed = client.get("/y2sB7/embed").text
    assert "Take part in a window of its own" in framed
    assert "Join in</button>" not in framed
    assert "Join in</button>" in client.get("/y2sB7").text


def test_address_of_an_act_in_a_frame_stays_in_the_frame(client):
    visited = client.get("/w/y2sB7/enter?frame=1")
    assert visited.location.startswith("/y2sB7/embed")
    by_header = client.get("/w/y2sB7/enter", headers={"Sec-Fetch-Dest": "iframe"})
    assert by_header.location.startswith("/y2sB7/embed")
    refused = client.post("/w/y2sB7/enter?frame=1", data={"name": ""}, headers=OWN)
    assert "X-Frame-Options" not in refused.headers


def test_locked_action_names_what_is_missing(site, client):
    first = site.action(mandatory=True)
    site.action("VIP")
    enter(client)
    page = client.get("/y2sB7").text
    assert f'<a href="#a-{first.uid}"><bdi>Do tell</bdi></a>' in page
    assert 'data-state="locked:0:1"' in page


@pytest.mark.parametrize(
    ("interval", "when"), [("daily", "in 10 hours"), ("hourly", "in 60 minutes")]
)
def test_repeated_action_says_when_it_comes_back(site, client, interval, when):
    action = site.action(interval=interval)
    enter(client)
    answer(client, action, "because")
    assert f"You can do it again {when}." in client.get("/y2sB7").text


def test_terms_stand_beside_the_button_where_there_are_some(site, client):
    assert 'class="help terms"' not in client.get("/y2sB7").text
    with site.inst.db.write() as conn:
        conn.execute(update(campaign).values(terms_url="https://shop.example/terms"))
    assert 'href="https://shop.example/terms"' in client.get("/y2sB7").text


def test_cookie_is_renewed_once_a_day_by_use(client, clock):
    enter(client)
    assert "Set-Cookie" not in client.get("/y2sB7").headers
    clock.advance(timedelta(days=2))
    assert "Max-Age=15552000" in client.get("/y2sB7").headers["Set-Cookie"]
    assert "Set-Cookie" not in client.get("/y2sB7").headers


def test_window_of_its_own_gives_its_frame_who_is_in(site, client, clock):
    action = site.action()
    enter(client)
    answer(client, action, "because")
    [hand] = re.findall(r'data-give="([^"]+)"', client.get("/y2sB7").text)
    frame = client.application.test_client()
    assert "Anna" not in frame.get("/y2sB7/embed").text
    taken = frame.post("/w/y2sB7/hand?frame=1", data={"hand": hand}, headers=OWN, **HTTPS)
    page = frame.get(taken.location, **HTTPS).text
    assert "Anna" in page
    assert "<strong>3</strong>" in page
    assert "data-give" not in page


def test_hand_is_good_for_two_minutes_and_for_one_campaign(client, clock):
    enter(client)
    [hand] = re.findall(r'data-give="([^"]+)"', client.get("/y2sB7").text)
    frame = client.application.test_client()
    for wrong in ("", "made-up", hand[:-4] + "AAAA"):
        refused = frame.post("/w/y2sB7/hand?frame=1", data={"hand": wrong}, headers=OWN, **HTTPS)
        assert refused.status_code == 422
    clock.advance(timedelta(minutes=2))
    late = frame.post("/w/y2sB7/hand?frame=1", data={"hand": hand}, headers=OWN, **HTTPS)
    assert late.status_code == 422
    assert "took too long" in late.text
    other = {"Sec-Fetch-Site": "cross-site"}
    assert frame.post("/w/y2sB7/hand", data={"hand": hand}, headers=other).status_code == 403


def test_frame_of_somebody_else_does_not_become_another_by_a_hand(client):
    enter(client)
    [hand] = re.findall(r'data-give="([^"]+)"', client.get("/y2sB7").text)
    other = client.application.test_client()
    enter(other, name="Bea", email="bea@mail.example")
    refused = other.post("/w/y2sB7/hand", data={"hand": hand}, headers=OWN)
    assert "Somebody else is in here already." in refused.text


def test_number_is_asked_with_a_phones_number_keys(site, client):
    site.action(completed_by="question", question="Your order number?", answer="number")
    enter(client)
    assert 'inputmode="decimal"' in client.get("/y2sB7").text
