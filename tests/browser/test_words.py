"""A campaign's language and a team's own words, in a browser."""

import os

import pytest


@pytest.mark.parametrize("width", [390, 1280])
def test_team_says_the_button_its_own_way(admin, width):
    campaign = admin.house.campaign()
    admin.page.set_viewport_size({"width": width, "height": 900})
    admin.log_in("editor")
    admin.open(f"/team/lamps/campaign/{campaign.key}")
    admin.page.get_by_role("link", name="Words").click()
    admin.page.get_by_role("link", name="العربية").click()
    field = admin.page.get_by_label("Button to join in")
    assert field.get_attribute("placeholder") == "أشارك"
    assert field.get_attribute("dir") == "rtl"
    field.fill("أريد المصباح")
    admin.page.get_by_role("button", name="Save").click()
    admin.page.get_by_text("Saved.").wait_for()
    look(admin, f"words-{width}")
    admin.open(f"/team/lamps/campaign/{campaign.key}/settings")
    admin.page.get_by_label("Language", exact=True).select_option("ar")
    look(admin, f"settings-{width}")
    admin.page.get_by_role("button", name="Save").click()
    admin.page.wait_for_url(lambda url: url.endswith(campaign.key))
    admin.open(f"/team/lamps/campaign/{campaign.key}/page")
    admin.page.get_by_label("Link to the terms").fill("https://lamps.example/terms")
    admin.page.get_by_role("button", name="Save").first.click()
    admin.page.get_by_text("Saved. Entrants see it now.").wait_for()
    admin.open(f"/{campaign.key}")
    assert admin.page.locator("html").get_attribute("dir") == "rtl"
    assert admin.page.locator("a[href='https://lamps.example/terms']").count() == 1
    admin.page.get_by_role("button", name="أريد المصباح").wait_for()


def look(admin, name):
    folder = os.environ.get("TOMBOLA_SCREENSHOTS")
    if folder:
        admin.page.screenshot(path=f"{folder}/{name}.png", full_page=True)
    assert admin.violations() == []
    assert admin.overflow() == 0
