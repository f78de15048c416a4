"""Pages of privacy: erasing and exporting by a team and by the entrant, keeping, deleting."""

import io
import zipfile
from datetime import timedelta

import pytest
from sqlalchemy import select

from tombola.entrants.models import entrant
from tombola.privacy import service
from tombola.testing import house as houses


@pytest.fixture
def house(database, clock, tmp_path):
    return houses.build(database, clock, tmp_path / "data")


def test_a_team_erases_somebody_with_a_tick(town):
    house = town.house
    client = house.client("editor")
    path = f"/team/lamps/people/{town.entrant_uid}"
    assert "2 entries count on" in client.get(f"{path}/erase").text
    house.post(client, f"{path}/erase")
    assert "zanary77" in client.get(path).text
    assert house.post(client, f"{path}/erase", sure="yes").status_code == 303
    town.erase()
    page = client.get(path).text
    assert "Erased person" in page
    assert "zanary77" not in page
    assert "erased:" not in page
    lines = client.get(f"/team/lamps/campaign/{town.key}/entries").text
    assert lines.count("erased person") >= 2
    assert "zanary77" not in lines
    assert house.client("viewer").get(f"{path}/erase").status_code == 403


def test_a_team_downloads_the_file_for_somebody(town):
    client = town.house.client("editor")
    with client.get(f"/team/lamps/people/{town.entrant_uid}/file") as answer:
        assert answer.mimetype == "application/zip"
        names = zipfile.ZipFile(io.BytesIO(answer.data)).namelist()
    assert "person.json" in names
    theirs = town.house.client("stranger")
    other = f"/team/rivals/people/{town.entrant_uid}/file"
    assert theirs.get(other).status_code == 404


def enter(house, campaign):
    client = browser(house)
    form = {"name": "Ada", "email": "ada@mail.example"}
    assert client.post(f"/w/{campaign.key}/enter", data=form).status_code == 303
    return client


def browser(house):
    """A visitor's, which says that its forms are ours."""
    client = house.app.test_client()
    client.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"
    return client


def test_an_entrant_reads_their_file_and_is_erased(house):
    campaign = house.campaign()
    house.action(campaign)
    here = f"/w/{campaign.key}/my-data"
    nobody = browser(house)
    assert "not known here" in nobody.get(here).text
    assert nobody.post(f"{here}/file").status_code == 403
    assert nobody.post(f"{here}/erase", data={"sure": "yes"}).status_code == 403
    ada = enter(house, campaign)
    assert here in ada.get(f"/{campaign.key}").text
    with ada.post(f"{here}/file") as answer:
        told = zipfile.ZipFile(io.BytesIO(answer.data)).read("person.json").decode()
    assert "ada@mail.example" in told
    assert ada.post(f"{here}/erase").status_code == 422
    assert "being erased" in ada.post(f"{here}/erase", data={"sure": "yes"}).text
    assert "not known here" in ada.get(here).text
    house.work("erase")
    with house.inst.db.read() as conn:
        row = conn.execute(select(entrant)).one()
    assert (row.name, row.email) == (None, None)


def test_a_page_of_another_site_erases_nobody(house):
    campaign = house.campaign()
    ada = enter(house, campaign)
    headers = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
    answer = ada.post(f"/w/{campaign.key}/my-data/erase", data={"sure": "yes"}, headers=headers)
    assert answer.status_code == 403
    with house.inst.db.read() as conn:
        number = conn.execute(select(entrant.c.id)).scalar_one()
        assert service.of_entrant(conn, house.team.id, number) is None


@pytest.mark.parametrize("language", ["de", "ar", "es"])
def test_the_page_speaks_the_entrants_language(house, language):
    campaign = house.campaign()
    ada = enter(house, campaign)
    page = ada.get(f"/w/{campaign.key}/my-data?lang={language}").text
    assert f'lang="{language}"' in page
    assert "Be erased" not in page


def test_keeping_is_set_for_the_team_and_for_one_campaign(house):
    campaign = house.campaign()
    client = house.client("owner")
    house.post(client, "/team/lamps/privacy", people_days="90", raw_days="", log_days="")
    own = f"/team/lamps/campaign/{campaign.key}/privacy"
    assert "90 days after the end" in client.get(own).text
    house.post(client, own, people_days="7")
    assert "Here: 7 days" in client.get(own).text
    house.post(client, own, **{"as": "team"})
    assert "As the team: 90 days" in client.get(own).text
    assert house.post(client, "/team/lamps/privacy", people_days="0").status_code == 422


def test_a_campaign_is_deleted_by_its_title_and_brought_back(house):
    campaign = house.campaign("Win a lamp")
    client = house.client("owner")
    path = f"/team/lamps/campaign/{campaign.key}"
    assert house.post(client, f"{path}/delete", name="Win a camp").status_code == 422
    house.post(client, f"{path}/delete", name="Win a lamp")
    assert client.get(path).status_code == 404
    page = client.get("/team/lamps/privacy").text
    back = page.split("/privacy/back/")[1].split('"')[0]
    assert house.post(house.client("editor"), f"/team/lamps/privacy/back/{back}").status_code == 403
    house.post(client, f"/team/lamps/privacy/back/{back}")
    assert client.get(path).status_code == 200


def test_a_team_is_deleted_by_its_name_and_brought_back(house, clock):
    client = house.client("owner")
    assert house.post(client, "/team/lamps/delete", name="lamps").status_code == 422
    gone = house.post(client, "/team/lamps/delete", name="Lamps")
    assert gone.headers["Location"] == "/account/deleted-teams"
    assert client.get("/team/lamps").status_code == 404
    assert house.client("editor").get("/team/lamps").status_code == 404
    back = client.get("/account/deleted-teams").text.split("/deleted-teams/")[1].split("/back")[0]
    other = house.client("editor")
    assert house.post(other, f"/account/deleted-teams/{back}/back").status_code == 404
    house.post(client, f"/account/deleted-teams/{back}/back")
    assert client.get("/team/lamps").status_code == 200
    house.post(client, "/team/lamps/delete", name="Lamps")
    clock.advance(timedelta(days=7))
    again = house.client("owner").get("/account/deleted-teams").text
    assert "/back" not in again
