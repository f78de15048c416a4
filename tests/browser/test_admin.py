"""The team's and the operator's pages in a real browser."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from tombola.api import EntryDraft, Identity, Item, Media, MediaKind
from tombola.entrants.service import resolve
from tombola.entries.record import load_rules, record


def enter(house, campaign, action, names):
    """One entry for each name, a minute apart, the last the newest."""
    now = house.inst.clock()
    team_id = house.team.id
    authors = [Identity("x", str(n), handle=f"h{n}", name=name) for n, name in enumerate(names)]
    with house.inst.db.write() as conn:
        known = resolve(conn, team_id, authors, now)
    drafts = [
        EntryDraft(
            action_id=action.id,
            identity_id=known["x", str(n)].id,
            entrant_id=known["x", str(n)].entrant_id,
            key=str(n),
            cause_kind="import",
            occurred_at=now - timedelta(hours=len(names) - n),
            details={"said": f"word {n}"},
        )
        for n in range(len(names))
    ]
    with house.inst.db.write() as conn:
        record(conn, drafts, load_rules(conn, campaign.id), now)


def test_team_makes_a_campaign_with_an_action(admin):
    page = admin.page
    admin.log_in()
    page.get_by_role("link", name="Make the first one").click()
    page.get_by_label("Title").fill("Win a lamp")
    page.get_by_label("Starts").fill("2026-06-01T10:00")
    page.get_by_label("Ends").fill("2026-05-01T10:00")
    page.get_by_role("button", name="Make the campaign").click()
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_role("alert")).to_contain_text("The end has to come after the start.")
    assert admin.violations() == []
    page.get_by_label("Ends").fill("2026-07-01T10:00")
    page.get_by_label("Time zone").select_option("Europe/Berlin")
    page.get_by_role("button", name="Make the campaign").click()
    expect(page.get_by_role("heading", name="Win a lamp")).to_be_visible()
    page.get_by_role("link", name="Add the first action").click()
    page.get_by_role("link", name=re.compile("Secret word")).click()
    page.get_by_label("Title").fill("Say the word")
    page.get_by_label("Secret word").fill("two words")
    page.get_by_role("button", name="Add", exact=True).click()
    field = page.get_by_label("Secret word")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description("One word, without spaces. People type it.")
    expect(field).to_have_value("two words")
    page.get_by_role("link", name="Secret word").click()
    expect(field).to_be_focused()
    field.fill("taken")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(field).to_have_accessible_description(re.compile("in use elsewhere"))
    field.fill("moon")
    page.get_by_label("Worth").fill("4")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("4 entries once")).to_be_visible()


def test_new_campaign_begins_in_the_browsers_zone_on_that_zones_clock(admin):
    page = admin.page
    assert admin.house.campaign().zone == "Europe/Berlin"
    admin.log_in()
    admin.open("/team/lamps/new-campaign")
    expect(page.get_by_label("Time zone")).to_have_value("UTC")
    now = admin.house.inst.clock()
    expect(page.get_by_label("Starts")).to_have_value(f"{now:%Y-%m-%dT%H:%M}")
    end = now + timedelta(days=30)
    expect(page.get_by_label("Ends")).to_have_value(f"{end:%Y-%m-%dT%H:%M}")
    page.get_by_label("Time zone").select_option("Asia/Tokyo")
    page.get_by_role("button", name="Make the campaign").click()
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_label("Time zone")).to_have_value("Asia/Tokyo")


def test_actions_are_ordered_with_the_keyboard_alone(admin):
    campaign = admin.house.campaign()
    for title in ("First", "Second", "Third"):
        admin.house.action(campaign, title=title)
    admin.log_in()
    admin.open(f"/team/lamps/campaign/{campaign.key}")
    page = admin.page
    titles = page.locator(".way h3")
    expect(titles).to_have_text(["First", "Second", "Third"])
    up = page.get_by_role("button", name="Move “Third” up")
    up.focus()
    page.keyboard.press("Enter")
    expect(titles).to_have_text(["First", "Third", "Second"])
    expect(up).to_be_focused()
    page.keyboard.press("Enter")
    expect(titles).to_have_text(["Third", "First", "Second"])
    page.reload()
    expect(titles).to_have_text(["Third", "First", "Second"])


def test_dates_that_change_what_counts_ask_first_with_numbers(admin):
    house = admin.house
    campaign = house.campaign()
    enter(house, campaign, house.action(campaign), ["Ida", "Omar", "Noor"])
    admin.log_in()
    admin.open(f"/team/lamps/campaign/{campaign.key}/settings")
    page = admin.page
    # The entries are at 11, 12 and 13 o'clock in Berlin, the clock stands at 14.
    page.get_by_label("Starts").fill("2026-06-01T12:30")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("2 entries that count now will lie outside")
    assert admin.violations() == []
    page.get_by_role("button", name="Yes, save and recount").click()
    page.get_by_role("link", name="Actions", exact=True).click()
    expect(page.get_by_text("Outside the dates").locator("visible=true").first).to_be_visible()
    expect(page.locator(".stats dd").first).to_have_text("1")


def test_actions_tab_lists_filters_and_revokes(admin):
    house = admin.house
    campaign = house.campaign()
    names = [f"Person {n:03}" for n in range(60)]
    enter(house, campaign, house.action(campaign), names)
    admin.log_in()
    admin.open(f"/team/lamps/campaign/{campaign.key}/entries")
    page = admin.page
    rows = page.locator("tbody tr:not(#more)")
    expect(rows).to_have_count(50)
    expect(rows.first).to_contain_text("Person 059")
    assert admin.violations() == []
    page.get_by_role("link", name="Show more").click()
    expect(rows).to_have_count(60)
    expect(rows.last).to_contain_text("Person 000")
    expect(page.get_by_role("link", name="Show more")).to_have_count(0)
    page.get_by_label("Person", exact=True).fill("Person 007")
    page.get_by_role("button", name="Filter").click()
    expect(rows).to_have_count(1)
    page.get_by_label("Choose the entry of Person 007").check()
    page.get_by_role("button", name="Revoke").click()
    expect(page.get_by_label("Choose the entry of Person 007")).to_be_checked()
    expect(page.get_by_label("Reason")).to_be_focused()
    expect(page.get_by_label("Reason")).to_have_accessible_description(re.compile("Say why"))
    assert admin.violations() == []
    page.get_by_label("Reason").fill("The same person twice")
    page.get_by_role("button", name="Revoke").click()
    expect(rows.first).to_contain_text("Revoked")
    expect(rows.first).to_contain_text("The same person twice")
    expect(page.locator("#notices")).to_contain_text("1 entry revoked.")
    page.get_by_role("link", name=re.compile("^Person 007")).click()
    expect(page.get_by_role("heading", name="History")).to_be_visible()
    assert admin.violations() == []


def test_actions_tab_tells_of_new_entries(admin):
    house = admin.house
    campaign = house.campaign()
    action = house.action(campaign)
    enter(house, campaign, action, ["Ida"])
    admin.log_in()
    admin.open(f"/team/lamps/campaign/{campaign.key}/entries")
    enter(house, campaign, action, ["Ida", "Omar"])
    fresh = admin.page.get_by_role("link", name="1 new entry. Show it")
    fresh.click()
    expect(admin.page.locator("tbody tr")).to_have_count(2)


def test_strangers_text_does_nothing_but_stand_there(admin):
    house = admin.house
    campaign = house.campaign("<img src=x onerror=alert(1)>")
    evil = [
        "<script>window.hit=1</script>",
        "a\u202egpj.exe",
        "{{ 7*7 }}",
        "'\"><svg onload=window.hit=1>",
    ]
    enter(house, campaign, house.action(campaign), evil)
    admin.log_in()
    for path in ("", f"/campaign/{campaign.key}", f"/campaign/{campaign.key}/entries"):
        admin.open(f"/team/lamps{path}")
        assert admin.page.evaluate("window.hit") is None
    text = admin.page.locator("tbody").inner_text()
    assert "<script>window.hit=1</script>" in text
    assert "{{ 7*7 }}" in text
    assert "⟨U+202E⟩" in text


def test_operator_switches_what_a_plan_has(admin):
    admin.log_in("operator")
    admin.open("/operator/plans")
    page = admin.page
    box = page.get_by_label("Secret word in Business")
    expect(box).to_be_checked()
    box.uncheck()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#notices")).to_contain_text("Saved.")
    expect(box).not_to_be_checked()
    campaign = admin.house.campaign()
    page.context.clear_cookies()
    admin.log_in("owner")
    admin.open(f"/team/lamps/campaign/{campaign.key}/add")
    expect(page.get_by_text("is not part of the plan Business")).to_be_visible()
    expect(page.get_by_role("link", name="Secret word")).to_have_count(0)
    assert admin.violations() == []


def test_operator_sees_why_a_plugin_is_broken(admin):
    admin.log_in("operator")
    for path in ("/operator/plugins", "/operator/health"):
        admin.open(path)
        expect(admin.page.get_by_text("ZeroDivisionError: division by zero")).to_be_visible()


def test_secret_setting_is_stored_and_never_shown_again(admin):
    admin.log_in("operator")
    admin.open("/operator/plugins/sample")
    page = admin.page
    page.get_by_label("Key").fill("hush-hush-hush")
    page.get_by_role("button", name="Save").click()
    admin.open("/operator/plugins/sample")
    assert "hush-hush-hush" not in page.content()
    expect(page.get_by_label("Key")).to_have_attribute("placeholder", re.compile("stored"))


PAGES = {
    "owner": [
        "/your-teams",
        "/sessions",
        "/team/lamps",
        "/team/lamps/new-campaign",
        "/team/lamps/settings",
        "/team/lamps/settings/sample",
        "/team/lamps/campaign/{key}",
        "/team/lamps/campaign/{key}/settings",
        "/team/lamps/campaign/{key}/add",
        "/team/lamps/campaign/{key}/add/sample.word",
        "/team/lamps/campaign/{key}/action/{action}",
        "/team/lamps/campaign/{key}/entries",
        "/team/lamps/campaign/{key}/sources",
    ],
    "operator": [
        "/operator/teams",
        "/operator/plans",
        "/operator/plugins",
        "/operator/plugins/sample",
        "/operator/health",
    ],
}


@pytest.mark.parametrize("who", PAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_accessible_on_a_phone_and_a_desk(admin, who, scheme):
    house = admin.house
    campaign = house.campaign()
    action = house.action(campaign)
    enter(house, campaign, action, ["Ida", "Omar"])
    admin.page.emulate_media(color_scheme=scheme)
    admin.open("/log-in")
    wrong = [f"/log-in: {one}" for one in admin.violations()]
    admin.log_in(who)
    for path in PAGES[who]:
        admin.page.set_viewport_size({"width": 360, "height": 700})
        admin.open(path.format(key=campaign.key, action=action.uid))
        if admin.overflow():
            wrong.append(f"{path}: {admin.overflow()} px too wide for a phone")
        wrong += [f"{path} (phone): {one}" for one in admin.violations()]
        admin.page.set_viewport_size({"width": 1280, "height": 800})
        wrong += [f"{path} (desk): {one}" for one in admin.violations()]
    assert not wrong, "\n".join(wrong)


def test_log_in_menu_and_log_out_with_the_keyboard_alone(admin):
    page = admin.page
    admin.open("/log-in")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.get_by_label("E-mail address").focus()
    page.keyboard.type("owner@example.org")
    page.keyboard.press("Tab")
    page.keyboard.type("correct horse battery")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Campaigns")).to_be_visible()
    page.locator("summary").first.focus()
    page.keyboard.press("Enter")
    out = page.get_by_role("button", name="Log out")
    expect(out).to_be_visible()
    page.keyboard.press("Escape")
    expect(out).to_be_hidden()
    expect(page.locator("summary").first).to_be_focused()
    page.keyboard.press("Enter")
    out.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Welcome back")).to_be_visible()


def test_source_is_previewed_started_and_taken_back(admin):
    house = admin.house
    campaign = house.campaign()
    house.action(campaign, type_key="sample.feed", config={}, title="Post it")
    at = house.inst.clock() - timedelta(hours=1)
    photos = [Media(MediaKind.PHOTO)]
    house.feed.posts = [
        Item(str(n), at, "post", Identity("x", str(n), handle=f"h{n}"), f"lamp {n}", photos)
        for n in range(3)
    ]
    admin.log_in("editor")
    admin.open(f"/team/lamps/campaign/{campaign.key}/sources")
    page = admin.page
    page.get_by_role("link", name="Add a source").click()
    page.get_by_label("Tags").fill("lamps")
    page.get_by_role("button", name="Preview: what would it bring?").click()
    expect(page.get_by_role("heading", name="This is what it would bring")).to_be_visible()
    assert admin.violations() == []
    page.get_by_role("button", name="Start importing").click()
    expect(page.get_by_text("The first run begins in a moment.")).to_be_visible()
    house.work()
    # The page renews itself: nobody presses anything.
    take_back = page.get_by_role("button", name="Take back")
    expect(take_back).to_be_visible()
    assert admin.violations() == []
    take_back.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Take back the 3 entries of this run?")
    assert admin.violations() == []
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    take_back.click()
    dialog.get_by_role("button", name="Take back").click()
    expect(page.locator("#notices")).to_contain_text("3 entries were taken back.")
    expect(page.get_by_text("Taken back", exact=True)).to_be_visible()


def test_htmx_and_our_module_break_no_policy(admin):
    """Nothing that a page does is refused by the content policy, and nothing is logged."""
    said = []
    admin.page.on("console", lambda message: said.append(message.text))
    house = admin.house
    campaign = house.campaign()
    enter(house, campaign, house.action(campaign), ["Ida"])
    admin.log_in()
    for path in ("", "/entries", "/sources", "/settings", "/add/sample.word"):
        admin.open(f"/team/lamps/campaign/{campaign.key}{path}")
        admin.page.wait_for_load_state("networkidle")
    assert said == []
