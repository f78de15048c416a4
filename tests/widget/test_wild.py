"""Pages as people write them for Gleam, with nothing changed but the host of the scripts."""

from datetime import timedelta
from pathlib import Path

import pytest

from tombola.campaigns import actions, service
from tombola.campaigns.rules import ActionForm, CampaignForm
from tombola.testing.clock import NOON

pytestmark = pytest.mark.plugins("custom_tracking")
PAGES = Path(__file__).parent / "wild"


@pytest.fixture
def inst(sqlite_inst):
    """What the pages of two sites do, no database can change."""
    return sqlite_inst


@pytest.fixture(autouse=True)
def no_foreign_cookies(page):
    """The usual browser: it refuses what third parties would keep."""
    page.context.new_cdp_session(page).send(
        "Network.setCookieControls",
        {
            "enableThirdPartyCookieRestriction": True,
            "disableThirdPartyCookieMetadata": True,
            "disableThirdPartyCookieHeuristics": True,
        },
    )


@pytest.fixture
def wild(shop, tombola):
    """Gives the address of a page; its scripts come from us."""
    shop.put("<title>thanks</title><p>thanks</p>", "/thanks")

    def put(name):
        text = (PAGES / f"{name}.html").read_text()
        return shop.put(text.replace("HOST", tombola.partition("//")[2]), f"/{name}.html")

    return put


def join(place):
    place.get_by_label("Your name").fill("Anna")
    place.get_by_label("E-mail address").fill("anna@mail.example")
    place.get_by_role("button", name="Join in").click()
    place.locator(".you").wait_for()


def follow(page, tombola):
    """Take part on the landing page, then follow the action's link to the site."""
    page.goto(f"{tombola}/y2sB7")
    join(page)
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Go there").first.click()
    said = []
    opened.value.on("console", lambda message: said.append(message.text))
    opened.value.wait_for_load_state()
    return opened.value, said


def done(place, *wanted):
    for action in wanted:
        place.locator(f"#a-{action.uid}.done").wait_for()


def second_campaign(site, *names):
    form = CampaignForm(
        title="Win a helmet",
        zone="UTC",
        starts_at=NOON - timedelta(days=10),
        ends_at=NOON + timedelta(days=10),
    )
    made = service.create(site.inst, site.actor, form, key="abcde")
    action = ActionForm(
        type_key="custom_tracking.custom",
        title="Do it",
        config={"completed_by": "tracking", "signals": names or ("other",)},
        worth=1,
    )
    return actions.add(site.inst, site.actor, made.uid, action)


def test_snippet_in_the_head(page, console, site, tombola, wild):
    action = site.action("VIP", link=wild("head_snippet"), link_label="Go there")
    _, said = follow(page, tombola)
    done(page, action)
    assert [row["details"] for row in site.entries()] == [{"VIP": "gold"}]
    assert said == []


def test_posts_of_a_blog(page, console, site, tombola, wild):
    action = site.action()
    second_campaign(site)
    page.goto(wild("blog_posts"))
    first, second = (page.frame_locator(f"article:nth-of-type({n}) iframe") for n in (1, 2))
    second.get_by_role("heading", name="Win a helmet").wait_for()
    join(first)
    first.get_by_label("Why?").fill("because")
    first.get_by_role("button", name="Send").click()
    done(first, action)


def test_loader_behind_a_guard_in_the_footer_too(page, console, site, tombola, wild):
    action = site.action()
    page.goto(wild("guarded_loader"))
    frame = page.frame_locator("iframe")
    join(frame)
    frame.get_by_label("Why?").fill("because")
    frame.get_by_role("button", name="Send").click()
    done(frame, action)
    assert page.locator("iframe").count() == 1


def test_delegated_clicks_with_a_callback_that_redirects(page, console, site, tombola, wild):
    action = site.action("Coupon", link=wild("delegated_clicks"), link_label="Go there")
    shop, said = follow(page, tombola)
    shop.get_by_role("link", name="Claim the coupon").click()
    shop.wait_for_url("**/thanks")
    done(page, action)
    assert [row["details"] for row in site.entries()] == [{"Coupon": "SPRING"}]
    assert said == []


def test_app_that_mounts_and_unmounts(page, console, site, tombola, wild):
    action = site.action("ProfileComplete")
    page.goto(wild("single_page_app"))
    frame = page.frame_locator("iframe")
    join(frame)
    done(frame, action)
    for _ in range(2):
        page.locator("#home").click()
        page.wait_for_function("!document.querySelector('iframe')")
        page.locator("#profile").click()
        done(frame, action)
    assert [row["details"] for row in site.entries()] == [{"ProfileComplete": "true"}]


def test_tag_manager(page, console, site, tombola, wild):
    address = wild("tag_manager")
    wanted = [site.action(n, link=address, link_label="Go there") for n in ("Purchase", "Total")]
    _, said = follow(page, tombola)
    done(page, *wanted)
    assert [row["details"] for row in site.entries()] == [{"Purchase": "A-1017"}, {"Total": "49.5"}]
    assert said == []


def test_local_queue_in_a_module(page, console, site, tombola, wild):
    action = site.action("quiz", link=wild("local_queue"), link_label="Go there")
    shop, said = follow(page, tombola)
    shop.get_by_role("button", name="Finish").click()
    done(page, action)
    assert said == []


def test_each_minute_of_a_film(page, console, site, tombola, wild):
    action = site.action("watch", link=wild("video_minutes"), link_label="Go there")
    shop, said = follow(page, tombola)
    shop.wait_for_function("document.title == 'over'")
    done(page, action)
    assert len(site.entries()) == 1
    assert said == []


def test_form_that_leaves_the_page(page, console, site, tombola, wild):
    address = wild("checkout_form")
    wanted = [site.action(n, link=address, link_label="Go there") for n in ("Signup", "Lead")]
    shop, said = follow(page, tombola)
    shop.get_by_role("button", name="Subscribe").click()
    shop.wait_for_url("**/thanks*")
    done(page, *wanted)
    assert said == []


def test_overlay_and_tracking_script_on_one_page(page, console, site, tombola, wild):
    action = site.action("AddToCart")
    page.goto(wild("overlay_with_tracking"))
    page.get_by_role("button", name="Win a bicycle").wait_for()
    page.get_by_role("button", name="Add to cart").click()
    page.get_by_role("button", name="Our competition").click()
    frame = page.frame_locator("iframe")
    join(frame)
    done(frame, action)
    assert [row["details"] for row in site.entries()] == [{"AddToCart": "bell"}]


def test_two_campaigns_of_one_page(page, console, site, tombola, wild):
    address = wild("two_campaigns")
    action = site.action("page-visit", link=address, link_label="Go there")
    other = second_campaign(site, "page-visit")
    _, said = follow(page, tombola)
    done(page, action)
    page.goto(f"{tombola}/abcde")
    done(page, other)
    assert said == []


def test_game_that_listens(page, console, site, tombola, wild):
    site.action("Level")
    site.action()
    page.goto(wild("listening_game"))
    page.wait_for_function("document.title == 'unlocked'")
    frame = page.frame_locator("iframe")
    join(frame)
    frame.get_by_label("Why?").fill("because")
    frame.get_by_role("button", name="Send").click()
    page.wait_for_function("document.getElementById('steps').textContent != 'none'")
    assert page.locator("#steps").inner_text() in {"Do tell", "Do Level"}
