"""Browsers without scripts: every state is a form, on the landing page and in a frame."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from tombola.campaigns.models import campaign

pytestmark = pytest.mark.plugins("custom_tracking")


@pytest.fixture
def inst(sqlite_inst):
    """What forms do, no database can change."""
    return sqlite_inst


@pytest.fixture
def plain(browser):
    """A tab that runs no scripts."""
    context = browser.new_context(java_script_enabled=False, locale="en-GB")
    page = context.new_page()
    page.set_default_timeout(10_000)
    yield page
    context.close()


def confirm_addresses(site):
    with site.inst.db.write() as conn:
        conn.execute(update(campaign).values(confirm_email=True))


def fill(view, name="Anna", email="anna@mail.example"):
    view.get_by_label("Your name").fill(name)
    view.get_by_label("E-mail address").fill(email)
    view.get_by_role("button", name="Join in").click()


def test_enter_with_a_code_answer_and_leave(plain, site, fair, office, clock):
    confirm_addresses(site)
    site.action(interval="daily")
    plain.goto(f"{fair}/y2sB7")
    fill(plain, email="nonsense")
    plain.locator("[aria-invalid]").wait_for()
    assert plain.get_by_label("Your name").input_value() == "Anna"
    fill(plain)
    plain.get_by_label("Code").fill("1")
    plain.get_by_role("button", name="Confirm").click()
    plain.get_by_text("This is not the code.").wait_for()
    plain.get_by_label("Code").fill(office.code())
    plain.get_by_role("button", name="Confirm").click()
    plain.get_by_label("Why?").fill("because")
    plain.get_by_role("button", name="Send", exact=True).click()
    plain.locator(".card.tomorrow").wait_for()
    assert "in 10 hours" in plain.locator(".card").inner_text() or plain.locator(".notice").count()
    clock.advance(timedelta(days=1))
    plain.reload()
    plain.get_by_label("Why?").fill("because again")
    clock.advance(timedelta(days=1))  # the page is a day old by now
    plain.get_by_role("button", name="Send", exact=True).click()
    plain.locator(".card.tomorrow").wait_for()
    assert [row["state"] for row in site.entries()] == ["valid", "valid"]
    plain.get_by_role("button", name="Not you?").click()
    plain.get_by_role("button", name="Join in").wait_for()


def test_reload_of_a_refused_form_and_its_address_lead_to_the_page(plain, site, fair):
    plain.goto(f"{fair}/y2sB7?lang=de")
    plain.get_by_role("button", name="Mitmachen").click()
    plain.locator("[aria-invalid]").first.wait_for()
    plain.goto(plain.url)
    assert plain.url.startswith(f"{fair}/y2sB7?lang=de")
    plain.get_by_role("button", name="Mitmachen").wait_for()


def test_back_button_shows_what_is_true_now(plain, site, fair):
    site.action()
    plain.goto(f"{fair}/y2sB7")
    fill(plain)
    plain.get_by_label("Why?").fill("because")
    plain.get_by_role("button", name="Send", exact=True).click()
    plain.locator(".card.done").wait_for()
    plain.go_back()
    plain.locator(".card.done").wait_for()
    assert plain.locator("#worth strong").inner_text() == "3"


def test_everything_works_in_a_frame_on_another_site(plain, site, shop, fair):
    """Refused forms are shown in the frame, and reloading it stays in the frame."""
    site.action()
    plain.goto(shop.put(f'<iframe src="{fair}/y2sB7/embed" width="400" height="900"></iframe>'))
    frame = plain.frame_locator("iframe")
    fill(frame, email="nonsense")
    frame.locator("[aria-invalid]").wait_for()
    plain.goto(plain.url)
    fill(frame)
    frame.get_by_text("You are in as").wait_for()
    frame.get_by_label("Why?").fill("because")
    frame.get_by_role("button", name="Send", exact=True).click()
    frame.locator(".card.done").wait_for()
    assert [row["state"] for row in site.entries()] == ["valid"]
    plain.goto(plain.url)
    frame.get_by_text("You are in as").wait_for()
