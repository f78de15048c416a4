"""Confirming an address in a real browser, with the code read from a mailbox that mail came to."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest
from werkzeug.serving import make_server

from tombola.app import create_app
from tombola.campaigns.models import campaign
from tombola.mail import jobs as mail_jobs
from tombola.queue import runner
from tombola.queue.kinds import House, Kinds
from tombola.testing.network import Network
from tombola.testing.smtp import Server
from tombola.widget import hot
from tombola_sandbox.console.app import console_app
from tombola_sandbox.mailbox.box import Mailbox
from tombola_sandbox.place import Place
from tombola_sandbox.world import World

pytestmark = pytest.mark.plugins("custom_tracking")
AXE = Path(__file__).parent.parent / "browser" / "vendor"


@pytest.fixture
def inst(sqlite_inst):
    """What browsers do, no database can change."""
    return sqlite_inst


@pytest.fixture
def mailbox():
    """Everybody's mailbox in the sandbox, with a real mail server before it."""
    return Mailbox()


@pytest.fixture
def console_address(mailbox, tmp_path) -> Iterator[str]:
    world = World()
    place = Place(8000, tmp_path, "http://localhost:8000")
    with served(console_app(world, Network(), place, mailbox)) as address:
        yield address


class served:  # noqa: N801 - reads as a verb
    """Serves an application while it is entered; gives its address."""

    def __init__(self, app) -> None:
        self.server = make_server("127.0.0.1", 0, app, threaded=True)
        self.thread = threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": 0.05}
        )

    def __enter__(self) -> str:
        self.thread.start()
        return f"http://localhost:{self.server.server_port}"

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


class Tombola:
    """The real application, its mails going to the mailbox."""

    def __init__(self, inst, address):
        self.inst, self.address = inst, address

    def work(self):
        kinds = Kinds(mail_jobs.kinds())
        runner.run(House(self.inst, kinds), kinds["mail"])


@pytest.fixture
def tombola(site, mailbox):
    doorway = served(lambda _environ, _start: [])
    address = f"http://localhost:{doorway.server.server_port}"
    with Server(mailbox.take) as server:
        changed = {"base_url": address, "smtp_url": server.url}
        inst = replace(site.inst, settings=site.inst.settings.model_copy(update=changed))
        app = create_app(inst)
        app.extensions[hot.NAME] = hot.make(inst, fresh_s=0)
        doorway.server.app = app
        with doorway:
            yield Tombola(inst, address)
        app.extensions[hot.NAME].tracker.close()


@pytest.fixture
def strict(site):
    """The campaign asks for confirmed addresses."""
    with site.inst.db.write() as conn:
        conn.execute(campaign.update().values(confirm_email=True))


def read_code(context, tombola, console_address, to):
    """Open the mailbox as a person does, and read the newest code for an address."""
    tombola.work()
    tab = context.new_page()
    tab.goto(f"{console_address}/console/mail")
    tab.get_by_role("link").filter(has_text=to).first.click()
    code = tab.get_by_role("heading", level=1).inner_text().split()[0]
    assert len(code) == 6
    tab.close()
    return code


def enter(page, tombola, name="Anna", email="anna@mail.example"):
    page.goto(f"{tombola.address}/y2sB7")
    page.get_by_label("Your name").fill(name)
    page.get_by_label("E-mail address").fill(email)
    page.get_by_role("button", name="Join in").click()


def confirm(page, code):
    page.get_by_label("Code").fill(code)
    page.get_by_role("button", name="Confirm").click()
    page.locator(".you b").wait_for()


def answer(page):
    page.get_by_label("Why?").fill("because")
    page.get_by_role("button", name="Send", exact=True).click()
    page.locator(".card.done").wait_for()


def faults(page):
    """What axe finds wrong with the page by WCAG 2.2 AA."""
    [script] = AXE.glob("axe*.js")
    page.evaluate(script.read_text())
    rules = "['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']"
    found = page.evaluate(f"axe.run({{runOnly: {rules}}})")
    return [(each["id"], [node["html"] for node in each["nodes"]]) for each in found["violations"]]


@pytest.mark.parametrize("scripts", [True, False])
def test_the_code_lets_in_and_brings_back_on_another_device(
    browser, site, strict, tombola, console_address, scripts
):
    site.action()
    first = browser.new_context(java_script_enabled=scripts)
    page = first.new_page()
    enter(page, tombola)
    page.get_by_role("heading", name="Look into your mail").wait_for()
    confirm(page, read_code(first, tombola, console_address, "anna@mail.example"))
    answer(page)
    assert page.locator("#worth strong").inner_text() == "3"
    first.close()

    phone = browser.new_context(java_script_enabled=scripts, viewport={"width": 390, "height": 844})
    page = phone.new_page()
    page.goto(f"{tombola.address}/y2sB7")
    page.get_by_text("I have entered before").click()
    page.get_by_label("Your e-mail").fill("Anna@Mail.example")
    page.get_by_role("button", name="Send me a code").click()
    page.get_by_role("heading", name="Look into your mail").wait_for()
    confirm(page, read_code(phone, tombola, console_address, "anna@mail.example"))
    assert page.locator(".you b").inner_text() == "Anna"
    assert page.locator("#worth strong").inner_text() == "3"
    phone.close()


def test_a_wrong_code_is_said_where_it_was_typed(page, site, strict, tombola):
    enter(page, tombola)
    page.get_by_label("Code").fill("abc")
    page.get_by_role("button", name="Confirm").click()
    page.locator("#code-error").wait_for()
    assert page.evaluate("document.activeElement.id") == "code"
    page.get_by_role("button", name="Send another code").click()
    page.locator(".notice-good").wait_for()
    page.get_by_role("button", name="Use another address").click()
    page.get_by_role("button", name="Join in").wait_for()


def test_the_code_is_typed_with_the_keyboard_alone(
    page, console, site, strict, tombola, console_address
):
    page.goto(f"{tombola.address}/y2sB7")
    page.keyboard.press("Tab")
    for word in ("Anna", "anna@mail.example"):
        page.keyboard.press("Tab")
        page.keyboard.type(word)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Look into your mail").wait_for()
    page.wait_for_function("document.activeElement.id == 'code'")
    code = read_code(page.context, tombola, console_address, "anna@mail.example")
    page.bring_to_front()
    page.keyboard.type(code)
    page.keyboard.press("Enter")
    page.locator(".you b").wait_for()


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_have_no_fault_that_axe_knows(
    page, site, strict, tombola, console_address, width, scheme
):
    site.action()
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    page.goto(f"{tombola.address}/y2sB7")
    page.get_by_text("I have entered before").click()
    assert faults(page) == []
    enter(page, tombola)
    page.get_by_role("heading", name="Look into your mail").wait_for()
    assert faults(page) == []
    page.get_by_label("Code").fill("abc")
    page.get_by_role("button", name="Confirm").click()
    page.locator("#code-error").wait_for()
    assert faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    tombola.work()
    for path in ("/console/mail", "/console/mail/1"):
        page.goto(console_address + path)
        assert faults(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_mail_appears_in_the_open_mailbox_by_itself(
    page, browser, site, strict, tombola, console_address
):
    page.goto(f"{console_address}/console/mail")
    page.get_by_text("No mail yet").wait_for()
    other = browser.new_page()
    enter(other, tombola)
    other.get_by_role("heading", name="Look into your mail").wait_for()
    tombola.work()
    page.get_by_text("is your code for Win a bicycle").wait_for()
    assert httpx2.get(f"{console_address}/console/mail/live").status_code == 200
    other.close()


def test_the_code_is_typed_in_a_frame_of_another_site(
    page, site, shop, strict, tombola, console_address
):
    address = f"{tombola.address}/y2sB7/embed"
    page.goto(shop.put(f'<iframe src="{address}" width="400" height="900"></iframe>'))
    frame = page.frame_locator("iframe")
    frame.get_by_label("Your name").fill("Anna")
    frame.get_by_label("E-mail address").fill("anna@mail.example")
    frame.get_by_role("button", name="Join in").click()
    frame.get_by_role("heading", name="Look into your mail").wait_for()
    code = read_code(page.context, tombola, console_address, "anna@mail.example")
    frame.get_by_label("Code").fill(code)
    frame.get_by_role("button", name="Confirm").click()
    frame.locator(".you b").wait_for()
    page.reload()
    frame.locator(".you b").wait_for()


def test_the_consoles_links_all_fit_on_a_phone(page, console_address):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{console_address}/console/mail")
    last = page.get_by_role("link", name="Settings").bounding_box()
    assert last["x"] + last["width"] <= 390
