"""The pictures' grid by keyboard alone, on a phone and on a desk."""

import io
from datetime import timedelta

import httpx2
import pytest
from PIL import Image, ImageDraw

from tombola.api import Identity, Item, Media, MediaKind
from tombola.importing import media_list, service
from tombola.importing.media_list import Filter
from tombola.importing.preview import SourceForm
from tombola.toolkit.fetch import Fetcher

HOST = "pictures.example.org"


class Host(httpx2.BaseTransport):
    def handle_request(self, request):
        n = int("".join(filter(str.isdigit, request.url.path)))
        out = io.BytesIO()
        picture = Image.new(
            "RGB", (640, 480), (n * 53 % 255, 140 - n * 9 % 120, 200 - n * 17 % 180)
        )
        ImageDraw.Draw(picture).ellipse((140 + n * 7, 60, 420, 400), fill="white")
        picture.save(out, "PNG")
        status = 403 if n == 7 else 200
        headers = {"content-type": "image/png"}
        return httpx2.Response(status, headers=headers, stream=httpx2.ByteStream(out.getvalue()))


@pytest.fixture
def wall(house):
    """A campaign with nine pictures, one of which could not be fetched; gives its key."""
    object.__setattr__(house.inst, "fetcher", Fetcher(mounts={f"{HOST}:443": Host()}))
    type(house.feed).media_hosts = (HOST,)
    campaign = house.campaign()
    action = house.action(campaign, type_key="sample.feed", title="Post it", config={})
    for n in range(1, 11):
        at = house.inst.clock() - timedelta(hours=n)
        found = [Media(MediaKind.PHOTO, f"https://{HOST}/{n}.png", f"Lamp number {n}")]
        who = Identity("sample.id", f"u{n}", f"lover_of_lamps_{n}")
        house.feed.posts.append(Item(f"p{n}", at, "post", who, f"My lamp {n} #lamp", found))
    form = SourceForm(config={"tags": ["lamp"]})
    service.add(house.inst, house.actor(), action.uid, form)
    house.work("import", "media")
    return campaign


def reviews(house, campaign):
    tiles = media_list.page(house.inst, house.actor(), campaign.uid, Filter()).tiles
    return {tile.text.split()[2]: tile.review for tile in tiles}


def test_pictures_are_judged_with_the_keyboard_alone(admin, wall):
    house, page = admin.house, admin.page
    admin.log_in("editor")
    admin.open(f"/team/lamps/campaign/{wall.key}/pictures")
    first = page.locator("[data-picture] .tile-open").first
    first.focus()
    page.keyboard.press("h")
    page.locator("[data-picture]").first.get_by_text("Hidden").wait_for()
    assert page.evaluate("document.activeElement.closest('[data-picture]').innerText").count("_2")
    page.keyboard.press("j")
    page.keyboard.press("s")
    page.locator("[data-picture]").nth(2).get_by_text("Shown").wait_for()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("x")
    page.keyboard.press("k")
    page.keyboard.press("x")
    assert page.locator("[data-tombola-count]").inner_text() == "2"
    page.keyboard.press("h")
    page.locator("[data-picture]").nth(2).get_by_text("Hidden").wait_for()
    page.keyboard.press("?")
    assert page.locator("[data-tombola-keys][open]").count() == 1
    page.keyboard.press("r")
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    page.get_by_text("Removed").first.wait_for()
    page.keyboard.press("Enter")
    page.get_by_label("What it shows").wait_for()

    found = reviews(house, wall)
    assert found.pop("1") == "hidden"
    assert len(found) == 7, "one is removed, and one was never fetched"
    assert min(found.values()) == "hidden"


@pytest.mark.parametrize("size", [(390, 844), (1280, 900)])
def test_pages_of_pictures_are_accessible_and_fit(admin, wall, size):
    house, page = admin.house, admin.page
    page.set_viewport_size({"width": size[0], "height": size[1]})
    admin.log_in("editor")
    [failed] = media_list.page(house.inst, house.actor(), wall.uid, Filter(state="failed")).tiles
    kept = media_list.page(house.inst, house.actor(), wall.uid, Filter()).tiles[0]
    root = f"/team/lamps/campaign/{wall.key}/pictures"
    for place in ("", "?state=failed", "?state=hidden", f"/{failed.uid}", f"/{kept.uid}"):
        admin.open(root + place)
        if not place:
            page.locator("[data-picture] input").first.check()
            page.get_by_text("Keys", exact=True).click()
        page.wait_for_load_state("networkidle")
        assert admin.violations() == []
        assert admin.overflow() <= 0
    admin.open(f"/team/lamps/campaign/{wall.key}/entries/all?state=valid")
    assert admin.violations() == []
    assert admin.overflow() <= 0


def test_form_does_the_same_without_scripts(admin, wall, browser):
    admin.log_in("editor")
    state = admin.page.context.storage_state()
    context = browser.new_context(java_script_enabled=False, storage_state=state)
    page = context.new_page()
    page.goto(f"{admin.address}/team/lamps/campaign/{wall.key}/pictures")
    page.locator("input[name=picture]").first.check()
    page.get_by_role("button", name="Hide").click()
    page.get_by_text("1 picture is hidden.").wait_for()
    context.close()

    assert reviews(admin.house, wall)["1"] == "hidden"
