"""Confirming an address without any script: the code by mail, and who one is afterwards."""

from datetime import timedelta

import pytest

from tombola.api import Identity
from tombola.app import create_app
from tombola.campaigns.rules import CampaignForm
from tombola.entries import editing
from tombola.entries.linking import recognise
from tombola.testing.clock import NOON
from tombola.widget import entering, hot, settle
from tombola.widget.tokens import link_token

pytestmark = pytest.mark.plugins("custom_tracking")
OWN = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def client(site, office):
    app = create_app(office.inst)
    app.extensions[hot.NAME] = hot.make(office.inst, fresh_s=0)
    yield app.test_client()
    app.extensions[hot.NAME].tracker.close()


@pytest.fixture
def strict(site):
    """The campaign asks for confirmed addresses."""
    change(site, confirm_email=True)


def change(site, **more):
    form = CampaignForm(
        title="Win a bicycle",
        zone="Europe/Berlin",
        starts_at=NOON - timedelta(days=10),
        ends_at=NOON + timedelta(days=10),
        **more,
    )
    editing.update_campaign(site.inst, site.actor, site.campaign.uid, form)


def other(client):
    """Another device."""
    return client.application.test_client()


def post(client, path, **form):
    return client.post(f"/w/y2sB7/{path}", data=form, headers=OWN, follow_redirects=True)


def enter(client, name="Anna", email="anna@mail.example"):
    return post(client, "enter", name=name, email=email)


def ask(client, email="anna@mail.example"):
    return post(client, "code/ask", **{"proof.email": email})


def confirm(client, office):
    return post(client, "code", code=office.code())


def answer(client, action, text="because"):
    return post(client, f"do/{action.uid}", **{f"{action.uid[-12:]}.answer": text})


def worth(page):
    return page.text.split('id="worth"><strong>')[1].split("<")[0]


def test_entering_asks_for_the_code_and_makes_nobody_an_entrant_before(
    client, site, office, strict
):
    action = site.action()
    page = enter(client)
    assert "Look into your mail" in page.text
    assert "anna@mail.example" in page.text
    assert "You are in as" not in page.text
    assert "take part first" in answer(client, action).text
    page = confirm(client, office)
    assert "You are in as" in page.text
    assert "Anna" in page.text
    assert worth(answer(client, action)) == "3"
    [mail] = office.came
    assert mail.recipients == ("anna@mail.example",)


def test_the_mail_says_what_it_is_for(client, site, office, strict):
    enter(client)
    read = office.read()
    assert read["Subject"] == f"{office.code()} is your code for Win a bicycle"
    assert "/y2sB7" in read.get_content()


def test_the_code_brings_the_entrant_back_on_another_device(client, site, office, strict):
    action = site.action()
    enter(client)
    confirm(client, office)
    answer(client, action)
    phone = other(client)
    assert "Look into your mail" in ask(phone, "ANNA@mail.example ").text
    page = confirm(phone, office)
    assert "Anna" in page.text
    assert worth(page) == "3"
    assert len(site.entries()) == 1


def test_entering_again_by_name_on_another_device_is_the_same_entrant(client, site, office, strict):
    action = site.action()
    enter(client)
    confirm(client, office)
    answer(client, action)
    phone = other(client)
    enter(phone, name="Annie")
    page = confirm(phone, office)
    assert "You are in as <bdi><b>Anna<" in page.text
    assert worth(page) == "3"


def test_on_any_campaign_a_confirmed_address_is_known_again(client, site, office):
    action = site.action()
    enter(client)
    answer(client, action)
    assert "Be known on your other devices" in client.get("/y2sB7").text
    ask(client)
    assert "Be known on your other devices" not in confirm(client, office).text
    phone = other(client)
    ask(phone)
    page = confirm(phone, office)
    assert worth(page) == "3"


def test_an_unconfirmed_address_brings_nobody_back(client, site, office):
    action = site.action()
    enter(client)
    answer(client, action)
    phone = other(client)
    ask(phone)
    page = confirm(phone, office)
    assert worth(page) == "0"
    assert "We did not know" not in page.text
    assert "Open this page there and confirm it" in page.text
    ask(client)
    assert worth(confirm(client, office)) == "3"
    assert worth(phone.get("/y2sB7")) == "3"


def test_who_is_in_by_a_code_alone_is_asked_for_a_name(client, site, office):
    ask(client)
    assert "How may we call you?" in confirm(client, office).text
    page = post(client, "code/name", **{"proof.name": " "})
    assert page.status_code == 422
    assert 'aria-invalid="true"' in page.text
    page = post(client, "code/name", **{"proof.name": "Anna"})
    assert "You are in as <bdi><b>Anna<" in page.text
    assert "How may we call you?" not in page.text
    post(client, "code/name", **{"proof.name": "Mallory"})
    assert "You are in as <bdi><b>Anna<" in client.get("/y2sB7").text


def test_the_answer_is_the_same_for_known_and_unknown_addresses(client, site, office, strict):
    enter(client)
    confirm(client, office)
    known = ask(other(client), "anna@mail.example")
    unknown = ask(other(client), "nobody@mail.example")
    assert known.status_code == unknown.status_code == 200
    assert known.text.replace("anna@", "nobody@") == unknown.text


def test_a_wrong_code_is_said_beside_the_field_and_five_are_enough(client, site, office, strict):
    enter(client)
    wrong = f"{(int(office.code()) + 1) % 10**6:06}"
    for _ in range(4):
        page = post(client, "code", code=wrong)
        assert page.status_code == 422
        assert "This is not the code" in page.text
        assert 'aria-invalid="true"' in page.text
    assert "wrong too often" in post(client, "code", code=wrong).text
    assert "wrong too often" in confirm(client, office).text
    assert "Another code is on its way" in post(client, "code/again").text
    assert "You are in as" in confirm(client, office).text


def test_an_old_code_is_said_to_be_old(client, site, office, clock, strict):
    enter(client)
    code = office.code()
    clock.advance(timedelta(minutes=11))
    page = post(client, "code", code=code)
    assert "too old" in page.text
    assert "Join in" in page.text


def test_too_many_codes_are_refused_in_words(client, site, office, strict):
    enter(client)
    for _ in range(4):
        post(client, "code/again")
    page = post(client, "code/again")
    assert page.status_code == 422
    assert "Too many codes" in page.text
    page = enter(other(client))
    assert page.status_code == 422
    assert "Too many codes" in page.text


def test_another_address_may_be_used(client, site, office, strict):
    enter(client, email="wrong@mail.example")
    office.work()
    assert "Join in" in post(client, "code/stop").text
    enter(client)
    assert "You are in as" in confirm(client, office).text
    assert [mail.recipients for mail in office.came] == [
        ("wrong@mail.example",),
        ("anna@mail.example",),
    ]


@pytest.mark.parametrize(
    "email", ["", "anna", "anna@mail.example\nBcc: x@y.example", "a@localhost"]
)
def test_what_is_no_address_gets_no_code(client, site, office, strict, email):
    for page in (enter(client, email=email), ask(client, email)):
        assert page.status_code == 422
        assert 'aria-invalid="true"' in page.text or "not an e-mail address" in page.text
    office.work()
    assert office.came == []


def test_who_was_in_before_the_campaign_asked_confirms_first(client, site, office):
    action = site.action()
    enter(client)
    change(site, confirm_email=True)
    page = client.get("/y2sB7").text
    assert "Confirm your e-mail address" in page
    assert 'value="anna@mail.example"' in page
    assert "confirm your e-mail address first" in answer(client, action).text
    ask(client)
    confirm(client, office)
    assert worth(answer(client, action)) == "3"


def pushes(client, site, clock, *events):
    """The shop's page reports what the browser with that cookie did."""
    cookie = client.get_cookie("tombola-visitor")
    token = link_token(site.inst.vault, "y2sB7", site.visitor_of(cookie.value), clock())
    assert site.push(*events, token=token) == 204


def test_pushes_wait_for_the_confirmation_and_keep_their_time(site, client, office, clock):
    site.action("VIP")
    enter(client)
    change(site, confirm_email=True)
    pushes(client, site, clock, ["VIP"])
    pushed_at = clock()
    assert site.entries() == []
    clock.advance(timedelta(hours=1))
    assert settle.settle_all(site.inst, site.directory) is False
    assert site.entries() == []
    ask(client)
    assert worth(confirm(client, office)) == "3"
    [entry] = site.entries()
    assert entry["occurred_at"] == pushed_at


def test_pushes_of_nobody_known_are_void_the_next_day(site, client, office, clock, strict):
    site.action("VIP", interval="daily")
    enter(client)
    pushes(client, site, clock, ["VIP"])
    clock.advance(timedelta(days=1))
    ask(client)
    assert worth(confirm(client, office)) == "0"


def test_pushes_before_entering_are_claimed_by_the_confirmation(
    site, client, office, clock, strict
):
    site.action("VIP")
    enter(client)
    pushes(client, site, clock, ["VIP"])
    assert worth(confirm(client, office)) == "3"


def test_a_log_in_with_a_network_needs_no_code(client, site, office):
    action = site.action()
    enter(client)
    change(site, confirm_email=True)
    cookie = client.get_cookie("tombola-visitor").value
    met = entering.known(site.inst, site.campaign.team_id, cookie)
    assert met is not None
    with site.inst.db.write() as conn:
        seen = Identity("twitter_import.x", "7")
        recognise(conn, met.team_id, met.entrant_id, seen, NOON, consented=True)
    assert "Confirm your e-mail address" not in client.get("/y2sB7").text
    assert worth(answer(client, action)) == "3"


def test_without_mail_a_strict_campaign_says_so(site, office, strict):
    site.action()
    app = create_app(site.inst)
    app.extensions[hot.NAME] = hot.make(site.inst, fresh_s=0)
    plain = app.test_client()
    assert "cannot be sent at the moment" in plain.get("/y2sB7").text
    page = enter(plain)
    assert page.status_code == 422
    assert "You are in as" not in page.text
    app.extensions[hot.NAME].tracker.close()


@pytest.mark.parametrize("path", ["code", "code/ask", "code/again", "code/stop"])
def test_other_sites_forms_are_refused(client, site, office, path):
    form = {"proof.email": "anna@mail.example", "code": "123456"}
    answered = client.post(f"/w/y2sB7/{path}", data=form, headers={"Sec-Fetch-Site": "cross-site"})
    assert answered.status_code == 403
    assert client.post(f"/w/zzzzz/{path}", data=form, headers=OWN).status_code == 404


@pytest.mark.parametrize("path", ["code", "code/again", "code/stop"])
def test_a_browser_that_asked_for_nothing_is_sent_to_the_page(client, site, office, path):
    assert "Join in" in post(client, path, code="123456").text


def test_the_frame_confirms_too(client, site, office, strict):
    def act(path, **form):
        return client.post(
            f"/w/y2sB7/{path}",
            data={"frame": "1", **form},
            headers=OWN,
            follow_redirects=True,
            base_url="https://localhost",
        )

    page = act("enter", name="Anna", email="anna@mail.example")
    assert page.request.path == "/y2sB7/embed"
    assert "Look into your mail" in page.text
    assert "You are in as" in act("code", code=office.code()).text
