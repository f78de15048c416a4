from contextlib import suppress
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tombola.api import Identity
from tombola_csv_import.columns import Choices, Meaning, guessed
from tombola_csv_import.rows import PROVIDER, Reader, Wrong, details_in, unharmed
from tombola_csv_import.times import time_from, zone_of

BERLIN = ZoneInfo("Europe/Berlin")
AT = datetime(2026, 4, 3, 14, 5, tzinfo=UTC)


def reads(heads, samples=(), *, has_x=False, **more):
    choices = guessed(heads, samples).model_copy(update=more)
    return Reader(tuple(heads), choices, has_x=has_x)


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("2026-04-03T14:05:00Z", "dmy"),
        ("2026-04-03T14:05:00+00:00", "dmy"),
        ("2026-04-03 16:05", "dmy"),
        ("2026-04-03 14:05:00 UTC", "dmy"),
        ("2026-04-03 14:05:00 +0000", "dmy"),
        ("2026/4/3 16:05", "dmy"),
        ("03.04.2026 16:05", "dmy"),
        ("03/04/2026, 16:05", "dmy"),
        ("04/03/2026 4:05 PM", "mdy"),
        ("4/3/2026 4:05:00 p.m.", "mdy"),
        ("Apr 3, 2026 at 4:05pm", "dmy"),
        ("3 April 2026 16:05", "dmy"),
        ("Friday, April 3, 2026 16:05", "dmy"),
        ("1775225100", "dmy"),
        ("1775225100000", "dmy"),
    ],
)
def test_times_are_read_in_their_zone_or_the_chosen_one(text, order):
    assert time_from(text, BERLIN, order) == AT


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "2026",
        "31.02.2026",
        "2026-04-03 25:00",
        "13/13/2026",
        "99999999",
        "1e9",
        "٣/٤/٢٠٢٦ x",
    ],
)
def test_what_is_no_time_is_none(text):
    assert time_from(text, BERLIN, "dmy") is None


def test_hour_that_comes_twice_is_the_first_one():
    assert time_from("2026-10-25 02:30", BERLIN, "dmy") == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


@given(st.text(max_size=40), st.sampled_from(["dmy", "mdy"]))
def test_any_text_is_a_time_or_none(text, order):
    at = time_from(text, BERLIN, order)
    assert at is None or at.tzinfo is UTC


def test_zones_that_are_none_are_refused():
    assert [zone_of(name) for name in ("", "Mars/Base", "../etc/passwd")] == [None] * 3


@pytest.mark.parametrize(
    ("head", "meaning"),
    [
        ("Posted at", Meaning.TIME),
        ("Date/Time", Meaning.TIME),
        ("user_name", Meaning.USERNAME),
        ("Handle", Meaning.USERNAME),
        ("User ID", Meaning.NETWORK_ID),
        ("Tweet Id", Meaning.ENTRY),
        ("ID", Meaning.ENTRY),
        ("Full Name", Meaning.NAME),
        ("Caption", Meaning.TEXT),
        ("Post URL", Meaning.LINK),
        ("Photo URL", Meaning.PICTURE),
        ("Platform", Meaning.NETWORK),
        ("E-mail Address", Meaning.NOTHING),
        ("Shirt size", Meaning.DETAIL),
        ("Column 3", Meaning.DETAIL),
    ],
)
def test_columns_are_guessed(head, meaning):
    assert guessed([head], []).meanings == (meaning,)


def test_second_column_of_a_kind_is_a_detail():
    assert guessed(["Date", "Created at"], []).meanings == (Meaning.TIME, Meaning.DETAIL)


@pytest.mark.parametrize(
    ("written", "order"),
    [("03/14/2026", "mdy"), ("14/03/2026", "dmy"), ("3/4/2026", "mdy"), ("3.4.2026", "dmy")],
)
def test_order_of_dates_is_guessed(written, order):
    assert guessed(["Date"], [[written]]).order == order


def test_export_of_gleam_is_recognised_and_nobodys_address_is_taken():
    heads = ["Date", "Name", "Email", "Action", "Details", "Import: Shirt"]
    reader = reads(heads)
    assert reader.choices.known == "gleam"
    assert Meaning.EMAIL not in reader.choices.meanings
    cells = ["2026-04-03 14:05:00 UTC", "Jane", "jane@example.org", "Visit", "Color: red", "M"]
    item = reader.item(cells)
    assert item.occurred_at == AT
    assert item.author is None
    assert item.details == {"Action": "Visit", "Color": "red", "Shirt": "M", "Name": "Jane"}
    assert "jane@" not in str(item)


def test_address_enters_somebody_by_choice_alone():
    meanings = (Meaning.EMAIL, Meaning.NAME)
    reader = reads(["Mail", "Name"], meanings=meanings)
    assert reader.item(["Jane@Example.org", "Jane"]).author == Identity(
        "email", "jane@example.org", name="Jane"
    )
    with pytest.raises(Wrong, match="no e-mail"):
        reader.item(["jane at example", "Jane"])


def test_person_of_x_is_xs_only_where_its_log_in_is():
    heads = ["Network", "User ID", "Username"]
    cells = ["Twitter", "12", "@jane"]
    assert reads(heads, has_x=True).item(cells).author == Identity(
        "twitter_import.x", "12", handle="jane"
    )
    assert reads(heads).item(cells).author == Identity(PROVIDER, "twitter:id:12", handle="jane")
    named = reads(heads, has_x=True).item(["X", "", "@Jane"]).author
    assert named == Identity(PROVIDER, "x:name:jane", handle="Jane")


def test_network_of_all_lines_is_that_of_lines_without():
    reader = reads(["Username"], network="Instagram")
    assert reader.item(["Jane"]).author.uid == "instagram:name:jane"


def test_name_alone_is_nobody():
    item = reads(["Name", "Text"]).item(["Jane", "Mine"])
    assert (item.author, item.details) == (None, {"Name": "Jane"})


def test_line_is_known_by_its_id_or_by_what_it_says():
    reader = reads(["ID", "Text"])
    assert reader.item(["7", "a"]).external_id == "7"
    one, same, other = (reader.item(["", text]).external_id for text in "aab")
    assert one == same != other


@pytest.mark.parametrize(
    ("head", "cell", "says"),
    [
        ("Date", "soon", "no time"),
        ("Link", "javascript:alert(1)", "no address of a page"),
        ("Link", "https://a b", "no address"),
        ("Photo", "me.jpg", "no address of a picture"),
        ("Worth", "0", "no worth"),
        ("Worth", "1.5", "no worth"),
        ("ID", "x" * 201, "at most 200"),
        ("Username", "x" * 201, "at most 200"),
    ],
)
def test_wrong_cell_is_told(head, cell, says):
    with pytest.raises(Wrong, match=says):
        reads([head]).item([cell])


def test_pictures_text_link_and_worth():
    reader = reads(["Photo", "Text", "Link", "Worth"])
    item = reader.item(
        ["https://a.example/1.jpg https://a.example/2.jpg", "Mine", "https://a.example/p", "1,000"]
    )
    assert [media.url for media in item.media] == [
        "https://a.example/1.jpg",
        "https://a.example/2.jpg",
    ]
    assert (item.text, item.permalink, item.worth) == ("Mine", "https://a.example/p", 1000)


@pytest.mark.parametrize(
    ("cell", "details"),
    [
        ('{"Color": "red", "Size": 3}', {"Color": "red", "Size": "3"}),
        ("Color: red\nSize: 3", {"Color": "red", "Size": "3"}),
        ("Color: red; Size: 3", {"Color": "red", "Size": "3"}),
        ("just words", {"Details": "just words"}),
        ("https://a.example/", {"Details": "https://a.example/"}),
        ("{broken", {"Details": "{broken"}),
        ("[1]", {"Details": "[1]"}),
    ],
)
def test_several_details_in_one_cell(cell, details):
    assert details_in(cell, "Details") == details


def test_apostrophe_of_our_export_is_taken_off():
    assert [unharmed(cell) for cell in ("'=1+1", "'quoted", "plain", "'@jane")] == [
        "=1+1", "'quoted", "plain", "@jane",
    ]  # fmt: skip


@given(st.data())
def test_any_cells_are_an_item_or_a_reason(data):
    heads = ["a", "b", "c", "d"]
    meanings = data.draw(st.lists(st.sampled_from(Meaning), min_size=4, max_size=4))
    known = data.draw(st.sampled_from(["", "ours", "gleam"]))
    reader = Reader(heads, Choices(meanings=tuple(meanings), known=known), has_x=True)
    cells = data.draw(st.lists(st.text(max_size=30), min_size=4, max_size=4))
    with suppress(Wrong):
        item = reader.item(cells)
        assert item.external_id
        assert all(isinstance(value, str) for value in item.details.values())
