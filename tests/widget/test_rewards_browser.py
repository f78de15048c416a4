"""Rewards in a browser: opened while one looks on, claimed by keys, in frames, without scripts."""

import os
from pathlib import Path

import pytest
from sqlalchemy import select, update

from tombola.api import EntryDraft
from tombola.campaigns import prizes
from tombola.campaigns.models import campaign
from tombola.campaigns.prizes import Delivery, PrizeForm
from tombola.entrants.models import identity
from tombola.entries.record import load_rules, record
from tombola.rewards import codes

pytestmark = pytest.mark.plugins("custom_tracking")
AXE = Path(__file__).parent.parent / "browser" / "vendor"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture
def inst(sqlite_inst):
    """What is given to whom is tried on both databases elsewhere."""
    return sqlite_inst


@pytest.fixture
def towel(site):
    """A reward after two actions, with one code."""
    with site.inst.db.write() as conn:
        conn.execute(update(campaign).values(kind="reward"))
    return prize(site, "A tea towel with all the leaves of spring", "TEA-2026-SPRING", needs=2)


def prize(site, title, *texts, **values):
    form = PrizeForm(title=title, delivery=Delivery.CODE, delivery_text="Type it at the till.",
                     **values)  # fmt: skip
    where = (site.inst, site.actor, site.campaign.uid)
    made = prizes.add(*where, form)
    codes.take(*where, made.uid, texts)
    return made


def look(page, name):
    folder = os.environ.get("TOMBOLA_SCREENSHOTS")
    if folder:
        page.screenshot(path=f"{folder}/reward-{name}.png", full_page=True)
    [script] = AXE.glob("axe*.js")
    page.evaluate(script.read_text())
    found = page.evaluate(f"axe.run({{runOnly: {RULES}}})")["violations"]
    assert [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in found] == []
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wide) == 0


def enter(view, email="anna@mail.example"):
    view.locator("[name=name]").fill("Anna")
    view.locator("[name=email]").fill(email)
    view.locator("form[action*='/enter'] button").click()
    view.locator(".you").wait_for()


@pytest.mark.parametrize(
    ("tag", "width", "scheme"), [("en", 390, "light"), ("ar", 390, "dark"), ("de", 1280, "light")]
)
def test_each_state_of_a_reward_is_accessible_and_fits(
    page, console, site, fair, towel, clock, tag, width, scheme
):
    first, second = site.action(), site.action("VIP")
    prize(site, "Nothing of this", needs=0)
    with site.inst.db.write() as conn:
        conn.execute(update(campaign).values(language=tag))
    page.set_viewport_size({"width": width, "height": 844})
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.goto(f"{fair}/y2sB7")
    look(page, f"{tag}-nobody")
    enter(page)
    look(page, f"{tag}-locked")
    page.locator(f"#a-{first.uid} textarea, #a-{first.uid} input").fill("because")
    page.locator(f"#a-{first.uid} button").click()
    page.locator(f"#r-{towel.uid}[data-state='locked:1/2']").wait_for()
    does(site, second)
    card = page.locator(f"#r-{towel.uid}.open")
    card.wait_for()
    look(page, f"{tag}-open")
    card.locator("button").focus()
    page.keyboard.press("Enter")
    page.locator(f"#r-{towel.uid}.done").wait_for()
    page.locator("code", has_text="TEA-2026-SPRING").wait_for()
    look(page, f"{tag}-claimed")


def does(site, action):
    """The one entrant does an action elsewhere, while the page is open."""
    with site.inst.db.write() as conn:
        who = conn.execute(select(identity.c.id, identity.c.entrant_id)).one()
        draft = EntryDraft(action.id, who.id, who.entrant_id, "elsewhere", "test")
        record(conn, [draft], load_rules(conn, site.campaign.id), site.inst.clock())


def test_keyboard_alone_copies_the_code_and_the_focus_stays_on_the_card(
    page, console, site, fair, towel
):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{fair}/y2sB7")
    enter(page)
    for _ in range(2):
        does(site, site.action())
    card = page.locator(f"#r-{towel.uid}")
    card.locator(".go").focus()
    page.keyboard.press("Enter")
    page.locator("code", has_text="TEA-2026-SPRING").wait_for()
    assert page.evaluate("document.activeElement.id") == f"r-{towel.uid}"
    assert "It is yours." in page.locator("#said").inner_text()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == "TEA-2026-SPRING"


def test_somebody_elses_last_piece_shows_without_a_reload_and_pressing_late_says_so(
    page, console, site, fair, towel
):
    page.goto(f"{fair}/y2sB7")
    enter(page)
    for _ in range(2):
        does(site, site.action())
    page.locator(f"#r-{towel.uid}.open").wait_for()
    codes.clear(site.inst, site.actor, site.campaign.uid, towel.uid)
    page.locator(f"#r-{towel.uid}.shut").get_by_text("Nothing is left of it.").wait_for()
    assert page.locator(f"#r-{towel.uid} button").count() == 0


def test_overlay_gives_it_in_its_frame(page, console, site, shop, tombola, towel):
    body = "<html lang=en><title>Shop</title><body><main><h1>Shop</h1></main>"
    page.goto(shop.put(body + f'<script src="{tombola}/y2sB7/ol.js"></script>'))
    page.get_by_role("button", name="Win a bicycle").click()
    frame = page.frame_locator("iframe")
    enter(frame)
    for _ in range(2):
        does(site, site.action())
    frame.locator(f"#r-{towel.uid}.open .go").click()
    frame.locator("code", has_text="TEA-2026-SPRING").wait_for()


@pytest.mark.parametrize("path", ["/y2sB7", "/y2sB7/embed"])
def test_without_scripts_the_button_is_a_form(browser, site, fair, towel, path):
    context = browser.new_context(java_script_enabled=False, locale="en-GB")
    page = context.new_page()
    page.set_default_timeout(10_000)
    page.goto(fair + path)
    enter(page)
    for _ in range(2):
        does(site, site.action())
    page.goto(fair + path)
    page.locator(f"#r-{towel.uid} .go").click()
    page.locator("code", has_text="TEA-2026-SPRING").wait_for()
    assert page.locator(f"#r-{towel.uid} button").count() == 1
    assert not page.get_by_role("button", name="Copy").is_visible()
    context.close()
