"""Sending a file, saying what its columns are, and importing it, in a browser."""

import threading
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from tombola.app import create_app
from tombola.testing import installation
from tombola.testing.looking import look
from tombola.testing.road import Road, seed

pytestmark = pytest.mark.browser
AXE = next((Path(__file__).parents[3] / "tests" / "browser" / "vendor").glob("axe*.js"))
SOURCES = "/team/lamps/campaign/Road1/sources"
RAW = (
    b"Id;Posted at;Platform;Handle;Caption;Link;Mail\n"
    b"1;20.11.2026 10:00;Instagram;jane;A long summer at the lake #acme;https://a.example/1;j@x.org\n"
    b"2;21.11.2026 11:30;Instagram;ole;Mine too #acme;https://a.example/2;\n"
    b"3;soon;Instagram;mia;Me as well;https://a.example/3;\n"
)


@pytest.fixture
def road(sqlite_database, clock, tmp_path):
    inst = installation.make(sqlite_database, clock, tmp_path, slugs=["csv_import"])
    document = seed("csv_import.file", {}, {})
    document["campaigns"][0]["zone"] = "Europe/Berlin"
    document["campaigns"][0]["actions"][0]["sources"] = []
    return Road(inst, document)


@pytest.fixture
def address(road):
    server = make_server("127.0.0.1", 0, create_app(road.inst), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def browser_page(page, address):
    """A member's browser, on the campaign's sources."""
    page.goto(f"{address}/log-in")
    page.get_by_label("E-mail address").fill("op@example.org")
    page.get_by_label("Password").fill("correct horse")
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(lambda url: "/log-in" not in url)
    page.goto(f"{address}{SOURCES}")
    return page


def send(page, tmp_path, raw, name="posts.csv"):
    path = tmp_path / name
    path.write_bytes(raw)
    page.get_by_label("File", exact=True).set_input_files(path)
    page.get_by_role("button", name="Send and look at it").click()


def test_file_is_sent_described_and_imported(browser_page, road, tmp_path):
    page = browser_page
    page.get_by_role("link", name="Add a source").click()
    page.get_by_role("link", name="Send a file").click()
    look(page, "csv-send", AXE)
    send(page, tmp_path, RAW)
    assert page.get_by_label("Posted at").input_value() == "time"
    assert page.get_by_label("Handle").input_value() == "username"
    assert page.get_by_label("Mail").input_value() == "detail"
    page.get_by_label("Mail").select_option(label="Leave out")
    assert page.get_by_label("Time zone").input_value() == "Europe/Berlin"
    look(page, "csv-columns", AXE)
    page.get_by_role("button", name="Check all lines").click()
    page.get_by_text("“soon” is no time that can be read.").wait_for()
    look(page, "csv-checked", AXE)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download all of them").click()
    told = Path(download.value.path()).read_text().splitlines()
    assert told == ["line,reason", "4,“soon” is no time that can be read."]
    page.get_by_role("link", name="Use this file").click()
    assert not page.get_by_label("Photos only").is_checked()
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("heading", name="This is what it would bring").wait_for()
    look(page, "csv-preview", AXE)
    page.get_by_role("button", name="Start importing").click()
    page.wait_for_url("**/source/*")
    road.work()
    assert [line.handle for line in road.lines()] == ["ole", "jane"]
    assert road.lines()[0].occurred_at.hour == 10


def test_what_cannot_be_read_is_told_beside_the_field(browser_page, tmp_path, address):
    page = browser_page
    page.goto(f"{address}/team/lamps/p/csv_import/")
    send(page, tmp_path, b"PK\x03\x04", "posts.xlsx.csv")
    page.get_by_text("This is no text.").wait_for()
    look(page, "csv-refused", AXE)


def test_two_columns_of_one_meaning_are_refused_and_a_file_is_removed(
    browser_page, tmp_path, address
):
    page = browser_page
    page.goto(f"{address}/team/lamps/p/csv_import/")
    send(page, tmp_path, b"Date,Text,More\n2026-01-01,a,b\n")
    page.get_by_label("More").select_option(label="Text of the post")
    page.get_by_role("button", name="Check all lines").click()
    page.get_by_text("Two columns are “Text of the post”.").wait_for()
    assert page.get_by_label("More").input_value() == "text"
    look(page, "csv-doubled", AXE)
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Remove this file").click()
    confirm = page.get_by_role("dialog").get_by_role("button", name="Remove this file")
    if confirm.count():
        confirm.click()
    page.get_by_role("heading", name="Send a file").wait_for()
    assert page.get_by_text("Sent before").count() == 0


def test_others_see_no_file_and_only_our_own_pages_are_led_back_to(road, address, plant):
    app = create_app(road.inst)
    stored = plant(road.inst, road.actor, b"a,b\n1,2\n")
    browser = app.test_client()
    path = f"/team/lamps/p/csv_import/{stored.id}"
    assert browser.get(path).status_code in {302, 303}
    page = browser.get("/log-in").text
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    given = {"csrf_token": token, "email": "op@example.org", "password": "correct horse"}
    assert browser.post("/log-in", data=given).status_code == 303
    good = browser.get(path, query_string={"back": f"{SOURCES}/new/x"}).text
    assert f"{SOURCES}/new/x?config.file={stored.id}" in good
    for back in ("https://evil.example/", "//evil.example/", "/team/lamps/\\evil", "/team/other/"):
        assert "Use this file" not in browser.get(path, query_string={"back": back}).text
    assert browser.get("/team/lamps/p/csv_import/nothing").status_code == 404
    assert browser.post(path, data={}).status_code == 400
