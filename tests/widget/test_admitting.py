"""Age, country and details on every road of entering, and free alternatives by country."""

import pytest

from tombola.admission import erasing
from tombola.admission import service as admission
from tombola.api import Identity, Invalid
from tombola.app import create_app
from tombola.campaigns import actions
from tombola.campaigns.models import campaign
from tombola.campaigns.rules import ActionForm
from tombola.campaigns.terms import Asks, Consent, Eligibility, Question, When
from tombola.entrants import service as entrants
from tombola.entries import editing
from tombola.entries.linking import recognise
from tombola.widget import admitting, entering, hot, settle
from tombola.widget.tokens import link_token

pytestmark = pytest.mark.plugins("custom_tracking")
OWN = {"Sec-Fetch-Site": "same-origin"}
GROWN = Eligibility(min_age=18, where="only", countries=("DE", "FR"))


@pytest.fixture
def client(site):
    app = create_app(site.inst)
    app.extensions[hot.NAME] = hot.make(site.inst, fresh_s=0)
    yield app.test_client()
    app.extensions[hot.NAME].tracker.close()


def ask(site, eligibility=None, asks=None):
    if eligibility is not None:
        admission.change_eligibility(site.inst, site.actor, site.campaign.uid, eligibility)
    if asks is not None:
        admission.change_asks(site.inst, site.actor, site.campaign.uid, asks)


def enter(client, **more):
    form = {"name": "Anna", "email": "anna@mail.example", **more}
    return client.post("/w/y2sB7/enter", data=form, headers=OWN)


def state(client, **form):
    return client.post("/w/y2sB7/state", data=form, headers=OWN)


def answer(client, action, text="because"):
    return client.post(
        f"/w/y2sB7/do/{action.uid}",
        data={f"{action.uid[-12:]}.answer": text},
        headers=OWN,
        follow_redirects=True,
    )


def told(site):
    with site.inst.db.read() as conn:
        people = conn.exec_driver_sql("SELECT id FROM entrant ORDER BY id").scalars().all()
        return [each for one in people for each in admission.told(conn, site.actor.team_id, one)]


def test_age_and_country_are_asked_with_joining_in_and_kept(site, client):
    ask(site, GROWN)
    page = client.get("/y2sB7").text
    assert "I am at least 18 years old." in page
    assert ">Germany</option>" in page
    assert "checked" not in page.split('name="st.of_age"')[1].split(">")[0]
    assert ">Deutschland</option>" in client.get("/y2sB7?lang=de").text
    assert enter(client, **{"st.country": "DE", "st.of_age": "on"}).status_code == 303
    (kept,) = told(site)
    assert (kept.country, kept.age) == ("DE", 18)
    assert "I am at least" not in client.get("/y2sB7").text


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({}, "st-country-error"),
        ({"st.country": "IT", "st.of_age": "on"}, "People in this country cannot take part here."),
        ({"st.country": "DE"}, "Only people of that age can take part."),
        ({"st.country": "XX", "st.of_age": "on"}, "st-country-error"),
    ],
)
def test_who_may_not_enter_is_refused_and_nothing_is_kept(site, client, form, says):
    ask(site, GROWN)
    refused = enter(client, **form)
    assert refused.status_code == 422
    assert says in refused.text
    assert told(site) == []
    assert "You are in as" not in client.get("/y2sB7").text


def test_somebody_in_by_a_network_is_asked_before_anything_counts(site, client):
    """However a browser became an entrant, so by a code too: the act asks, and so does the page."""
    action = site.action()
    enter(client)
    ask(site, GROWN)
    page = client.get("/y2sB7").text
    assert "Before it counts" in page
    assert "First tell us what is asked above" in page
    assert "Please say first what is asked above." in answer(client, action).text
    assert site.entries() == []
    assert state(client, **{"st.country": "IT", "st.of_age": "on"}).status_code == 422
    answer(client, action)
    assert site.entries() == []
    assert state(client, **{"st.country": "FR", "st.of_age": "on"}).status_code == 303
    answer(client, action)
    assert [row["state"] for row in site.entries()] == ["valid"]
    assert "Before it counts" not in client.get("/y2sB7").text


def test_what_was_tracked_waits_until_it_is_said(site):
    site.action("VIP")
    ask(site, GROWN)
    site.enter()
    token = link_token(site.inst.vault, "y2sB7", site.visitor_of(), site.inst.clock())
    site.push(["VIP"], token=token)
    settle.settle_all(site.inst, site.directory)
    assert site.entries() == []
    place, met = (
        site.directory.get("y2sB7"),
        entering.known(site.inst, site.actor.team_id, "cookie-1"),
    )
    with site.inst.db.read() as conn:
        asked = admitting.asking(conn, site.inst, place, met)
    assert met is not None
    assert asked.form is not None
    said = asked.form.model.model_validate({"country": "DE", "of_age": True})
    admitting.keep(site.inst, site.directory, place, met, said)
    assert [row["state"] for row in site.entries()] == ["valid"]


def test_the_statement_follows_its_identity_through_a_link_and_back(site, client):
    ask(site, GROWN)
    enter(client, **{"st.country": "DE", "st.of_age": "on"})
    now, team_id = site.inst.clock(), site.actor.team_id
    with site.inst.db.write() as conn:
        mine = conn.exec_driver_sql("SELECT min(id) FROM entrant").scalar_one()
        other = entrants.resolve(conn, team_id, [Identity("x", "1", "anna", "Anna")], now)
        theirs = other["x", "1"].entrant_id
        assert admission.stated(conn, site.campaign.id, theirs) is None
        joined = recognise(
            conn, team_id, mine, Identity("x", "1", "anna", "Anna"), now, consented=True
        )
        said = admission.stated(conn, site.campaign.id, joined)
    assert said is not None
    assert said.country == "DE"


def test_another_eligibility_stops_who_was_let_in_and_lets_them_in_again(site, client):
    action = site.action(interval="unlimited")
    ask(site, GROWN)
    enter(client, **{"st.country": "FR", "st.of_age": "on"})
    answer(client, action, "one")
    only_german = Eligibility(min_age=18, where="only", countries=("DE",))
    with site.inst.db.read() as conn:
        assert admission.outside(conn, site.campaign, only_german) == 1
        assert admission.outside(conn, site.campaign, GROWN) == 0
    ask(site, only_german)
    answer(client, action, "two")
    assert len(site.entries()) == 1
    ask(site, GROWN)
    answer(client, action, "three")
    assert len(site.entries()) == 2


DETAILS = Asks(
    phone="required",
    questions=(Question(key="size", label="Your size", kind="choice", options=("S", "M")),),
    consents=(Consent(key="news", wording="Write to me about new tea."),),
)


def test_details_are_validated_kept_and_agreed_to_by_a_tick_alone(site, client):
    ask(site, asks=DETAILS)
    refused = enter(client, **{"st.phone": "no number"})
    assert refused.status_code == 422
    assert "Write the whole number" in refused.text
    enter(client, **{"st.phone": "030 1234567", "st.q_size": "M", "st.c_news": "on"})
    (kept,) = told(site)
    assert [(each.key, each.value) for each in kept.answers] == [
        ("phone", "030 1234567"),
        ("size", "M"),
    ]
    (agreed,) = kept.agreed
    assert agreed.wording == "Write to me about new tea."
    assert agreed.version == 2


def test_a_box_that_nobody_ticks_is_no_consent(site, client):
    ask(site, asks=DETAILS)
    box = client.get("/y2sB7").text.split('name="st.c_news"')[1].split(">")[0]
    assert "checked" not in box
    enter(client, **{"st.phone": "030 1234567"})
    assert told(site)[0].agreed == []


def test_details_after_the_first_action_open_the_next_one(site, client):
    first, second = site.action(interval="unlimited"), site.action()
    ask(site, asks=DETAILS.model_copy(update={"when": When.AFTER}))
    assert "st.phone" not in client.get("/y2sB7").text
    enter(client)
    answer(client, first)
    page = client.get("/y2sB7").text
    assert "st.phone" in page
    answer(client, second)
    assert len(site.entries()) == 1
    state(client, **{"st.phone": "030 1234567"})
    answer(client, second)
    assert len(site.entries()) == 2


def test_a_campaign_may_ask_for_a_name_alone(site, client):
    ask(site, asks=Asks(email="no"))
    assert 'name="email"' not in client.get("/y2sB7").text
    client.post("/w/y2sB7/enter", data={"name": "Anna"}, headers=OWN)
    assert "You are in as" in client.get("/y2sB7").text


def test_with_a_code_to_come_the_rest_is_asked_of_whom_it_makes_known(site, client):
    with site.inst.db.write() as conn:
        conn.execute(campaign.update().values(confirm_email=True))
    ask(site, GROWN)
    assert "st.of_age" not in client.get("/y2sB7").text


def test_erasing_takes_what_somebody_said(site, client):
    ask(site, GROWN, DETAILS)
    enter(
        client,
        **{"st.country": "DE", "st.of_age": "on", "st.phone": "030 1234567", "st.c_news": "on"},
    )
    with site.inst.db.write() as conn:
        people = conn.exec_driver_sql("SELECT id FROM entrant").scalars().all()
        assert erasing.erase(conn, site.actor.team_id + 1, people) == 0
        assert erasing.erase(conn, site.actor.team_id, people) == 2
    assert told(site) == []


def alternative(site, paid, **more):
    form = ActionForm(
        **{
            "type_key": "custom_tracking.custom",
            "title": "Write a card",
            "config": {"question": "What is on it?"},
            "worth": 1,
            "replaces": paid.uid,
            "countries": ["FR"],
            **more,
        }
    )
    return actions.add(site.inst, site.actor, site.campaign.uid, form)


def test_listed_country_sees_the_free_alternative_and_others_do_not(site, client):
    ask(site, Eligibility(ask_country=True))
    paid = site.action("Purchase")
    free = alternative(site, paid)
    assert (free.worth, free.interval) == (paid.worth, paid.interval)
    nobody = client.get("/y2sB7").text
    assert "Do Purchase" in nobody
    assert "Write a card" not in nobody
    enter(client, **{"st.country": "FR"})
    french = client.get("/y2sB7").text
    assert "Write a card" in french
    assert "Do Purchase" not in french
    answer(client, free)
    assert [row["worth"] for row in site.entries()] == [paid.worth]
    german = client.application.test_client()
    enter(german, **{"st.country": "DE"})
    assert "Do Purchase" in german.get("/y2sB7").text
    assert answer(german, free).status_code == 404
    poll = german.get("/s/y2sB7").json
    assert list(poll["actions"]) == [paid.uid]


def test_the_poll_of_a_campaign_with_alternatives_says_when_nothing_is_new(site, client):
    ask(site, Eligibility(ask_country=True))
    alternative(site, site.action("Purchase"))
    enter(client, **{"st.country": "FR"})
    tag = client.get("/y2sB7").text.split('data-tag="')[1].split('"')[0]
    assert client.get("/s/y2sB7", headers={"If-None-Match": f'"{tag}"'}).status_code == 304


def test_the_alternative_follows_the_worth_of_what_it_stands_for(site):
    ask(site, Eligibility(ask_country=True))
    paid = site.action("Purchase")
    free = alternative(site, paid)
    form = ActionForm(
        type_key=paid.type_key, title=paid.title, worth=9, interval="daily",
        config={"completed_by": "tracking", "signals": ["Purchase"]},
    )  # fmt: skip
    editing.update_action(site.inst, site.actor, site.campaign.uid, paid.uid, form)
    with site.inst.db.read() as conn:
        now = actions.of_campaign(conn, site.campaign.id, free.uid)
    assert (now.worth, now.interval) == (9, "daily")


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"countries": []}, "countries"),
        ({"replaces": "nothing"}, "replaces"),
        ({"mandatory": True}, "mandatory"),
    ],
)
def test_an_alternative_that_cannot_be_is_refused(site, more, field):
    ask(site, Eligibility(ask_country=True))
    paid = site.action("Purchase")
    with pytest.raises(Invalid) as wrong:
        alternative(site, paid, **more)
    assert list(wrong.value.errors) == [field]


def test_an_alternative_needs_a_campaign_that_asks_for_the_country(site):
    paid = site.action("Purchase")
    with pytest.raises(Invalid):
        alternative(site, paid)
    ask(site, Eligibility(ask_country=True))
    alternative(site, paid)
    with pytest.raises(Invalid) as wrong:
        ask(site, Eligibility())
    assert list(wrong.value.errors) == ["ask_country"]
