"""Claims, people and contact in a browser: by keyboard, on a phone and on a desk, with axe."""

import threading
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from tombola.api import Evidence, Identity
from tombola.app import create_app
from tombola.claiming import deciding
from tombola.claiming.rules import State
from tombola.entrants import service as entrants
from tombola.testing.looking import look
from tombola.widget import hot

pytestmark = pytest.mark.browser
AXE = next((Path(__file__).parent.parent / "browser" / "vendor").glob("axe*.js"))
CLAIMS = "/team/team/campaign/y2sB7/claims"


@pytest.fixture
def address(quick_world):
    app = create_app(quick_world.inst)
    app.extensions[hot.NAME] = hot.make(quick_world.inst, fresh_s=0)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
    app.extensions[hot.NAME].tracker.close()


@pytest.fixture
def filled(quick_world):
    """Three posts, two who claim the first, one who claims the others."""
    world = quick_world
    for name in ("a", "b", "c"):
        world.post(name, text=f"My picture {name} of the long summer at the lake #tombola")
    world.post("named", author=Identity("wall.id", "9", "nine", "Nina"))
    world.read()
    world.wall.said = Evidence(note="An account of that name has posted it; anybody can type it.")
    anna = world.person("Anna Andersson", "anna@mail.example")
    bert = world.person("Bert")
    world.made = [world.claim(anna, "a", handle="anna"), world.claim(bert, "a")]
    world.made += [world.claim(anna, "b"), world.claim(anna, "not-yet"), world.claim(bert, "c")]
    world.anna = anna
    world.work()
    return world


def log_in(page, address):
    page.goto(f"{address}/log-in")
    page.get_by_label("E-mail address").fill("o@example.org")
    page.get_by_label("Password").fill("long enough words")
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(lambda url: "/log-in" not in url)


def focused(page):
    return page.evaluate("document.activeElement.closest('[data-tombola-card]')?.id")


def test_a_moderator_decides_by_keyboard(page, address, filled):
    log_in(page, address)
    page.goto(address + CLAIMS)
    look(page, "claims", AXE)
    cards = [f"claim-{made.uid}" for made in filled.made]
    page.keyboard.press("j")
    assert focused(page) == cards[0]
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert focused(page) == cards[2]
    page.keyboard.press("k")
    assert focused(page) == cards[1]
    page.keyboard.press("r")
    page.keyboard.type("jak is not a reason")
    assert page.locator(f"#reason-{filled.made[1].uid}").input_value() == "jak is not a reason"
    page.keyboard.press("Enter")
    page.get_by_text("1 claim rejected.").wait_for()
    assert filled.state(filled.made[1]) == State.REJECTED
    assert focused(page) == cards[0]
    page.keyboard.press("a")
    page.get_by_text("1 claim approved.").wait_for()
    assert filled.state(filled.made[0]) == State.APPROVED
    page.get_by_label("Choose the claim of Bert").check()
    page.get_by_label("Choose the claim of Anna Andersson").check()
    assert page.get_by_text("2 chosen").is_visible()
    page.locator(".dock").get_by_role("button", name="Approve").click()
    page.get_by_text("2 claims approved.").wait_for()
    look(page, "claims-none", AXE)
    page.get_by_role("link", name="Approved").click()
    page.wait_for_url("**view=approved")
    look(page, "claims-approved", AXE)
    page.get_by_role("button", name="Take back").first.click()
    page.get_by_text("Taken back.").wait_for()
    assert len([made for made in filled.made if filled.state(made) == State.APPROVED]) == 2


def test_pages_of_people_and_contact(page, address, filled):
    world = filled
    deciding.approve(world.inst, world.actor, world.campaign.uid, [world.made[0].uid])
    with world.inst.db.read() as conn:
        uid = entrants.get(conn, world.actor.team_id, world.anna[0]).uid
    log_in(page, address)
    page.goto(f"{address}/team/team/people/{uid}")
    look(page, "person", AXE)
    page.goto(f"{address}/team/team/people/{uid}/merge?find=bert")
    look(page, "merge-find", AXE)
    page.get_by_role("link", name="Look").click()
    look(page, "merge-preview", AXE)
    page.goto(f"{address}/team/team/campaign/y2sB7/entries")
    look(page, "entries", AXE)
    page.get_by_role("link", name="Nina").first.click()
    page.get_by_role("heading", name="Contact").wait_for()
    look(page, "entry-contact", AXE)
    page.get_by_label("How you tried").fill("direct message")
    page.get_by_role("button", name="Write down").click()
    page.get_by_text("Written down.").wait_for()
    look(page, "contact", AXE)


def test_an_entrant_claims_on_the_widget(page, address, quick_world):
    world = quick_world
    world.post("a")
    world.read()
    page.goto(f"{address}/y2sB7")
    page.get_by_text("Is one of the posts yours?").click()
    look(page, "widget-nobody", AXE)
    page.get_by_label("Your name", exact=True).fill("Anna")
    page.get_by_label("E-mail address").fill("anna@mail.example")
    page.locator("form[action*=enter] button").click()
    page.get_by_text("You are in as").wait_for()
    page.get_by_text("Is one of the posts yours?").click()
    page.get_by_label("Link of your post").fill("https://elsewhere.example/1")
    page.get_by_role("button", name="Claim this post").click()
    page.get_by_text("This is not the address of a post there").wait_for()
    look(page, "widget-wrong", AXE)
    page.get_by_label("Link of your post").fill("https://wall.example/p/a")
    page.get_by_role("button", name="Claim this post").click()
    page.locator(".claimed").get_by_text("Somebody of the team").wait_for()
    look(page, "widget-pending", AXE)
    page.get_by_role("button", name="I have written it, look now").click()
    page.get_by_role("alert").get_by_text("We are looking.").wait_for()
    page.get_by_role("button", name="Withdraw").click()
    page.locator(".claimed").wait_for(state="detached")
