"""A draw by mouse and keyboard, from its plan to the published winners, as it is looked at."""

import os
from datetime import timedelta
from importlib import util
from pathlib import Path

import pytest
from sqlalchemy import select

from tombola.campaigns import prizes
from tombola.campaigns.prizes import PrizeForm
from tombola.draws import service
from tombola.draws.models import draw
from tombola.entrants.models import entrant

pytestmark = pytest.mark.browser
NAMES = (
    "Anna Maria Ångström", "Bert Cole", "Cléo Dorn", "محمد الأحمد", "王小明", "佐藤 花子",
    "김민준", "Dmitri Ivanov", "Eva-Lotte von der Lanken", "Fi Ohara", "Gül Şahin", "Hạnh Trần",
    "Ines", "Jo Ng", "Käthe Groß",
)  # fmt: skip


def _halls():
    """The hall of the tests of draws; a folder of tests is no package."""
    place = Path(__file__).parents[1] / "draws" / "conftest.py"
    spec = util.spec_from_file_location("halls", place)
    assert spec is not None
    assert spec.loader is not None
    made = util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


@pytest.fixture
def hall(sqlite_database, clock, tmp_path):
    made = _halls().make_hall(
        sqlite_database, clock, tmp_path / "data", starts_at=clock() - timedelta(days=20),
        ends_at=clock() - timedelta(hours=2),
    )  # fmt: skip
    for n, name in enumerate(NAMES):
        at = clock() - timedelta(days=1 + n)
        number = made.enter(f"person{n}", 1 + n * 7 % 5, at=at)
        with made.inst.db.write() as conn:
            conn.execute(entrant.update().where(entrant.c.id == number).values(name=name))
    for title, winners in (("A brass lamp with a green shade", 3), ("Mug", 5)):
        form = PrizeForm(title=title, winners=winners)
        prizes.add(made.inst, made.actor, made.campaign.uid, form)
    return made


@pytest.fixture
def house(hall):
    return hall.house


@pytest.fixture
def base(hall):
    return f"/team/lamps/campaign/{hall.campaign.key}/winners"


def look(admin, name):
    folder = os.environ.get("TOMBOLA_SCREENSHOTS")
    for width in (390, 1280):
        admin.page.set_viewport_size({"width": width, "height": 900})
        if folder:
            admin.page.screenshot(path=f"{folder}/{name}-{width}.png", full_page=True)
        assert admin.violations() == []
        assert admin.overflow() == 0


def test_from_the_plan_to_the_published_winners(admin, hall, base):  # noqa: PLR0915 - one walk
    page = admin.page
    admin.log_in("editor")
    admin.open(base)
    look(admin, "winners-empty")
    page.get_by_role("link", name="Plan a draw").click()
    page.get_by_label("Name of the draw").fill("The lamps of June")
    page.get_by_label("Backups").fill("4")
    page.get_by_label("One beacon").check()
    look(admin, "winners-plan")
    page.get_by_role("button", name="Go on to the pool").click()
    page.get_by_text("would take part", exact=True).wait_for()
    page.get_by_label("Name, address or user name").fill("Bert")
    page.get_by_role("button", name="Find").click()
    page.get_by_placeholder("Why (published)").fill("works for us")
    look(admin, "winners-found")
    page.get_by_role("button", name="Leave out").click()
    page.get_by_role("button", name="Let in").wait_for()
    page.get_by_text("works for us").first.wait_for()
    page.get_by_text("would take part", exact=True).wait_for()
    look(admin, "winners-pool")
    page.get_by_role("button", name="Close and draw").press("Enter")
    dialog = page.get_by_role("dialog")
    assert "Draw from 14 people" in dialog.inner_text()
    assert "8 winners" in dialog.inner_text()
    page.keyboard.press("Escape")
    with hall.inst.db.read() as conn:
        assert conn.execute(select(draw.c.state)).scalar() == "planned"
    page.get_by_role("button", name="Close and draw").click()
    dialog.get_by_role("button", name="Close and draw").click()
    page.get_by_role("heading", name="The draw is on its way").wait_for()
    hall.work()
    page.get_by_text("It comes into the world at").wait_for()
    look(admin, "winners-steps")
    [made] = service.of_campaign(hall.inst, hall.actor, hall.campaign.uid)
    hall.run(made)
    page.get_by_role("heading", name="Winners", exact=True).wait_for()
    look(admin, "winners-drawn")
    first = hall.winners(made)[0]
    page.get_by_text("Pass over").first.click()
    page.get_by_label("Why (kept with the place").first.fill("never answered")
    page.get_by_role("button", name="Pass over").first.click()
    assert "It goes to place 9" in dialog.inner_text()
    dialog.get_by_role("button", name="Pass over").click()
    page.get_by_text("never answered").wait_for()
    page.get_by_label("Names").select_option("initials")
    page.get_by_role("button", name="Publish").click()
    assert "8 winners" in dialog.inner_text()
    dialog.get_by_role("button", name="Publish").click()
    page.get_by_role("heading", name="Published", exact=True).wait_for()
    look(admin, "winners-published")
    admin.open(base)
    look(admin, "winners-list")
    admin.open("/draw/1")
    assert first.name not in page.content()
    look(admin, "result")
    admin.open("/draw")
    look(admin, "log")
    admin.open(f"/{hall.campaign.key}")
    page.get_by_role("heading", name="Winners", exact=True).wait_for()
    assert first.name not in page.content()
    look(admin, "landing")
    page.get_by_role("link", name="How it was drawn").click()
    page.wait_for_url("**/draw/1")


def test_witnesses_and_dice_are_waited_for(admin, hall, base):
    made = hall.plan(grade="C", witnesses=["Ada Lovelace", "Blaise Pascal"])
    admin.log_in("editor")
    admin.open(f"{base}/{made.uid}")
    admin.page.get_by_text("Every witness has to commit").wait_for()
    look(admin, "winners-witnesses")
    rolled = hall.plan(grade="C")
    service.close(hall.inst, hall.actor, rolled.uid)
    hall.work()
    admin.open(f"{base}/{rolled.uid}")
    look(admin, "winners-dice")
    admin.page.get_by_label("The rolls").fill("12")
    admin.page.get_by_role("button", name="Draw with these dice").click()
    admin.page.get_by_role("dialog").get_by_role("button", name="Draw with these dice").click()
    admin.page.get_by_text("digits from 1 to 6, in the order").wait_for()
    look(admin, "winners-dice-wrong")


def test_void_and_failed_draws_say_why(admin, hall, base):
    hall.drawn()
    made = hall.get(service.of_campaign(hall.inst, hall.actor, hall.campaign.uid)[0])
    service.void(hall.inst, hall.actor, made.uid, "The lamp fell off the table.")
    failed = hall.run(hall.plan(since=hall.clock() - timedelta(minutes=1)))
    admin.log_in("viewer")
    admin.open(f"{base}/{made.uid}")
    look(admin, "winners-void")
    admin.open(f"{base}/{failed.uid}")
    assert admin.page.get_by_text("It could not be drawn").is_visible()
    look(admin, "winners-failed")
    admin.open(base)
    look(admin, "winners-list-mixed")


def test_wrong_plan_leads_to_what_is_wrong(admin, hall, base):
    admin.log_in("editor")
    admin.open(f"{base}/new")
    for field in admin.page.locator(".prize-lines input[type=number]").all():
        field.fill("")
    admin.page.get_by_role("button", name="Go on to the pool").click()
    admin.page.get_by_text("This needs your attention").wait_for()
    look(admin, "winners-plan-wrong")


@pytest.mark.parametrize(("shape", "size"), [("square", (1080, 1080)), ("wide", (1200, 630))])
def test_announcement_is_saved_as_a_picture(admin, hall, base, shape, size):
    made = hall.drawn(
        prizes=[{"title": "A brass lamp", "winners": 2}, {"title": "Mug", "winners": 9}]
    )
    admin.log_in("editor")
    here = base.replace("winners", f"draws/{made.uid}/announcement")
    admin.open(f"{here}?shape={shape}&names=full")
    look(admin, f"announcement-{shape}")
    with admin.page.expect_download() as got:
        admin.page.get_by_role("button", name="Save as PNG").click()
    made_png = got.value.path().read_bytes()
    assert made_png[:8] == b"\x89PNG\r\n\x1a\n"
    assert tuple(int.from_bytes(made_png[n : n + 4]) for n in (16, 20)) == size
    folder = os.environ.get("TOMBOLA_SCREENSHOTS")
    if folder:
        got.value.save_as(f"{folder}/picture-{shape}.png")
