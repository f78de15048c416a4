"""The whole way in a real browser on two sites: shop at 127.0.0.1, Tombola at localhost."""

from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from tombola.teams.models import role
from tombola.teams.rules import Role
from tombola.teams.service import NewMember, create_first_operator

pytestmark = pytest.mark.plugins("custom_tracking")
STUB = "<script>window.Gleam = window.Gleam || [];</script>"
AXE = Path(__file__).parent.parent / "browser" / "vendor"


@pytest.fixture
def inst(sqlite_inst):
    """What the pages of two sites do, no database can change."""
    return sqlite_inst


@pytest.fixture
def team_of_olga(site):
    """Somebody who works in the team, and may log in."""
    new = NewMember(name="Olga", email="olga@mail.example", password=SecretStr("correct horse"))
    made = create_first_operator(site.inst, new)
    with site.inst.db.write() as conn:
        conn.execute(
            role.insert().values(
                team_id=site.campaign.team_id, member_id=made.id, role=Role.EDITOR.value
            )
        )


def snippet(tombola):
    """The two scripts as the set-up page gives them, loader first."""
    return f"""{STUB}<script>(function (d, t) {{
      var g = d.createElement(t), s = d.getElementsByTagName(t)[0];
      g.src = "{tombola}/y2sB7/trk.js"; s.parentNode.insertBefore(g, s);
    }}(document, "script"));</script>"""


def enter(page, tombola, name="Anna"):
    page.goto(f"{tombola}/y2sB7")
    page.get_by_label("Your name").fill(name)
    page.get_by_label("E-mail address").fill("anna@mail.example")
    page.get_by_role("button", name="Join in").click()
    page.locator(".you").wait_for()


def card(page, action, standing):
    return page.locator(f"#a-{action.uid}.{standing}")


def test_visit_of_the_shops_page_completes_the_action_in_the_open_widget(
    page, console, site, shop, tombola
):
    address = shop.put(
        snippet(tombola) + "<script>Gleam.push(['VIP', 'gold'])</script><h1>VIP</h1>"
    )
    action = site.action("VIP", link=address, link_label="Go there")
    enter(page, tombola)
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Go there").click()
    opened.value.get_by_role("heading", name="VIP").wait_for()
    opened.value.wait_for_url(address)
    card(page, action, "done").wait_for()
    assert page.locator("#worth strong").inner_text() == "3"
    assert [row["details"] for row in site.entries()] == [{"VIP": "gold"}]
    assert page.locator("#said").inner_text().startswith("Do VIP")


def test_unlock_before_the_log_in_is_claimed_after_it(page, console, site, shop, tombola):
    address = shop.put(snippet(tombola) + "<script>Gleam.push(['VIP'])</script>")
    action = site.action("VIP", link=address, link_label="Go there")
    page.goto(f"{tombola}/y2sB7")
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Go there").click()
    opened.value.wait_for_function("Gleam.track && Gleam.track('VIP')")
    assert site.entries() == []
    page.get_by_label("Your name").fill("Anna")
    page.get_by_label("E-mail address").fill("anna@mail.example")
    page.get_by_role("button", name="Join in").click()
    card(page, action, "done").wait_for()


def test_unlock_comes_days_later_from_another_page_of_the_shop(
    page, console, site, shop, tombola, clock
):
    from datetime import timedelta  # noqa: PLC0415 - here alone

    site.action("Purchase", link=shop.put(snippet(tombola)), link_label="Go there")
    enter(page, tombola)
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Go there").click()
    tab = opened.value
    tab.wait_for_function("localStorage.tombola && JSON.parse(localStorage.tombola).q.length == 0")
    clock.advance(timedelta(days=3))
    bought = (
        "<script>Gleam.push(['Purchase', '17'], ['callback', () => { document.title = 'sent' }])"
    )
    tab.goto(shop.put(f"{snippet(tombola)}{bought}</script>", "/thanks"))
    tab.wait_for_function("document.title == 'sent'")
    assert [row["details"] for row in site.entries()] == [{"Purchase": "17"}]


def test_entrant_who_left_the_page_finds_it_completed_on_return(page, console, site, shop, tombola):
    action = site.action("VIP", link=shop.put(snippet(tombola)), link_label="Go there")
    enter(page, tombola)
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Go there").click()
    page.goto(shop.put("<p>elsewhere</p>", "/elsewhere"))
    opened.value.wait_for_function("!!window.Gleam.track")
    opened.value.evaluate("new Promise(done => Gleam.push(['VIP'], ['callback', done]))")
    page.goto(f"{tombola}/y2sB7")
    card(page, action, "done").wait_for()


def test_question_is_answered_with_the_keyboard_alone(page, console, site, tombola):
    action = site.action()
    page.goto(f"{tombola}/y2sB7")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    for word in ("Anna", "anna@mail.example"):
        page.keyboard.press("Tab")
        page.keyboard.type(word)
    page.keyboard.press("Enter")
    page.locator(".you").wait_for()
    while page.evaluate("document.activeElement.name") != f"{action.uid[-12:]}.answer":
        page.keyboard.press("Tab")
    page.keyboard.type("because")
    page.keyboard.press("Enter")
    card(page, action, "done").wait_for()
    assert page.evaluate("document.activeElement.id") == f"a-{action.uid}"


def test_open_page_notices_that_it_is_over(page, console, site, tombola, clock):
    page.goto(f"{tombola}/y2sB7")
    page.get_by_role("button", name="Join in").wait_for()
    clock.advance(timedelta(days=11))
    page.get_by_text("This is over.").wait_for()
    assert page.get_by_role("button", name="Join in").count() == 0


def test_wrong_input_is_said_beside_the_field_which_has_the_focus(page, site, tombola):
    page.goto(f"{tombola}/y2sB7")
    page.get_by_label("Your name").fill("Anna")
    page.get_by_label("E-mail address").fill("nonsense")
    page.get_by_role("button", name="Join in").click()
    page.locator("[aria-invalid]").wait_for()
    assert page.evaluate("document.activeElement.getAttribute('aria-invalid')") == "true"
    assert page.get_by_label("Your name").input_value() == "Anna"


def test_everything_works_without_scripts(browser, site, tombola):
    action = site.action()
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    enter(page, tombola)
    page.get_by_label("Why?").fill("because")
    page.get_by_role("button", name="Send").click()
    card(page, action, "done").wait_for()
    context.close()


def test_what_somebody_is_typing_stays_while_another_action_completes(
    page, console, site, shop, tombola
):
    question = site.action()
    tracked = site.action("VIP", link=shop.put(snippet(tombola)), link_label="Go there")
    enter(page, tombola)
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Go there").click()
    opened.value.wait_for_function("!!window.Gleam.track")
    page.get_by_label("Why?").fill("half a sent")
    opened.value.evaluate("Gleam.push(['VIP'])")
    card(page, tracked, "done").wait_for()
    assert page.get_by_label("Why?").input_value() == "half a sent"
    assert card(page, question, "open").count() == 1


def test_widget_stands_in_a_frame_of_another_site_and_knows_its_entrant(page, site, shop, tombola):
    action = site.action()
    page.goto(shop.put(f'<iframe src="{tombola}/y2sB7/embed" width="400" height="900"></iframe>'))
    frame = page.frame_locator("iframe")
    frame.get_by_label("Your name").fill("Anna")
    frame.get_by_label("E-mail address").fill("a@b.example")
    frame.get_by_role("button", name="Join in").click()
    frame.locator(".you").wait_for()
    frame.get_by_label("Why?").fill("because")
    frame.get_by_role("button", name="Send").click()
    frame.locator(f"#a-{action.uid}.done").wait_for()
    page.reload()
    frame.locator(".you").wait_for()


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_have_no_fault_that_axe_knows(page, console, site, tombola, width, scheme):
    site.action("VIP", link="https://shop.example/", link_label="Go there")
    site.action()
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    page.goto(f"{tombola}/y2sB7")
    assert faults(page) == []
    enter(page, tombola)
    assert faults(page) == []
    page.get_by_label("Why?").fill("because")
    page.get_by_role("button", name="Send").click()
    page.locator(".card.done").wait_for()
    assert faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def faults(page):
    """What axe finds wrong with the page by WCAG 2.2 AA."""
    [script] = AXE.glob("axe*.js")
    page.evaluate(script.read_text())
    found = page.evaluate(
        "axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']})"
    )
    return [(each["id"], [node["html"] for node in each["nodes"]]) for each in found["violations"]]


def log_in(page, site, tombola):
    """As the operator, who made the team."""
    page.goto(f"{tombola}/log-in")
    page.get_by_label("E-mail").fill("olga@mail.example")
    page.get_by_label("Password").fill("correct horse")
    page.locator("main button[type=submit]").first.click()
    page.wait_for_url("**/team/**")


def test_setup_page_gives_scripts_that_work_and_turns_green_by_itself(
    page, console, site, shop, tombola, team_of_olga
):
    action = site.action("VIP")
    log_in(page, site, tombola)
    page.goto(f"{tombola}/team/shop/campaign/y2sB7/tracking")
    page.get_by_text("Waiting for the first event").wait_for()
    assert "'y2sB7'" in page.locator("#loader").inner_text()
    scripts = page.locator("#loader").inner_text() + page.locator("#trigger-1").inner_text()
    customer = page.context.browser.new_page()
    customer.goto(shop.put(scripts))
    page.get_by_text("It works").wait_for()
    customer.evaluate("Tombola.push(['vip']); Gleam.push(['VIP', '17'])")
    page.get_by_text("Did you mean VIP?").wait_for()
    customer.close()
    assert [event["value"] for event in site.events()] == [None, "17"]
    assert faults(page) == []
    assert action.uid


def test_copy_button_copies_the_script(page, console, site, tombola, team_of_olga):
    site.action("VIP")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=tombola)
    log_in(page, site, tombola)
    page.goto(f"{tombola}/team/shop/campaign/y2sB7/tracking")
    page.locator("[data-copy=loader]").click()
    page.get_by_role("button", name="Copied").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == page.locator("#loader").inner_text()
    assert "y2sB7" in copied
