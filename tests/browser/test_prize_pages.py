"""Pages of prizes and claims in a browser: accessible, by keyboard, on phones and desks."""

import os
import re

import pytest

from tombola.api import Identity
from tombola.campaigns import prizes
from tombola.campaigns.prizes import Delivery, PrizeForm
from tombola.campaigns.rules import Kind
from tombola.entrants import service as entrants
from tombola.rewards import codes, deciding, listing
from tombola.rewards.listing import Filter
from tombola.rewards.service import Wanted, claim


def look(admin, name):
    folder = os.environ.get("TOMBOLA_SCREENSHOTS")
    if folder:
        admin.page.screenshot(path=f"{folder}/{name}.png", full_page=True)
    assert admin.violations() == []
    assert admin.overflow() == 0


def claims(house, campaign, prize, name):
    now = house.inst.clock()
    with house.inst.db.write() as conn:
        seen = Identity("net.x", name, name=name)
        found = entrants.resolve(conn, campaign.team_id, [seen], now)["net.x", name]
    claim(house.inst, Wanted(campaign, prize.uid, found.entrant_id, (), lambda *_: ("", "")))


@pytest.mark.parametrize("width", [390, 1280])
def test_team_adds_a_reward_with_its_codes_and_orders_prizes(admin, width):
    campaign = admin.house.campaign("Thanks", kind=Kind.REWARD)
    admin.page.set_viewport_size({"width": width, "height": 900})
    admin.log_in("editor")
    admin.open(f"/team/lamps/campaign/{campaign.key}")
    admin.page.get_by_role("link", name="Prizes").click()
    look(admin, f"prizes-none-{width}")
    admin.page.get_by_role("link", name="Add the first prize").click()
    admin.page.get_by_label("Title").fill("A tea towel")
    look(admin, f"prize-new-{width}")
    admin.page.get_by_role("button", name="Add").click()
    admin.page.get_by_text("Now bring its codes.").wait_for()
    admin.page.get_by_role("button", name="Add these codes").click()
    admin.page.locator("#codes [aria-invalid]").wait_for()
    look(admin, f"codes-wrong-{width}")
    admin.page.get_by_label("or write them here").fill("TEA-1\nTEA-2\nTEA-1")
    admin.page.get_by_role("button", name="Add these codes").press("Enter")
    admin.page.get_by_text("2 codes added. 1 line repeats").wait_for()
    look(admin, f"codes-{width}")
    form = PrizeForm(title="A letter of thanks", delivery=Delivery.CONTACT, stock=0, needs=9)
    prizes.add(admin.house.inst, admin.house.actor(), campaign.uid, form)
    admin.open(f"/team/lamps/campaign/{campaign.key}/prizes")
    admin.page.get_by_role("button", name="Move “A letter of thanks” up").press("Enter")
    admin.page.locator("li", has_text=re.compile("letter of thanks")).first.wait_for()
    look(admin, f"prizes-{width}")


@pytest.mark.parametrize("width", [390, 1280])
def test_team_delivers_and_takes_back(admin, width):
    house = admin.house
    campaign = house.campaign("Thanks", kind=Kind.REWARD)
    coded = PrizeForm(title="A tea towel", delivery=Delivery.CODE)
    towel = prizes.add(house.inst, house.actor(), campaign.uid, coded)
    codes.take(house.inst, house.actor(), campaign.uid, towel.uid, ["TEA-1", "TEA-2", "TEA-3"])
    call = PrizeForm(title="A visit to the tea room with a friend of yours")
    visit = prizes.add(house.inst, house.actor(), campaign.uid, call)
    for name in ("Anna", "Bertram von Hohenlohe-Langenburg", "Carl"):
        claims(house, campaign, towel, name)
    claims(house, campaign, visit, "Dora")
    first = listing.page(house.inst, house.actor(), campaign.uid, Filter())[-1]
    deciding.take_back(house.inst, house.actor(), campaign.uid, first.uid, "Entered twice.")
    admin.page.set_viewport_size({"width": width, "height": 900})
    admin.log_in("editor")
    admin.open(f"/team/lamps/campaign/{campaign.key}/rewards")
    look(admin, f"rewards-{width}")
    admin.page.get_by_label("Choose Dora").check()
    look(admin, f"rewards-chosen-{width}")
    admin.page.get_by_role("button", name="Delivered", exact=True).click()
    admin.page.get_by_text("1 is delivered.").wait_for()
    row = admin.page.locator("tr", has_text="Carl")
    row.locator("summary").press("Enter")
    row.get_by_role("button", name="Take back").click()
    admin.page.locator("[aria-invalid]:focus").wait_for()
    look(admin, f"rewards-wrong-{width}")
    admin.page.keyboard.type("A bot.")
    admin.page.keyboard.press("Enter")
    admin.page.get_by_text("Its code was not seen and is free again.").wait_for()
