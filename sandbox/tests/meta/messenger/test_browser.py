"""The chat in a real browser: by keyboard alone, and fresh without being loaded again."""

import threading

import pytest
from playwright.sync_api import Page as Tab
from playwright.sync_api import expect
from werkzeug.serving import make_server

from tombola_sandbox.console.app import console_app
from tombola_sandbox.meta.messenger_models import Profile
from tombola_sandbox.place import Place
from tombola_sandbox.serving import side_by_side

pytestmark = pytest.mark.browser


@pytest.fixture
def address(world, network, town, tmp_path):
    profile = Profile(id=town.page.id, properties={"get_started": {"payload": "GO"}})
    town.meta.things.put(profile)
    console = console_app(world, network, Place(8000, tmp_path, "http://localhost:8000"))
    server = make_server("127.0.0.1", 0, side_by_side(console, network), threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("width", [390, 1280])
def test_somebody_follows_a_link_and_chats(page: Tab, address, town, send, width):
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(f"{address}/m.me/{town.page.id}?ref=tok_1")
    page.get_by_role("radio", name="Kim Larsen").check()
    page.get_by_role("button", name="Open Messenger").press("Enter")
    page.get_by_role("button", name="Get Started").press("Enter")
    talk = page.get_by_role("log")
    expect(talk).to_contain_text("tapped Get Started: tok_1")
    reply = {"content_type": "text", "title": "Yes, please", "payload": "YES"}
    send(message={"text": "Shall we write again?", "quick_replies": [reply]})
    expect(talk).to_contain_text("Shall we write again?")  # by itself
    talk.get_by_role("button", name="Yes, please").press("Enter")
    expect(talk.get_by_role("listitem").last).to_contain_text("Yes, please")
    page.get_by_label("Message").fill("Wie schön")
    page.keyboard.press("Enter")
    expect(talk.get_by_role("listitem").last).to_contain_text("Wie schön")
    page.get_by_role("button", name="Say STOP").press("Enter")
    expect(talk.get_by_role("listitem").last).to_contain_text("STOP")
    page.get_by_role("button", name="Block the page").press("Enter")
    expect(page.get_by_role("button", name="Let it in again")).to_be_visible()
    assert send.code()[0] == 551
    for path in ("/console/messenger", page.url):
        page.goto(path if path.startswith("http") else address + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
