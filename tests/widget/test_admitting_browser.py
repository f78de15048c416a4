"""Who one is and details, in real browsers: landing page, frame, tab, without scripts, by keys."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tombola.admission import service as admission
from tombola.campaigns import content
from tombola.campaigns.terms import Asks, Consent, Eligibility, Question

pytestmark = pytest.mark.plugins("custom_tracking")
AXE = Path(__file__).parent.parent / "browser" / "vendor"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture
def inst(sqlite_inst):
    """What the pages look like, no database can change."""
    return sqlite_inst


@pytest.fixture
def asking(site):
    """The campaign asks for age, country, a size and a consent."""
    terms = Eligibility(min_age=18, where="only", countries=("DE", "FR"))
    asks = Asks(
        phone="optional",
        questions=(
            Question(
                key="size", label="Your size", kind="choice", options=("S", "M"), required=True
            ),
        ),
        consents=(Consent(key="news", wording="Write to me about news."),),
    )
    admission.change_eligibility(site.inst, site.actor, site.campaign.uid, terms)
    admission.change_asks(site.inst, site.actor, site.campaign.uid, asks)
    form = content.ContentForm(
        description="**Win** it.", rules_text="# Rules", privacy_text="Less."
    )
    content.change(site.inst, site.actor, site.campaign.uid, form)
    return site


def fill(view, country="France"):
    view.get_by_label("Your name").fill("Anna")
    view.get_by_label("E-mail address").fill("anna@mail.example")
    say(view, country)


def say(view, country="France"):
    view.get_by_label("Country where you live").select_option(label=country)
    view.get_by_label("I am at least 18 years old.").check()
    view.get_by_label("Your size").select_option("M")


def faults(page):
    [script] = AXE.glob("axe*.js")
    page.evaluate(script.read_text())
    found = page.evaluate(f"axe.run({{runOnly: {RULES}}})")["violations"]
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    return [each["id"] for each in found] + ["too wide"] * bool(page.evaluate(wide))


@pytest.mark.parametrize("width", [390, 1280])
def test_join_with_age_country_and_details(page, console, asking, tombola, width):
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(f"{tombola}/y2sB7")
    expect(page.get_by_label("Write to me about news.")).not_to_be_checked()
    assert faults(page) == []
    fill(page, "Italy")
    page.get_by_role("button", name="Join in").click()
    country = page.get_by_label("Country where you live")
    expect(country).to_be_focused()
    expect(country).to_have_accessible_description("People in this country cannot take part here.")
    assert faults(page) == []
    expect(page.get_by_label("Your size")).to_have_value("M")
    country.select_option(label="France")
    page.get_by_role("button", name="Join in").click()
    expect(page.get_by_text("You are in as")).to_be_visible()
    expect(page.locator("#terms")).to_have_count(0)
    page.locator("#rules summary").click()
    expect(page.get_by_role("heading", name="Rules")).to_be_visible()
    assert faults(page) == []


def test_whoever_is_in_already_is_asked_on_the_page(page, console, site, tombola):
    site.action()
    page.goto(f"{tombola}/y2sB7")
    page.get_by_label("Your name").fill("Anna")
    page.get_by_label("E-mail address").fill("anna@mail.example")
    page.get_by_role("button", name="Join in").click()
    page.locator(".you").wait_for()
    terms = Eligibility(min_age=18, ask_country=True)
    admission.change_eligibility(site.inst, site.actor, site.campaign.uid, terms)
    page.reload()
    expect(page.get_by_role("heading", name="Before it counts")).to_be_visible()
    assert faults(page) == []
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_label("Country where you live")).to_be_focused()
    page.get_by_label("Country where you live").select_option(label="Germany")
    page.get_by_label("I am at least 18 years old.").check()
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", name="Before it counts")).to_have_count(0)
    page.get_by_label("Why?").fill("because")
    page.get_by_role("button", name="Send", exact=True).click()
    page.locator(".card.done").wait_for()
    assert [row["state"] for row in site.entries()] == ["valid"]


@pytest.mark.parametrize("framed", [False, True])
def test_without_scripts(browser, asking, tombola, shop, framed):
    context = browser.new_context(java_script_enabled=False, locale="en-GB")
    page = context.new_page()
    if framed:
        page.goto(shop.put(f'<title>Shop</title><iframe src="{tombola}/y2sB7/embed"></iframe>'))
    else:
        page.goto(f"{tombola}/y2sB7")
    view = page.frame_locator("iframe") if framed else page
    fill(view, "Italy")
    view.get_by_role("button", name="Join in").click()
    view.get_by_text("People in this country cannot take part here.").wait_for()
    view.get_by_label("Country where you live").select_option(label="Germany")
    view.get_by_role("button", name="Join in").click()
    view.get_by_text("You are in as").wait_for()
    context.close()


def test_in_the_embedded_widget_and_behind_a_tab(page, asking, tombola, shop):
    for name, opens in (("embed", False), ("ol", True)):
        page.context.clear_cookies()
        place = '<div class="e-widget" data-key="y2sB7"></div>'
        page.goto(
            shop.put(f'<title>Shop</title>{place}<script src="{tombola}/y2sB7/{name}.js"></script>')
        )
        if opens:
            page.get_by_role("button", name="Win a bicycle").click()
        view = page.frame_locator("iframe").first
        fill(view)
        view.get_by_role("button", name="Join in").click()
        view.get_by_text("You are in as").wait_for()


def test_by_keyboard_alone(page, console, asking, tombola):
    page.goto(f"{tombola}/y2sB7")
    page.get_by_label("E-mail address").fill("anna@mail.example")
    page.get_by_label("Your name").fill("Anna")
    page.keyboard.press("Tab")  # the address
    page.keyboard.press("Tab")  # the country
    page.keyboard.type("Fran")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")  # the age
    page.keyboard.press("Tab")  # the phone number
    page.keyboard.press("Tab")  # the size
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")  # the consent
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("You are in as")).to_be_visible()


def test_arabic_runs_from_the_right(page, asking, tombola):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{tombola}/y2sB7?lang=ar")
    expect(page.get_by_label("البلد الذي تعيش فيه")).to_be_visible()
    expect(page.locator("select").first).to_contain_text("ألمانيا")
    assert faults(page) == []
