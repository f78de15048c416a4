import io
import json
import zipfile

import pytest

from tombola.api import Forbidden
from tombola.privacy import exporting


def opened(town):
    made = exporting.export(town.inst, town.house.actor(), town.entrant_uid)
    return zipfile.ZipFile(io.BytesIO(b"".join(made.parts())))


def test_file_holds_all_that_names_the_person_and_nothing_of_others(town):
    bundle = opened(town)
    told = json.loads(bundle.read("person.json"))["kept"]
    expected = {
        "entrant",
        "identity",
        "entry",
        "item",
        "media",
        "claim",
        "event",
        "code",
        "mail",
        "contact_attempt",
        "visitor",
    }
    assert expected <= set(told)
    text = bundle.read("person.json").decode()
    assert "other" not in text
    assert told["entry"][0]["campaign"] == "Win a lamp"
    assert any(one["kind"] == "email" for one in told["identity"])
    for secret in ("token_hash", "code_hash", "team_id", '"client"'):
        assert secret not in text


def test_pictures_are_in_it(town):
    names = [name for name in opened(town).namelist() if name.endswith(".jpg")]
    assert len(names) == 1
    assert opened(town).read(names[0])[:2] == b"\xff\xd8"


def test_viewers_take_no_files_of_people(town):
    with pytest.raises(Forbidden):
        exporting.export(town.inst, town.house.actor("viewer"), town.entrant_uid)
