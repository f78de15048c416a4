"""Pages about proof in a browser: API tokens, and entries with their level and their doubles."""

import pytest
from playwright.sync_api import expect

from tombola.api import EntryDraft, Identity, Proof
from tombola.entrants import service as entrants
from tombola.entries.record import load_rules, record
from tombola.teams import tokens
from tombola.teams.tokens import NewToken

pytestmark = pytest.mark.parametrize("width", [390, 1280])


@pytest.fixture(autouse=True)
def window(admin, width):
    admin.page.set_viewport_size({"width": width, "height": 900})


def report(house, campaign, action, who, value, proof, alike):
    """An entry as tracking records it."""
    identity = Identity("sample.net", who.lower(), handle=who.lower(), name=who)
    now = house.inst.clock()
    with house.inst.db.write() as conn:
        [known] = entrants.resolve(conn, campaign.team_id, [identity], now).values()
        draft = EntryDraft(
            action.id, known.id, known.entrant_id, f"{who} {value}", "event",
            details={"Purchase": value}, proof=proof, alike=alike,
        )  # fmt: skip
        record(conn, [draft], load_rules(conn, campaign.id), now)


def test_token_is_made_shown_once_and_revoked_by_keyboard(admin):
    admin.log_in()
    admin.open("/team/lamps/api-tokens")
    assert admin.violations() == []
    admin.page.get_by_label("Name", exact=True).fill("Shop backend")
    admin.page.keyboard.press("Enter")
    made = admin.page.get_by_role("status").locator("code")
    expect(made).to_contain_text("tombola_")
    text = made.inner_text()
    assert (admin.violations(), admin.overflow()) == ([], 0)
    admin.open("/team/lamps/api-tokens")
    expect(admin.page.get_by_text(text)).to_have_count(0)
    revoke = admin.page.get_by_role("button", name="Revoke “Shop backend”")
    revoke.focus()
    admin.page.keyboard.press("Enter")
    expect(admin.page.get_by_text("That token is revoked.")).to_be_visible()
    expect(admin.page.get_by_text("No token yet")).to_be_visible()
    assert (admin.violations(), admin.overflow()) == ([], 0)


def test_others_see_tokens_and_cannot_change_them(admin):
    tokens.make(admin.house.inst, admin.house.actor(), NewToken(name="Shop backend"))
    admin.log_in("viewer")
    admin.open("/team/lamps/api-tokens")
    expect(admin.page.get_by_role("heading", name="Shop backend")).to_be_visible()
    expect(admin.page.get_by_text("Owners of the team make and revoke tokens.")).to_be_visible()
    expect(admin.page.get_by_role("button", name="Revoke")).to_have_count(0)
    assert (admin.violations(), admin.overflow()) == ([], 0)


def test_actions_tab_says_proof_and_who_else_told_the_same(admin):
    house = admin.house
    campaign = house.campaign()
    action = house.action(campaign, interval="unlimited")
    report(house, campaign, action, "Anna", "1017", Proof.SERVER, "one")
    report(house, campaign, action, "Bea", "1017", Proof.BROWSER, "one")
    report(house, campaign, action, "Carl", "1018", Proof.SIGNED, "other")
    admin.log_in()
    admin.open(f"/team/lamps/campaign/{campaign.key}/entries")
    page = admin.page
    row = page.get_by_role("row").filter(has_text="also came from Bea")
    expect(row).to_contain_text("sent by your server")
    expect(page.get_by_role("table").get_by_text("signed by your site")).to_have_count(1)
    assert (admin.violations(), admin.overflow()) == ([], 0)
    page.get_by_role("link", name="also came from Bea").click()
    expect(page.get_by_role("link", name="Carl")).to_have_count(0)
    expect(page.get_by_role("link", name="also came from")).to_have_count(2)
    page.locator("th.who").get_by_role("link", name="Anna").first.click()
    page.get_by_role("heading", name="History").wait_for()
    expect(page.get_by_text("sent by your server")).to_be_visible()
    expect(page.get_by_role("link", name="also came from Bea")).to_be_visible()
    assert (admin.violations(), admin.overflow()) == ([], 0)
