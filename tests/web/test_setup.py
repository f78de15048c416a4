"""The pages of a campaign's set-up: texts, who may enter, what is asked, dates, preview."""

from datetime import timedelta
from io import BytesIO

import pytest
from PIL import Image
from sqlalchemy import func, select

from tombola.admission import service as admission
from tombola.admission.models import statement
from tombola.api import EntryDraft, Identity, Invalid
from tombola.campaigns import actions, service
from tombola.campaigns.models import action as action_table
from tombola.campaigns.rules import Kind
from tombola.campaigns.terms import Asks, Eligibility, Question
from tombola.entrants import service as entrants
from tombola.entrants.models import entrant
from tombola.entries import editing
from tombola.entries.models import entry
from tombola.entries.record import load_rules, record
from tombola.importing import copying
from tombola.widget.models import visitor


@pytest.fixture
def made(house):
    return house.campaign(description="One **lamp**.")


@pytest.fixture
def client(house):
    return house.client("editor")


@pytest.fixture
def at(made):
    return f"/team/lamps/campaign/{made.key}"


def now(house, made):
    return service.get(house.inst, house.actor(), made.uid)


def enter(house, campaign, action, times):
    """One entry of one person for each moment."""
    inst = house.inst
    with inst.db.write() as conn:
        known = entrants.resolve(
            conn, house.team.id, [Identity("x", "1", "ann", "Ann")], inst.clock()
        )
        who = known["x", "1"]
        drafts = [
            EntryDraft(action.id, who.id, who.entrant_id, f"k{n}", "import", occurred_at=at)
            for n, at in enumerate(times)
        ]
        record(conn, drafts, load_rules(conn, campaign.id), inst.clock())


def test_texts_are_kept_and_shown_without_anybodys_html(house, made, client, at):
    sent = {
        "description": "**Win** <i>it</i>",
        "rules_text": "# Rules\n\n- one",
        "privacy_text": "P",
    }
    assert house.post(client, f"{at}/page", **sent).status_code == 303
    page = house.client(None).get(f"/{made.key}").text
    assert "<strong>Win</strong> &lt;i&gt;it&lt;/i&gt;" in page
    assert '<meta name="description" content="Win &lt;i&gt;it&lt;/i&gt;">' in page
    assert '<div class="prose"><h3 dir="auto">Rules</h3>' in page.replace("\n", "")
    assert 'href="#privacy"' in page
    wrong = house.post(client, f"{at}/page", privacy_url="ftp://x")
    assert wrong.status_code == 422
    assert 'id="f-privacy-url-error"' in wrong.text
    assert now(house, made).rules_text == "# Rules\n\n- one"


def test_settings_of_dates_leave_the_pages_texts_alone(house, made, client, at):
    form = {
        "title": "Two lamps", "kind": "competition", "zone": "Europe/Berlin",
        "starts_at": "2026-05-31T14:00", "ends_at": "2026-06-10T14:00",
    }  # fmt: skip
    assert house.post(client, f"{at}/settings", **form).status_code == 303
    assert now(house, made).description == "One **lamp**."


def test_a_picture_is_sent_in_parts_and_waits_to_be_drawn(house, client, at):
    out = BytesIO()
    Image.new("RGB", (9, 9)).save(out, "PNG")
    sent = {"picture": (BytesIO(out.getvalue()), "lamp.png"), "alt": "A lamp"}
    assert house.post(client, f"{at}/page/pictures", **sent).status_code == 303
    assert "Being drawn" in client.get(f"{at}/page").text
    fresh = client.get(f"{at}/page", headers={"HX-Request": "true"}).text
    assert fresh.startswith('<div id="picture-list" hx-get')
    house.work("campaign_picture")
    assert "Being drawn" not in client.get(f"{at}/page").text
    refused = house.post(client, f"{at}/page/pictures", alt="")
    assert refused.status_code == 422
    assert "Choose a picture." in refused.text


def test_who_may_enter_is_kept(house, made, client, at):
    sent = {"min_age": "18", "where": "only", "country": ["DE", "AT"]}
    assert house.post(client, f"{at}/who", **sent).status_code == 303
    kept = now(house, made).eligibility
    assert kept == Eligibility(min_age=18, where="only", countries=("AT", "DE"))
    refused = house.post(client, f"{at}/who", where="only")
    assert refused.status_code == 422
    assert "Choose at least one country." in refused.text


def test_stopping_people_is_asked_with_their_number(house, made, client, at):
    inst, owner = house.inst, house.actor()
    terms = Eligibility(ask_country=True)
    admission.change_eligibility(inst, owner, made.uid, terms)
    with inst.db.write() as conn:
        who = entrants.resolve(conn, house.team.id, [Identity("x", "1")], inst.clock())["x", "1"]
        conn.execute(
            statement.insert().values(
                team_id=house.team.id, campaign_id=made.id, identity_id=who.id, country="FR",
                details=[], detailed=False, admitted=True, version=1, at=inst.clock(),
            )
        )  # fmt: skip
    sent = {"where": "only", "country": "DE"}
    asked = house.post(client, f"{at}/who", **sent)
    assert "1 person who was let in may add nothing more." in asked.text
    assert now(house, made).eligibility == terms
    assert house.post(client, f"{at}/who", agreed="1", **sent).status_code == 303
    assert now(house, made).eligibility.countries == ("DE",)


def test_what_is_asked_is_kept_with_keys_that_stay(house, made, client, at):
    sent = {
        "name": "required", "email": "optional", "phone": "required", "when": "after",
        "q.0.label": "Size", "q.0.kind": "choice", "q.0.options": "S\r\nM", "q.0.required": "on",
        "q.1.label": "", "c.0.wording": "Write to me.", "c.1.wording": "",
    }  # fmt: skip
    assert house.post(client, f"{at}/details", **sent).status_code == 303
    kept = now(house, made).asks
    assert (kept.email, kept.phone, kept.when) == ("optional", "required", "after")
    (question,) = kept.questions
    assert question.options == ("S", "M")
    again = sent | {"q.0.key": question.key, "q.0.label": "Your size"}
    house.post(client, f"{at}/details", **again)
    assert now(house, made).asks.questions[0].key == question.key
    assert now(house, made).asks.questions[0].label == "Your size"


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({"q.0.label": "Size", "q.0.kind": "choice", "q.0.options": "S"}, "q-0-options-error"),
        ({"q.0.label": "x" * 201}, "q-0-label-error"),
        ({"name": "no", "email": "no"}, "Ask for a name or an e-mail address"),
        ({"name": "perhaps"}, "Choose one from the list."),
    ],
)
def test_what_cannot_be_asked_is_told_beside_it(house, made, client, at, sent, says):
    answer = house.post(client, f"{at}/details", **sent)
    assert answer.status_code == 422
    assert says in answer.text
    assert now(house, made).asks == Asks()


def test_answers_are_a_file_without_formulas(house, made, client, at):
    inst, owner = house.inst, house.actor()
    asks = Asks(questions=(Question(key="why", label="=Why"),))
    admission.change_asks(inst, owner, made.uid, asks)
    with inst.db.write() as conn:
        who = entrants.resolve(conn, house.team.id, [Identity("x", "1", name="Ann")], inst.clock())
        conn.execute(
            statement.insert().values(
                team_id=house.team.id, campaign_id=made.id, identity_id=who["x", "1"].id,
                details=[
                    {"key": "why", "label": "=Why", "value": "=1+1"},
                    {"key": "gone", "label": "Old", "value": "x"},
                ],
                country="FR", detailed=True, admitted=True, version=1, at=inst.clock(),
            )
        )  # fmt: skip
    text = client.get(f"{at}/answers.csv").text
    head, line = text.strip().split("\r\n")
    assert head.endswith("phone,address,birthday,'=Why,other_answers")
    assert line.endswith(",,,'=1+1,Old: x")
    assert ",Ann,,FR," in line
    assert house.client("viewer").get(f"{at}/answers.csv").status_code == 403


def test_ending_is_asked_with_numbers_done_and_taken_back(house, made, client, at, clock):
    action = house.action(made, interval="unlimited")
    ahead = clock() + timedelta(minutes=3)
    enter(house, made, action, [clock() - timedelta(hours=1), ahead])
    asked = client.get(f"{at}/dates/end").text
    assert "1 entry that counts now will lie outside" in asked
    assert "2 entries, 1 person" in asked
    assert house.post(client, f"{at}/dates/end", agreed="0,0").status_code == 200
    assert now(house, made).ends_at == made.ends_at
    assert house.post(client, f"{at}/dates/end", agreed="0,1").status_code == 303
    assert now(house, made).ends_at == clock()
    assert house.post(client, f"{at}/dates/end", agreed="0,1").status_code == 303
    assert "Take the last change of dates back" in client.get(at).text
    assert (
        "1 entry that lies outside the dates now will count." in client.get(f"{at}/dates/undo").text
    )
    house.post(client, f"{at}/dates/undo", agreed="1,0")
    assert now(house, made).ends_at == made.ends_at


def test_start_now_and_another_end(house, client):
    made = house.campaign(starts_at=house.inst.clock() + timedelta(days=1))
    at = f"/team/lamps/campaign/{made.key}"
    assert "Start now" in client.get(at).text
    assert house.post(client, f"{at}/dates/start", agreed="0,0").status_code == 303
    assert now(house, made).starts_at == house.inst.clock()
    sent = {"until": "2026-12-24T18:00", "agreed": "0,0"}
    assert house.post(client, f"{at}/dates/extend", **sent).status_code == 303
    assert now(house, made).ends_at.isoformat() == "2026-12-24T17:00:00+00:00"
    early = house.post(client, f"{at}/dates/extend", until="2020-01-01T00:00", agreed="0,0")
    assert early.status_code == 422
    assert "The end has to come after the start." in early.text
    assert house.post(client, f"{at}/dates/extend", until="soon", agreed="0,0").status_code == 422


def test_a_campaign_is_duplicated_and_kept_as_a_template(house, made, client, at):
    house.action(made)
    sent = {"title": "Again", "starts_at": "2026-07-01T10:00"}
    assert house.post(client, f"{at}/duplicate", **sent).status_code == 303
    copy = service.of(house.inst, house.actor())[0]
    assert (copy.title, copy.starts_at.isoformat()) == ("Again", "2026-07-01T08:00:00+00:00")
    assert house.post(client, f"{at}/duplicate", title="").status_code == 422
    house.post(client, f"{at}/template", title="Our lamps")
    page = client.get("/team/lamps/templates").text
    assert "Our lamps" in page
    assert "Photo contest" in page
    (kept,) = copying.templates(house.inst, house.actor())
    path = f"/team/lamps/templates/own/{kept.uid}"
    assert "Say it" in client.get(path).text
    house.post(client, path, title="Third", starts_at="2026-07-01T10:00")
    assert service.of(house.inst, house.actor())[0].title == "Third"
    house.post(
        client, "/team/lamps/templates/ready/check_in", title="Fourth", starts_at="2026-07-01T10:00"
    )
    assert service.of(house.inst, house.actor())[0].title == "Fourth"
    house.post(client, f"/team/lamps/templates/{kept.uid}/remove")
    assert copying.templates(house.inst, house.actor()) == []
    assert client.get("/team/lamps/templates/ready/nothing").status_code == 404
    assert client.get("/team/lamps/templates/other/check_in").status_code == 404


def test_another_interval_or_worth_is_asked_with_numbers(house, made, client, at, clock):
    action = house.action(made, interval="unlimited")
    enter(house, made, action, [clock() - timedelta(minutes=n) for n in (1, 2, 3)])
    path = f"{at}/action/{action.uid}"
    sent = {"title": "Say it", "worth": "5", "interval": "once", "config.word": "moon"}
    asked = house.post(client, path, **sent)
    assert "3 entries of this action count now;" in asked.text
    assert "1 would." in asked.text
    assert "3 that are there keep the worth they have." in asked.text
    with house.inst.db.read() as conn:
        assert actions.of_campaign(conn, made.id, action.uid).worth == 1
    assert house.post(client, path, agreed="3,1,5", **sent).status_code == 303
    with house.inst.db.read() as conn:
        states = conn.execute(select(entry.c.state).order_by(entry.c.state)).scalars().all()
    assert states == ["spent", "spent", "valid"]


@pytest.mark.parametrize(("interval", "count"), [("hourly", 2), ("daily", 2), ("once", 1)])
def test_what_another_interval_would_do_is_what_it_does(
    house, made, client, at, clock, interval, count
):
    action = house.action(made, interval="unlimited")
    enter(house, made, action, [clock() - timedelta(minutes=n) for n in (1, 2, 15 * 60)])
    sent = {"title": "Say it", "worth": "1", "interval": interval, "config.word": "moon"}
    house.post(client, f"{at}/action/{action.uid}", agreed=f"3,{count},1", **sent)
    with house.inst.db.read() as conn:
        valid = select(func.count()).select_from(entry).where(entry.c.state == "valid")
        assert conn.execute(valid).scalar_one() == count


def test_removing_an_action_says_what_stays_and_can_be_undone(house, made, client, at, clock):
    action = house.action(made)
    enter(house, made, action, [clock()])
    page = client.get(f"{at}/action/{action.uid}/remove").text
    assert "1 entry stays." in page
    house.post(client, f"{at}/action/{action.uid}/remove")
    assert "1 removed action" in client.get(at).text
    house.post(client, f"{at}/action/{action.uid}/restore")
    with house.inst.db.read() as conn:
        assert actions.of_campaign(conn, made.id, action.uid).title == "Say it"
    assert house.post(client, f"{at}/action/{action.uid}/restore").status_code == 404


def test_an_alternative_is_made_with_the_form(house, made, client, at):
    paid = house.action(made, worth=7)
    sent = {
        "title": "Card",
        "worth": "1",
        "interval": "once",
        "config.word": "sun",
        "replaces": paid.uid,
    }
    refused = house.post(client, f"{at}/add/sample.word", country="FR", **sent)
    assert refused.status_code == 422
    assert "let the campaign ask for the country" in refused.text
    house.post(client, f"{at}/who", ask_country="on", where="all")
    assert house.post(client, f"{at}/add/sample.word", country="FR", **sent).status_code == 303
    with house.inst.db.read() as conn:
        card = service.actions_of(conn, made.id)[1]
    assert (card.worth, card.countries) == (7, ("FR",))
    text = client.get(f"{at}/action/{card.uid}").text
    assert f'<option value="{paid.uid}" selected>' in text


def test_the_preview_looks_like_the_page_and_records_nothing(house, client):
    begins = house.inst.clock() + timedelta(days=1)
    made = house.campaign("Secret", starts_at=begins, ends_at=begins + timedelta(days=1))
    action = house.action(made, "moon")
    at = f"/team/lamps/campaign/{made.key}/preview"
    frame = client.get(at)
    assert "frame-src 'self'" in frame.headers["Content-Security-Policy"]
    inside = client.get(f"{at}/page?phase=running")
    assert "X-Frame-Options" not in inside.headers
    assert "Preview: nothing is recorded" in inside.text
    assert "<script" not in inside.text
    assert f"/team/lamps/campaign/{made.key}/preview/act/enter" in inside.text
    assert "Starts" in client.get(f"{at}/page?phase=scheduled").text
    joined = client.post(f"{at}/act/enter?phase=running", data={"name": "Ann"})
    assert "You are in as" in joined.text
    done = client.post(f"{at}/act/do/{action.uid}?as=in&phase=running")
    assert "This is a preview: nothing was recorded." in done.text
    with house.inst.db.read() as conn:
        for table in (entrant, visitor, entry, statement):
            assert conn.execute(select(func.count()).select_from(table)).scalar_one() == 0
        assert conn.execute(select(func.count()).select_from(action_table)).scalar_one() == 1
    assert house.client(None).get(f"{at}/page").status_code == 303


def test_the_preview_asks_who_lives_where(house, made, client, at):
    house.post(client, f"{at}/who", ask_country="on", where="all")
    paid = house.action(made, title="Pay")
    house.action(made, title="Card", replaces=paid.uid, countries=["FR"])
    french = client.get(f"{at}/preview/page?as=in&country=FR").text
    assert "Card" in french
    assert "Pay" not in french
    assert "Where they live" in client.get(f"{at}/preview").text


def test_a_campaign_stays_a_competition_or_a_reward(house, made):
    form = editing.form_of(made, kind=Kind.REWARD)
    with pytest.raises(Invalid) as wrong:
        editing.update_campaign(house.inst, house.actor(), made.uid, form)
    assert list(wrong.value.errors) == ["kind"]
