"""Who is in is known where they come back: in a frame, another tab, behind another window."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from tombola.campaigns.models import campaign
from tombola.plugins import config as plugin_config
from tombola.plugins.switches import Scope
from tombola.widget.models import visitor
from tombola.widget.tokens import link_token
from tombola_twitter_import.config import OperatorSettings

pytestmark = pytest.mark.plugins("custom_tracking", "twitter_import")


@pytest.fixture
def inst(sqlite_inst):
    """What windows tell each other, no database can change."""
    return sqlite_inst


@pytest.fixture
def network(site):
    """A network to log in with: a link of the frame leads to a window of its own."""
    site.importer()
    words = {"bearer_token": "b", "client_id": "c", "client_secret": "s"}
    with site.inst.db.write() as conn:
        settings = OperatorSettings.model_validate(words)
        place = ("twitter_import", Scope.INSTALLATION, "")
        plugin_config.save(conn, site.inst.vault, *place, settings)


def fill(view):
    view.get_by_label("Your name").fill("Anna")
    view.get_by_label("E-mail address").fill("anna@mail.example")
    view.get_by_role("button", name="Join in").click()


def framed(page, shop, address):
    page.goto(shop.put(f'<iframe src="{address}/y2sB7/embed" width="420" height="900"></iframe>'))
    return page.frame_locator("iframe")


def test_window_of_its_own_makes_the_frame_know_who_came_in(
    page, console, site, shop, fair, network
):
    frame = framed(page, shop, fair)
    with page.context.expect_page() as opened:
        frame.get_by_role("link", name="in its own window").first.click()
    window = opened.value
    fill(window)
    window.locator(".you").wait_for()
    frame.locator(".you").wait_for()
    assert "Anna" in frame.locator(".you").inner_text()
    window.close()
    page.reload()
    frame.locator(".you").wait_for()


def test_frame_becomes_nobody_by_the_message_of_another_site(
    page, console, site, shop, fair, network
):
    frame = framed(page, shop, fair)
    frame.get_by_role("button", name="Join in").wait_for()
    page.evaluate("frames[0].postMessage({hand: 'made-up'}, '*')")
    fill(frame)
    frame.locator(".you").wait_for()


def test_action_done_while_one_was_away_is_done_when_one_comes_back(page, console, site, fair):
    action = site.action("VIP")
    page.goto(f"{fair}/y2sB7")
    fill(page)
    page.locator(".you").wait_for()
    page.evaluate(AWAY)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    [row] = site_visitors(site)
    token = link_of(site, row)
    site.push(["VIP"], token=token)
    assert not any("/s/" in url for url in asked)
    page.evaluate(BACK)
    page.locator(f"#a-{action.uid}.done").wait_for()


AWAY = """() => {
  Object.defineProperty(document, "hidden", { configurable: true, get: () => true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""
BACK = "() => { delete document.hidden; document.dispatchEvent(new Event('visibilitychange')); }"


def site_visitors(site):
    with site.inst.db.read() as conn:
        return list(conn.execute(visitor.select().where(visitor.c.entrant_id.is_not(None))))


def link_of(site, row):
    return link_token(site.inst.vault, "y2sB7", row.id, site.inst.clock())


def test_two_tabs_agree_on_who_is_in(page, console, site, fair):
    site.action()
    page.goto(f"{fair}/y2sB7")
    other = page.context.new_page()
    other.goto(f"{fair}/y2sB7")
    fill(other)
    other.locator(".you").wait_for()
    page.bring_to_front()
    page.locator(".you").wait_for()
    page.get_by_role("button", name="Not you?").click()
    page.get_by_role("button", name="Join in").wait_for()
    other.bring_to_front()
    other.get_by_role("button", name="Join in").wait_for(timeout=20_000)


def test_code_that_is_too_old_is_told_and_another_one_helps(
    page, console, site, fair, office, clock
):
    with site.inst.db.write() as conn:
        conn.execute(update(campaign).values(confirm_email=True))
    site.action()
    page.goto(f"{fair}/y2sB7")
    fill(page)
    page.locator("#code").wait_for()
    page.get_by_label("Code").fill(office.code())
    clock.advance(timedelta(minutes=11))
    page.get_by_role("button", name="Confirm").click()
    page.get_by_text("This code is too old or was used.").wait_for()
    fill(page)
    page.locator("#code").wait_for()
    page.get_by_label("Code").fill(office.code())
    page.get_by_role("button", name="Confirm").click()
    page.locator(".you").wait_for()
