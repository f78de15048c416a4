"""A campaign's set-up in a real browser, on a computer and on a phone."""

import re
from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import expect

from tombola.campaigns import service

SIZES = [(390, 844), (1280, 900)]


@pytest.mark.parametrize("size", SIZES)
def test_every_page_of_the_set_up_is_fit_for_everybody(admin, size):
    house, page = admin.house, admin.page
    made = house.campaign(description="One **lamp**.")
    action = house.action(made)
    at = f"/team/lamps/campaign/{made.key}"
    admin.log_in()
    page.set_viewport_size({"width": size[0], "height": size[1]})
    for path in (
        at, f"{at}/settings", f"{at}/page", f"{at}/who", f"{at}/details", f"{at}/preview",
        f"{at}/preview?size=phone&as=in", f"{at}/duplicate", f"{at}/dates/end",
        f"{at}/dates/extend", f"{at}/action/{action.uid}", f"{at}/action/{action.uid}/remove",
        "/team/lamps", "/team/lamps/templates", "/team/lamps/templates/ready/check_in",
    ):  # fmt: skip
        admin.open(path)
        assert admin.violations() == [], path
        assert admin.overflow() == 0, path


def test_pictures_texts_and_preview(admin, tmp_path):
    house, page = admin.house, admin.page
    made = house.campaign()
    admin.log_in()
    admin.open(f"/team/lamps/campaign/{made.key}")
    page.get_by_role("link", name="Page", exact=True).click()
    out = BytesIO()
    Image.new("RGB", (1200, 700), "#b3372a").save(out, "PNG")
    page.get_by_label("Add a picture").set_input_files(
        {"name": "lamp.png", "mimeType": "image/png", "buffer": out.getvalue()}
    )
    page.locator("#alt").fill("A red lamp")
    page.get_by_role("button", name="Add the picture").click()
    expect(page.get_by_text("Being drawn")).to_be_visible()
    house.work("campaign_picture")
    picture = page.get_by_role("img", name="A red lamp")
    expect(picture).to_be_visible()
    assert picture.evaluate("it => it.naturalWidth") == 1200
    page.get_by_label("Description").fill("Win **it**")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved. Entrants see it now.")).to_be_visible()
    page.get_by_role("link", name="Preview").first.click()
    inside = page.frame_locator("iframe")
    expect(inside.get_by_role("img", name="A red lamp")).to_be_visible()
    expect(inside.locator("strong", has_text="it")).to_be_visible()
    inside.get_by_label("Your name").fill("Ann")
    inside.get_by_label("E-mail address").fill("ann@mail.example")
    inside.get_by_role("button", name="Join in").click()
    expect(inside.get_by_text("You are in as")).to_be_visible()
    expect(inside.get_by_text("Preview: nothing is recorded")).to_be_visible()
    page.get_by_label("On").select_option("phone")
    page.get_by_label("Who looks").select_option("in")
    page.get_by_role("button", name="Look").click()
    expect(inside.get_by_text("You are in as")).to_be_visible()


def test_who_may_enter_and_what_is_asked(admin):
    house, page = admin.house, admin.page
    made = house.campaign()
    admin.log_in()
    admin.open(f"/team/lamps/campaign/{made.key}/who")
    page.get_by_label("Minimum age").fill("18")
    page.get_by_label("Only people of the countries chosen below").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_be_focused()
    page.get_by_role("link", name="Countries").click()
    expect(page.locator("#f-countries")).to_be_focused()
    page.get_by_label("Germany", exact=True).check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    page.get_by_role("link", name="What is asked").click()
    page.get_by_role("group", name="Phone number").get_by_label("If they like").check()
    page.get_by_label("Question", exact=True).fill("Your size")
    page.get_by_label("Answer", exact=True).select_option("choice")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_be_focused()
    page.get_by_role("alert").get_by_role("link").click()
    expect(page.locator("#q-0-options")).to_be_focused()
    page.keyboard.type("S\nM")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    expect(page.get_by_label("Question", exact=True)).to_have_count(2)
    kept = service.get(house.inst, house.actor(), made.uid)
    assert kept.asks.questions[0].options == ("S", "M")
    assert kept.eligibility.countries == ("DE",)


def test_end_now_and_take_it_back_by_keyboard(admin):
    house, page = admin.house, admin.page
    made = house.campaign()
    admin.log_in()
    admin.open(f"/team/lamps/campaign/{made.key}")
    page.get_by_role("link", name="End now").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="End now").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("It has ended.")).to_be_visible()
    expect(page.get_by_text("Ended", exact=True)).to_be_visible()
    page.get_by_role("link", name="Take the last change of dates back").click()
    page.get_by_role("button", name=re.compile("Take the last change")).click()
    expect(page.get_by_text("Running", exact=True)).to_be_visible()


def test_begin_from_a_template(admin):
    page = admin.page
    admin.log_in()
    page.get_by_role("link", name="Begin from a template").click()
    page.get_by_role("link", name=re.compile("^Check in|Check in")).first.click()
    page.get_by_label("Title").fill("Find the word")
    page.get_by_role("button", name="Begin").click()
    expect(page.get_by_role("heading", name="Find the word")).to_be_visible()
    page.get_by_role("link", name="Duplicate").click()
    page.get_by_role("button", name="Keep as a template").click()
    expect(page.get_by_role("heading", name="Your own")).to_be_visible()
    expect(page.get_by_role("link", name="Find the word", exact=True)).to_be_visible()
