"""The tab and the overlay behind it, in a browser on another site."""

from pathlib import Path

import pytest

pytestmark = pytest.mark.plugins("custom_tracking")
AXE = Path(__file__).parent.parent / "browser" / "vendor"
ACTIVE = """() => { let at = document.activeElement;
  while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  return at.getAttribute('aria-label') || at.title || at.textContent.trim() }"""
BODY = """<html lang="en"><title>Shop</title><body><main><h1>Shop</h1>
<button type=button id=own>Our own button</button><a href="/other">Elsewhere</a></main>"""


@pytest.fixture
def inst(sqlite_inst):
    """What the pages of two sites do, no database can change."""
    return sqlite_inst


def script(tombola, options="", key="y2sB7"):
    return f'<script src="{tombola}/{key}/ol.js" {options}></script>'


def tab(page):
    return page.get_by_role("button", name="Win a bicycle")


def faults(page):
    """What axe finds wrong with the page by WCAG 2.2 AA."""
    [source] = AXE.glob("axe*.js")
    page.evaluate(source.read_text())
    found = page.evaluate(
        "axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']})"
    )
    return [(each["id"], [node["html"] for node in each["nodes"]]) for each in found["violations"]]


def test_overlay_is_used_with_the_keyboard_alone(page, console, site, shop, tombola):
    page.goto(shop.put(BODY + script(tombola)))
    tab(page).wait_for()
    for _ in range(3):
        page.keyboard.press("Tab")
    assert page.evaluate(ACTIVE) == "Win a bicycle"
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Win a bicycle")
    dialog.wait_for()
    assert page.evaluate(ACTIVE) == "Close"
    page.frame_locator("iframe").get_by_label("Your name").wait_for()
    page.keyboard.press("Escape")
    dialog.wait_for(state="hidden")
    assert page.evaluate(ACTIVE) == "Win a bicycle"


def test_escape_inside_the_frame_closes_and_returns_the_focus(page, console, site, shop, tombola):
    page.goto(shop.put(BODY + script(tombola)))
    tab(page).click()
    field = page.frame_locator("iframe").get_by_label("Your name")
    field.wait_for()
    page.wait_for_load_state("networkidle")  # the frame's own script listens for the key
    field.fill("Anna")
    field.press("Escape")
    page.get_by_role("dialog").wait_for(state="hidden")
    page.wait_for_function(f"({ACTIVE})() == 'Win a bicycle'")
    tab(page).click()
    assert field.input_value() == "Anna"


def test_focus_never_reaches_the_page_behind(page, console, site, shop, tombola):
    page.goto(shop.put(BODY + script(tombola)))
    tab(page).click()
    page.frame_locator("iframe").get_by_label("Your name").wait_for()
    seen: list[str] = []
    while "Close" not in seen and len(seen) < 60:
        page.keyboard.press("Tab")
        seen.append(page.evaluate(ACTIVE))
    assert not set(seen) & {"Our own button", "Elsewhere"}
    assert "Close" in seen


@pytest.mark.parametrize("way", ["button", "beside", "again"])
def test_overlay_closes(page, console, site, shop, tombola, way):
    page.goto(shop.put(BODY + script(tombola)))
    for _ in range(2 if way == "again" else 1):
        tab(page).click()
        page.get_by_role("dialog").wait_for()
        assert page.evaluate("document.documentElement.style.overflow") == "hidden"
        if way == "beside":
            page.mouse.click(5, 300)
        else:
            page.get_by_role("button", name="Close").click()
        page.get_by_role("dialog").wait_for(state="hidden")
        page.wait_for_function("document.documentElement.style.overflow == ''")


def test_nothing_of_the_widget_is_loaded_before_it_is_opened(page, console, site, shop, tombola):
    asked = []
    page.on("request", lambda it: asked.append(it.url))
    page.goto(shop.put(BODY + script(tombola)))
    tab(page).wait_for()
    assert [url for url in asked if "/y2sB7/embed" in url] == []


def test_page_opens_it_with_a_button_of_its_own(page, console, site, shop, tombola):
    own = "<script>own.onclick = () => Gleam.openPopupCampaign()</script>"
    page.goto(shop.put(BODY + script(tombola, "data-tab=none") + own))
    page.locator("#own").click()
    page.get_by_role("dialog", name="Win a bicycle").wait_for()
    assert tab(page).count() == 0
    page.keyboard.press("Escape")
    assert page.evaluate(ACTIVE) == "Our own button"


@pytest.mark.parametrize("anchor", ["gleam", "tombola"])
def test_address_opens_it(page, console, site, shop, tombola, anchor):
    head = f"<head>{script(tombola)}</head>"
    page.goto(shop.put(head + BODY) + f"#{anchor}")
    page.get_by_role("dialog", name="Win a bicycle").wait_for()


def test_page_says_where_the_tab_stands_and_what_it_says(page, console, site, shop, tombola):
    page.set_viewport_size({"width": 390, "height": 800})
    for position, x, y in (("", 1, 1), ("left", 0, 1), ("left top", 0, 0), ("middle", 1, 0.5)):
        page.goto(shop.put(BODY + script(tombola, f'data-position="{position}" data-label=Win')))
        box = page.get_by_role("button", name="Win", exact=True).bounding_box()
        across = (box["x"] + box["width"] / 2) / 390
        down = (box["y"] + box["height"] / 2) / 800
        assert abs(across - x) < 0.3, position
        assert abs(down - y) < 0.1, position
        assert box["height"] >= 44


def test_overlay_speaks_the_visitors_language(browser, site, shop, tombola):
    context = browser.new_context(locale="ar")
    page = context.new_page()
    page.goto(shop.put(BODY + script(tombola)))
    assert tab(page).bounding_box()["x"] < 100
    tab(page).click()
    page.frame_locator("iframe").locator("form input").first.wait_for()
    assert page.frames[1].evaluate("document.documentElement.dir") == "rtl"
    assert page.locator("dialog .close").get_attribute("aria-label") not in ("Close", "")
    answer = page.request.get(f"{tombola}/y2sB7/ol.js")
    assert "Accept-Language" in answer.headers["vary"]
    context.close()


def test_tab_survives_an_app_that_empties_the_page(page, console, site, shop, tombola):
    page.goto(shop.put(BODY + script(tombola)))
    tab(page).wait_for()
    page.evaluate("document.body.innerHTML = '<p>another view</p>'")
    tab(page).click()
    page.frame_locator("iframe").get_by_label("Your name").wait_for()


def test_overlay_tracks_as_the_tracking_script_does(page, console, site, shop, tombola):
    action = site.action("VIP")
    page.goto(shop.put(BODY + script(tombola) + "<script>Gleam.push(['VIP'])</script>"))
    tab(page).click()
    frame = page.frame_locator("iframe")
    frame.get_by_label("Your name").fill("Anna")
    frame.get_by_label("E-mail address").fill("anna@mail.example")
    frame.get_by_role("button", name="Join in").click()
    frame.locator(f"#a-{action.uid}.done").wait_for()


def test_unknown_campaign_shows_nothing_and_breaks_nothing(page, console, site, shop, tombola):
    push = "<script>Gleam.push(['VIP'], ['callback', e => { document.title = String(e) }])</script>"
    page.goto(shop.put(BODY + script(tombola, key="zzzzz") + push))
    page.wait_for_function("document.title == 'undefined'")
    assert page.get_by_role("button").count() == 1


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_tab_and_overlay_have_no_fault_that_axe_knows(
    page, console, site, shop, tombola, width, scheme
):
    site.action("VIP", link="https://shop.example/", link_label="Go there")
    page.set_viewport_size({"width": width, "height": 844})
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.goto(shop.put(BODY + script(tombola)))
    tab(page).wait_for()
    assert faults(page) == []
    tab(page).click()
    page.frame_locator("iframe").get_by_label("Your name").wait_for()
    assert faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
