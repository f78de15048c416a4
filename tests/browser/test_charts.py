"""The Charts tab as it is looked at, and the saved views and files beside the Actions tab."""

import os
from datetime import timedelta

import pytest
from sqlalchemy import select

from tombola.api import EntryDraft, Identity
from tombola.entrants.service import resolve
from tombola.entries import downloads, jobs
from tombola.entries.models import entry
from tombola.entries.record import load_rules, record
from tombola.queue import runner
from tombola.queue.kinds import House as Duties
from tombola.queue.kinds import Kinds

pytestmark = pytest.mark.browser


@pytest.fixture
def busy(house):
    """A campaign of forty days with two actions and some hundred entries."""
    now = house.inst.clock()
    dates = {"starts_at": now - timedelta(days=40), "ends_at": now + timedelta(days=5)}
    campaign = house.campaign("Win a lamp", **dates)
    titles = ("Say the word", "Visit the shop")
    made = [house.action(campaign, title=title, interval="unlimited") for title in titles]
    with house.inst.db.write() as conn:
        people = [Identity("x", str(n), handle=f"person{n}") for n in range(20)]
        known = list(resolve(conn, house.team.id, people, now).values())
        drafts = [
            EntryDraft(
                made[n % 3 % 2].id, known[n % 20].id, known[n % 20].entrant_id, str(n), "event",
                occurred_at=now - timedelta(days=n * n % 38, hours=n % 7),
                details={"Order": f"A-{n}"},
            )
            for n in range(300)
        ]  # fmt: skip
        record(conn, drafts, load_rules(conn, campaign.id), now)
    return f"/team/lamps/campaign/{campaign.key}"


def look(admin, name):
    folder = os.environ.get("TOMBOLA_SCREENSHOTS")
    for width in (390, 1280):
        admin.page.set_viewport_size({"width": width, "height": 900})
        if folder:
            admin.page.screenshot(path=f"{folder}/{name}-{width}.png", full_page=True)
        assert admin.violations() == []
        assert admin.overflow() == 0


def test_bars_say_what_the_ledger_says(admin, busy, house):
    admin.log_in("viewer")
    admin.open(f"{busy}/charts?days=0")
    with house.inst.db.read() as conn:
        valid = len(conn.execute(select(entry.c.id).where(entry.c.state == "valid")).all())
    assert valid > 250
    assert admin.page.get_by_role("heading", name=f"{valid} entries that count").is_visible()
    admin.page.get_by_text("The same as a table").click()
    cells = admin.page.locator("tbody tr td:last-child").all_inner_texts()
    assert sum(int(cell) for cell in cells) == valid
    heights = admin.page.locator(".chart-bars rect").evaluate_all(
        "all => all.map(one => Number(one.getAttribute('height')))"
    )
    assert len(heights) > 30
    assert max(heights) <= 300
    look(admin, "charts")
    admin.page.get_by_label("Colours").select_option("source")
    admin.page.get_by_role("button", name="Show").click()
    admin.page.wait_for_url("**by=source**")
    assert "Tracking" in admin.page.locator(".chart-key").inner_text()


def test_campaign_without_entries_says_so(admin, house):
    campaign = house.campaign()
    admin.log_in("viewer")
    admin.open(f"/team/lamps/campaign/{campaign.key}/charts?by=nonsense&days=x")
    assert admin.page.get_by_text("Nothing to draw yet").is_visible()


def test_view_is_saved_and_a_file_made_by_mouse(admin, busy, house):
    admin.log_in("editor")
    admin.open(f"{busy}/entries")
    admin.page.get_by_label("Status").select_option("valid")
    admin.page.get_by_role("button", name="Filter").click()
    admin.page.wait_for_url("**state=valid**")
    admin.page.get_by_label("Name of the view").fill("What counts")
    admin.page.get_by_role("button", name="Save this view").click()
    admin.page.get_by_role("link", name="What counts").wait_for()
    look(admin, "saved-view")
    admin.page.get_by_text("Download these entries").click()
    admin.page.get_by_role("button", name="Make the file").click()
    admin.page.wait_for_url("**/files")
    look(admin, "files-writing")
    kinds = Kinds(jobs.kinds())
    runner.run(Duties(site=house.inst, kinds=kinds), kinds[downloads.WRITE])
    link = admin.page.get_by_role("link", name="Download")
    link.wait_for()
    look(admin, "files-ready")
    with admin.page.expect_download() as got:
        link.click()
    assert got.value.path().read_text(encoding="utf-8").count("\n") > 250
