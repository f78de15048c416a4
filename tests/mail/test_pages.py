"""The operator sees how mail goes and what did not; a team cannot ask for codes without mail."""

import dataclasses

import pytest
from click.testing import CliRunner
from sqlalchemy import update

from tombola.app import create_app
from tombola.campaigns import service as campaigns
from tombola.cli import main
from tombola.mail import service
from tombola.mail.models import mail
from tombola.settings import get_settings
from tombola.testing import house as houses


@pytest.fixture
def house(sqlite_database, clock, tmp_path):
    return houses.build(sqlite_database, clock, tmp_path / "data")


def with_server(house, url="smtp://tea:secret@mx.example"):
    settings = house.inst.settings.model_copy(update={"smtp_url": url})
    house.inst = dataclasses.replace(house.inst, settings=settings)
    house.app = create_app(house.inst)
    return house


def campaign_form(**more):
    return {
        "title": "Win a lamp",
        "kind": "competition",
        "starts_at": "2026-06-01T10:00",
        "ends_at": "2026-07-01T10:00",
        "zone": "Europe/Berlin",
        **more,
    }


def test_without_a_server_the_operator_is_told_how_to_name_one(house):
    page = house.client("operator").get("/operator/mail")
    assert page.status_code == 200
    assert "TOMBOLA_SMTP_URL" in page.text


def test_a_setting_that_cannot_be_read_is_shown(house):
    page = with_server(house, "mx.example").client("operator").get("/operator/mail")
    assert "TOMBOLA_SMTP_URL is not smtp://" in page.text


def test_what_went_wrong_is_shown_without_address_password_or_text(house, clock):
    with_server(house)
    with house.inst.db.write() as conn:
        service.post(
            conn, None, "code", "1", "ada@tea.example", "123456 is it", "Code: 123456", clock()
        )
        conn.execute(update(mail).values(state="unknown", error="gone <b>"))
    page = house.client("operator").get("/operator/mail").text
    assert "mx.example:587" in page
    assert "a•••@tea.example" in page
    assert "gone &lt;b&gt;" in page
    assert "may have gone" in page
    for secret in ("secret", "ada@tea.example", "123456"):
        assert secret not in page


def test_only_the_operator_sees_it(house):
    assert house.client("owner").get("/operator/mail").status_code in {403, 404}
    assert house.client(None).get("/operator/mail").status_code in {302, 303, 401}


def test_a_campaign_cannot_ask_for_codes_where_no_mail_is_sent(house):
    client = house.client("editor")
    form = campaign_form(confirm_email="on")
    answer = house.post(client, "/team/lamps/new-campaign", **form)
    assert answer.status_code == 422
    assert "This installation sends no mail yet" in answer.text
    assert campaigns.of(house.inst, house.actor()) == []


def test_a_campaign_asks_for_codes_and_stops_asking(house):
    with_server(house)
    client = house.client("editor")
    form = campaign_form(confirm_email="on")
    assert house.post(client, "/team/lamps/new-campaign", **form).status_code == 303
    (made,) = campaigns.of(house.inst, house.actor())
    assert made.confirm_email
    path = f"/team/lamps/campaign/{made.key}/settings"
    assert 'name="confirm_email" checked' in client.get(path).text.replace('value="on" ', "")
    assert house.post(client, path, **campaign_form()).status_code == 303
    (made,) = campaigns.of(house.inst, house.actor())
    assert not made.confirm_email


def test_check_names_a_setting_that_cannot_be_read(tmp_path, monkeypatch):
    monkeypatch.setenv("TOMBOLA_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("TOMBOLA_SMTP_URL", "mx.example")
    monkeypatch.delenv("TOMBOLA_DATABASE_URL", raising=False)
    get_settings.cache_clear()
    try:
        said = CliRunner().invoke(main, ["check"])
    finally:
        get_settings.cache_clear()
    assert said.exit_code == 1
    assert "TOMBOLA_SMTP_URL is not smtp://" in said.output
