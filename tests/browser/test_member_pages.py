"""Pages of members, accounts, the log and privacy in a real browser: phones, desks, keyboards."""

import re

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from tombola.entrants.models import entrant
from tombola.entrants.service import create_person
from tombola.teams import invitations, second_step
from tombola.teams import second_step_rules as rules
from tombola.teams.invitations import NewInvitation
from tombola.teams.models import role
from tombola.testing.house import PASSWORD

PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}


@pytest.fixture
def person(house):
    with house.inst.db.write() as conn:
        now = house.inst.clock()
        return create_person(conn, house.team.id, "Ada", "ada@mail.example", now).uid


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_every_page_fits_and_is_accessible(admin, house, person, size):
    campaign = house.campaign()
    link = invitations.invite(
        house.inst, house.actor(), NewInvitation(email="sam@example.net")
    ).removeprefix("http://localhost")
    admin.page.set_viewport_size(size)
    pages = [link, "/forgotten", "/log-in"]
    wrong = []
    for path in pages:
        admin.open(path)
        wrong += [f"{path}: {each}" for each in admin.violations()]
        wrong += [f"{path}: too wide"] if admin.overflow() > 0 else []
    admin.log_in()
    for path in (
        "/team/lamps/members", "/account", "/account/second-step", "/sessions", "/team/lamps/log",
        "/team/lamps/privacy", f"/team/lamps/campaign/{campaign.key}/privacy",
        "/team/lamps/delete", "/account/deleted-teams", f"/team/lamps/people/{person}",
        f"/team/lamps/people/{person}/erase",
    ):  # fmt: skip
        admin.open(path)
        wrong += [f"{path}: {each}" for each in admin.violations()]
        wrong += [f"{path}: too wide"] if admin.overflow() > 0 else []
    admin.page.context.clear_cookies()
    admin.log_in("operator")
    for path in ("/operator/members", "/operator/log"):
        admin.open(path)
        wrong += [f"{path}: {each}" for each in admin.violations()]
        wrong += [f"{path}: too wide"] if admin.overflow() > 0 else []
    assert wrong == []


def press_to(page, name):
    """Walk by the tab key to a control of this accessible name."""
    for _ in range(80):
        page.keyboard.press("Tab")
        found = page.evaluate(
            "(() => { const e = document.activeElement; return e.labels?.[0]?.innerText"
            " || e.getAttribute('aria-label') || e.innerText || ''; })()"
        )
        if re.search(name, found):
            return
    raise AssertionError(f"the tab key leads to nothing named {name}")


def test_a_role_is_changed_and_a_member_removed_by_keyboard(admin, house):
    page = admin.page
    admin.log_in()
    admin.open("/team/lamps/members")
    press_to(page, "Role of Editor")
    page.keyboard.press("v")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Changed. It holds from their next click on.")).to_be_visible()
    with house.inst.db.read() as conn:
        mine = role.c.member_id == house.members["editor"].id
        assert conn.execute(select(role.c.role).where(mine)).scalar() == "viewer"
    press_to(page, "Remove\\s+Editor")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Take Editor out of the team?")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.keyboard.press("Enter")
    dialog.get_by_role("button", name="Remove").press("Enter")
    expect(page.get_by_text("They are in the team no longer.")).to_be_visible()
    expect(page.get_by_text("editor@example.org")).to_have_count(0)


def test_the_second_step_is_set_up_and_asked_at_the_next_log_in(admin, house, clock):
    page = admin.page
    admin.log_in()
    admin.open("/account/second-step")
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Set it up").click()
    picture = page.get_by_role("img", name=re.compile("picture for the camera"))
    expect(picture).to_be_visible()
    assert page.evaluate("document.querySelector('main img').naturalWidth") > 100
    assert admin.violations() == []
    secret = page.locator("code").inner_text()
    digits = page.get_by_label("The six digits that it shows")
    digits.fill("000000")
    page.get_by_role("button", name="Switch it on").click()
    expect(page.get_by_role("alert")).to_be_focused()
    digits.fill(rules.digits(secret, rules.step_of(clock())))
    page.get_by_role("button", name="Switch it on").click()
    expect(page.get_by_role("heading", name="Put these codes away")).to_be_visible()
    assert admin.violations() == []
    code = page.locator("#codes").inner_text().split()[0]
    page.context.clear_cookies()
    admin.open("/log-in")
    page.get_by_label("E-mail address").fill("owner@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/log-in/second-step")
    expect(page.get_by_label("Code")).to_be_focused()
    assert admin.violations() == []
    page.keyboard.type(code)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/log-in" not in url)
    assert second_step.standing(house.inst, house.members["owner"]).codes == 9


def test_a_person_is_erased_by_keyboard(admin, house, person):
    page = admin.page
    admin.log_in("editor")
    admin.open(f"/team/lamps/people/{person}/erase")
    press_to(page, "I mean it")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("They are being erased.")).to_be_visible()
    house.work("erase")
    page.reload()
    expect(page.get_by_role("heading", name="Erased person")).to_be_visible()
    with house.inst.db.read() as conn:
        assert conn.execute(select(entrant.c.name)).scalar() is None


def test_a_campaign_is_deleted_by_its_name_and_brought_back(admin, house):
    page = admin.page
    campaign = house.campaign("Win a lamp")
    admin.log_in()
    admin.open(f"/team/lamps/campaign/{campaign.key}/privacy")
    field = page.get_by_label("Type its name to show that you mean it")
    field.fill("Win a camp")
    page.get_by_role("button", name="Delete the campaign").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was deleted")
    field.fill("Win a lamp")
    page.get_by_role("button", name="Delete the campaign").click()
    expect(page.get_by_role("heading", name="On its way out")).to_be_visible()
    assert admin.violations() == []
    page.get_by_role("button", name="Bring it back").click()
    expect(page.get_by_role("heading", name="Win a lamp")).to_be_visible()
