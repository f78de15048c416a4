"""Pictures of a campaign's page: drawn anew by a worker, shown then, gone with their files."""

import io

import pytest
from PIL import Image

from tombola.api import Invalid, NotFound
from tombola.campaigns import pictures, service
from tombola.campaigns.pictures import FOLDER, MOST
from tombola.importing import copying
from tombola.importing.copying import CopyForm
from tombola.teams.rules import Actor, Role
from tombola.testing import house as houses


@pytest.fixture
def house(database, clock, tmp_path):
    return houses.build(database, clock, tmp_path / "data")


def png(width=40, height=30):
    out = io.BytesIO()
    Image.new("RGB", (width, height), "red").save(out, "PNG")
    return out.getvalue()


def listed(house, campaign):
    with house.inst.db.read() as conn:
        return pictures.of_campaign(conn, campaign.id)


def files(house):
    return sorted(path.name for path in (house.inst.settings.data_dir / FOLDER).glob("*"))


def test_a_picture_is_shown_once_a_worker_has_drawn_it(house):
    made = house.campaign()
    added = pictures.add(house.inst, house.actor(), made.uid, png(), " A  lamp ")
    assert (added.state, added.alt) == ("waiting", "A lamp")
    client = house.client(None)
    assert client.get(f"/campaign-pictures/{added.uid}").status_code == 404
    assert house.work("campaign_picture") == 1
    (drawn,) = listed(house, made)
    assert (drawn.state, drawn.width, drawn.height) == ("ready", 40, 30)
    with client.get(f"/campaign-pictures/{added.uid}") as answer:
        assert answer.mimetype == "image/jpeg"
        assert Image.open(io.BytesIO(answer.data)).format == "JPEG"
    assert files(house) == [f"{added.uid}.jpg"]
    assert f"/campaign-pictures/{added.uid}" in client.get(f"/{made.key}").text
    pictures.remove(house.inst, house.actor(), made.uid, added.uid)
    assert files(house) == []
    assert client.get(f"/campaign-pictures/{added.uid}").status_code == 404


def test_a_broken_picture_is_refused_with_the_reason_and_shown_to_nobody(house):
    made = house.campaign()
    pictures.add(house.inst, house.actor(), made.uid, png()[:60], "A lamp")
    house.work("campaign_picture")
    (refused,) = listed(house, made)
    assert refused.state == "refused"
    assert "cannot be read" in refused.reason
    assert files(house) == []
    assert "campaign-pictures" not in house.client(None).get(f"/{made.key}").text


@pytest.mark.parametrize(
    ("data", "alt", "field"),
    [
        (b"", "A lamp", "picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "A lamp", "picture"),
        (b"\xff\xd8\xff" + b"0" * (10 * 1024 * 1024), "A lamp", "picture"),
        (png(), " ", "alt"),
        (png(), "x" * 201, "alt"),
    ],
)
def test_what_is_no_picture_is_refused_by_field(house, data, alt, field):
    made = house.campaign()
    with pytest.raises(Invalid) as wrong:
        pictures.add(house.inst, house.actor(), made.uid, data, alt)
    assert list(wrong.value.errors) == [field]
    assert listed(house, made) == []


def test_pictures_have_an_order_and_a_limit(house):
    made, owner = house.campaign(), house.actor()
    added = [pictures.add(house.inst, owner, made.uid, png(), str(n)) for n in range(MOST)]
    with pytest.raises(Invalid):
        pictures.add(house.inst, owner, made.uid, png(), "one too many")
    pictures.move(house.inst, owner, made.uid, added[2].uid, -1)
    pictures.describe(house.inst, owner, made.uid, added[0].uid, "first")
    assert [each.alt for each in listed(house, made)][:3] == ["first", "2", "1"]
    stranger = Actor(house.other.id, house.other.uid, None, "Eve", Role.OWNER)
    with pytest.raises(NotFound):
        pictures.remove(house.inst, stranger, made.uid, added[0].uid)


def test_a_duplicate_has_pictures_of_its_own(house):
    made, owner = house.campaign(), house.actor()
    pictures.add(house.inst, owner, made.uid, png(), "A lamp")
    house.work("campaign_picture")
    form = CopyForm(title="Again", starts_at=house.inst.clock())
    copy = copying.duplicate(house.inst, owner, made.uid, form).campaign
    (theirs,) = listed(house, copy)
    pictures.remove(house.inst, owner, made.uid, listed(house, made)[0].uid)
    with house.client(None).get(f"/campaign-pictures/{theirs.uid}") as answer:
        assert answer.status_code == 200
    service.remove(house.inst, owner, copy.uid)
    assert house.client(None).get(f"/campaign-pictures/{theirs.uid}").status_code == 404
