"""Lines that are sent for one field: read from what people have, refused with the remedy."""

from io import BytesIO

import pytest
from flask import Flask
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.test import encode_multipart

from tombola.api import Upload
from tombola.campaigns.service import actions_of
from tombola.plugins.loader import load
from tombola.testing import house as houses
from tombola.web import uploads
from tombola.web.texts import Unreadable
from tombola.web.uploads import upload_of


@pytest.fixture
def application():
    with Flask(__name__).test_request_context():
        yield


def sent(raw=b"", name="codes.txt", text="", **more):
    files = {"x!file": FileStorage(BytesIO(raw), name if raw else "")}
    form = MultiDict({"x!text": text, **{f"x!{key}": value for key, value in more.items()}})
    return upload_of("x", form, files)


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        (b"A\nB\n\n", "codes.txt"),
        (b"\xef\xbb\xbfA\r\n  B  \r\n", "codes.txt"),
        ("A\nB".encode("utf-16"), "codes.txt"),
        (b"A,1\nB,2", "codes.csv"),
        (b'A;"x;\ny"\nB;z', "codes.CSV"),
        (b"A\tx\nB\ty", "codes.tsv"),
    ],
)
@pytest.mark.usefixtures("application")
def test_lines_are_read_as_programs_write_them(raw, name):
    assert sent(raw, name) == Upload(("A", "B"))


@pytest.mark.usefixtures("application")
def test_text_is_taken_whole_and_a_heading_is_left_out():
    assert sent(text="Number, date\nA, 1\n B, 2 ", heading="on") == Upload(("A, 1", "B, 2"))
    assert sent("Größe\nü".encode("cp1252"), heading="on") == Upload(("ü",))


@pytest.mark.usefixtures("application")
def test_nothing_sent_is_nothing_and_removal_is_an_empty_list():
    assert sent() is None
    assert sent(do="remove") == Upload(())
    assert sent(b"A", do="add") == Upload(("A",), add=True)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"PK\x03\x04rest", "Save the spreadsheet as CSV"),
        (b"a\x00b", "Save the spreadsheet as CSV"),
        (b" \n \n", "no line"),
        (b"x\n" * 100_001, "more than 100,000"),
        (b"A\n" + b"x" * 1001, "Line 2 is longer"),
    ],
)
@pytest.mark.usefixtures("application")
def test_what_is_no_list_is_refused_with_the_remedy(raw, words):
    with pytest.raises(Unreadable, match=words):
        sent(raw)


@pytest.fixture
def shop(sqlite_database, clock, tmp_path):
    """A house whose teams have the custom action."""
    found = [plugin for plugin in load() if plugin.slug == "custom_tracking"]
    return houses.build(sqlite_database, clock, tmp_path / "data", found)


ASKED = {
    "title": "Your receipt", "description": "", "worth": "1", "interval": "once",
    "config.completed_by": "question", "config.question": "Which number?",
    "config.answer": "text", "config.tries": "10",
}  # fmt: skip


def test_list_is_kept_with_the_forms_action_told_added_to_and_removed(shop):
    campaign = shop.campaign()
    client = shop.client("editor")
    base = f"/team/lamps/campaign/{campaign.key}"
    file = (BytesIO(b"number\nA\nB\na\n"), "codes.csv")
    more = {"config.codes!file": file, "config.codes!heading": "on"}
    assert (
        shop.post(client, f"{base}/add/custom_tracking.custom", **ASKED, **more).status_code == 303
    )
    assert "2 right answers kept, 1 left out" in client.get(base).text
    (action,) = shop_actions(shop, campaign)
    page = client.get(f"{base}/action/{action.uid}").text
    assert "There are 2, of which 0 were given." in page
    assert 'enctype="multipart/form-data"' in page
    place = f"{base}/action/{action.uid}"
    shop.post(client, place, **ASKED, **{"config.codes!text": "C", "config.codes!do": "add"})
    assert "There are 3," in client.get(place).text
    shop.post(client, place, **ASKED)
    assert "There are 3," in client.get(place).text
    shop.post(client, place, **ASKED, **{"config.codes!do": "remove"})
    assert "There are" not in client.get(place).text
    assert shop_actions(shop, campaign)[0].config["codes"] == ""


def test_wrong_file_is_told_beside_the_field_and_nothing_is_saved(shop):
    campaign = shop.campaign()
    client = shop.client("editor")
    more = {"config.codes!file": (BytesIO(b"PK\x03\x04"), "codes.xlsx")}
    path = f"/team/lamps/campaign/{campaign.key}/add/custom_tracking.custom"
    answer = shop.post(client, path, **ASKED, **more)
    assert answer.status_code == 422
    assert 'id="f-config-codes-error"' in answer.text
    assert shop_actions(shop, campaign) == []


def test_name_of_a_list_cannot_be_sent_by_hand(shop):
    campaign = shop.campaign()
    client = shop.client("editor")
    path = f"/team/lamps/campaign/{campaign.key}/add/custom_tracking.custom"
    shop.post(client, path, **ASKED, **{"config.codes": "somebody-elses.1"})
    assert shop_actions(shop, campaign)[0].config["codes"] == ""


def test_list_of_several_megabytes_is_let_in_where_lists_are_taken_and_nowhere_else(shop):
    client = shop.client("editor")
    campaign = shop.campaign()
    big = b"".join(b"%060d\n" % n for n in range(50_000))
    form = {**ASKED, "csrf_token": shop.token(client)}
    file = FileStorage(BytesIO(big), "codes.txt", "config.codes!file")
    boundary, body = encode_multipart({**form, "config.codes!file": file})
    kind = f"multipart/form-data; boundary={boundary}"
    base = f"/team/lamps/campaign/{campaign.key}"
    statuses = [
        client.post(f"{base}/{place}", data=body, content_type=kind).status_code
        for place in ("add/custom_tracking.custom", "entries")
    ]
    assert statuses == [303, 413]
    assert len(big) < uploads.LARGEST_BYTES


def shop_actions(shop, campaign):
    with shop.inst.db.read() as conn:
        return actions_of(conn, campaign.id)
