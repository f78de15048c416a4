"""The team's page about tracking, in a real browser: copied, tried, turned green, mended."""

import threading
from pathlib import Path

import pytest
from sqlalchemy import select
from werkzeug.serving import make_server

from tombola.plugins.loader import load
from tombola.testing import house as houses
from tombola.testing.house import PASSWORD
from tombola.widget import hot
from tombola.widget.models import event
from tombola.widget.samples import RECIPES

AXE = Path(__file__).parent.parent / "browser" / "vendor" / "axe-4.14.1.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


class Desk:
    """A member's browser on the page of a campaign that is tracked."""

    def __init__(self, house, page, address):
        self.house, self.page, self.address = house, page, address
        self.campaign = house.campaign()

    @property
    def path(self):
        return f"/team/lamps/campaign/{self.campaign.key}/tracking"

    def action(self, *names, title="Buy a lamp", **config):
        words = {"completed_by": "tracking", "signals": names, **config}
        return self.house.action(
            self.campaign, type_key="custom_tracking.custom", title=title, config=words
        )

    def log_in(self, who="editor"):
        self.page.goto(f"{self.address}/log-in")
        self.page.get_by_label("E-mail address").fill(f"{who}@example.org")
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Log in").click()
        self.page.wait_for_url(lambda url: "/log-in" not in url)

    def open(self):
        answer = self.page.goto(self.address + self.path)
        assert answer is not None
        assert answer.status == 200

    def push(self, name, value="1017"):
        """What a page's script would send."""
        tracker = self.house.app.extensions[hot.NAME].tracker
        body = f'{{"v": "visitor-1", "k": ["{self.campaign.key}"], "e": [["{name}", "{value}"]]}}'
        return tracker.take(body.encode(), "https://shop.example")

    def events(self):
        with self.house.inst.db.read() as conn:
            return list(conn.execute(select(event.c.name)).scalars())

    def faults(self):
        found = self.page.evaluate(f"{AXE.read_text()}; axe.run(document, {{runOnly: {RULES}}})")
        return [
            f"{one['id']} at {node['html'][:160]}"
            for one in found["violations"]
            for node in one["nodes"]
        ]


@pytest.fixture
def desk(sqlite_database, clock, tmp_path, page):
    found = [plugin for plugin in load() if plugin.slug == "custom_tracking"]
    house = houses.build(sqlite_database, clock, tmp_path / "data", found)
    # What a team changes is true with the next push.
    house.app.extensions[hot.NAME] = hot.make(house.inst, fresh_s=0)
    server = make_server("127.0.0.1", 0, house.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Desk(house, page, f"http://localhost:{server.server_port}")
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("width", [390, 1280])
def test_page_is_accessible_with_everything_open(desk, page, width):
    desk.action("Purchase", proof="signed")
    desk.action("VIP", "vip2", title="Become a VIP")
    desk.action("Paid", title="Pay", proof="server")
    desk.push("vip")
    desk.log_in()
    page.set_viewport_size({"width": width, "height": 900})
    desk.open()
    assert desk.faults() == []
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wide) == 0
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    page.get_by_role("button", name="Try it").click()
    page.get_by_text("Only tried").wait_for()
    assert desk.faults() == []
    assert page.evaluate(wide) == 0


def test_turns_green_without_reload_and_says_where_from_with_what(desk, page):
    desk.action("Purchase")
    desk.log_in()
    desk.open()
    news = page.locator("#news")
    news.get_by_text("Waiting for the first event").wait_for()
    page.evaluate("window.same = true")
    desk.push("Purchase", "1017")
    news.get_by_text("It works").wait_for()
    assert news.get_by_text("https://shop.example").is_visible()
    assert news.get_by_text("1017").is_visible()
    assert page.evaluate("window.same")


def test_page_with_nothing_new_is_left_as_it_is(desk, page):
    desk.action("Purchase")
    desk.log_in()
    desk.open()
    page.evaluate("document.getElementById('news').dataset.mine = 'kept'")
    with page.expect_response(lambda answer: "/tracking/news" in answer.url) as told:
        pass
    assert told.value.status == 204
    assert page.locator("#news").get_attribute("data-mine") == "kept"


def test_copy_button_works_by_keyboard_and_says_so(desk, page):
    desk.action("Purchase")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=desk.address)
    desk.log_in()
    desk.open()
    button = page.get_by_role("button", name="Copy Tracking script")
    button.focus()
    page.keyboard.press("Enter")
    page.get_by_text("Copied", exact=True).wait_for()
    assert "Copied" in page.locator("#copy-said").text_content()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == page.locator("#loader").text_content()
    assert desk.campaign.key in copied


def test_closed_clipboard_selects_the_text_and_says_so(desk, page):
    desk.action("Purchase")
    page.add_init_script("navigator.clipboard.writeText = () => Promise.reject(Error('closed'))")
    desk.log_in()
    desk.open()
    page.get_by_role("button", name="Copy Tracking script").click()
    page.get_by_text("Selected. Press Ctrl+C", exact=True).wait_for()
    assert desk.campaign.key in page.evaluate("getSelection().toString()")


def test_name_that_nearly_was_one_is_taken_by_a_button(desk, page):
    desk.action("UserID")
    for _ in range(3):
        desk.push("userid")
    desk.log_in()
    desk.open()
    near = page.get_by_role("region", name="Nearly")
    assert near.get_by_text("3 times").is_visible()
    near.get_by_role("button", name="Let “userid” complete it, too").click()
    page.get_by_text("From now on “userid” completes it, too.").wait_for()
    assert page.get_by_role("region", name="Nearly").count() == 0
    desk.push("userid", "other")
    page.reload()
    assert desk.events() == ["userid"]


def test_viewer_sees_the_page_without_what_changes_something(desk, page):
    desk.action("UserID", proof="signed")
    desk.push("userid")
    desk.log_in("viewer")
    desk.open()
    assert page.get_by_role("button", name="Let “userid”").count() == 0
    assert page.get_by_role("button", name="Show the secret").count() == 0
    refused = page.request.post(f"{desk.address}{desk.path}/secret")
    assert refused.status in {400, 403}


def test_secret_is_shown_only_on_demand_and_renewed(desk, page):
    desk.action("Purchase", proof="signed")
    desk.log_in()
    desk.open()
    assert page.locator("#secret").count() == 0
    page.get_by_text("Sign what the page pushes").click()
    page.get_by_role("button", name="Show the secret").click()
    page.locator("#secret").wait_for()
    first = page.locator("#secret").text_content()
    page.get_by_role("button", name="Make a new secret").click()
    page.locator("dialog").get_by_role("button", name="Make a new secret").click()
    page.get_by_text("The one before is good until").wait_for()
    assert page.locator("#secret").text_content() != first
    desk.open()
    assert first not in page.content()


@pytest.mark.parametrize(
    ("proof", "name", "way", "told"),
    [
        ("browser", "Purchase", "A page's push", "Completes"),
        ("browser", "purchase", "A page's push", "Did you mean"),
        ("signed", "Purchase", "A page's push", "wants a signature"),
        ("signed", "Purchase", "A push with a signature", "Completes"),
        ("server", "Purchase", "A push with a signature", "word of your server alone"),
        ("server", "Purchase", "From a server", "Completes"),
    ],
)
def test_console_says_what_would_become_of_an_event_and_keeps_nothing(
    desk, page, proof, name, way, told
):
    desk.action("Purchase", proof=proof)
    desk.log_in()
    desk.open()
    console = page.get_by_role("region", name="Try it without your site")
    console.get_by_label("Name").fill(name)
    console.get_by_label("Value").fill("1017")
    console.get_by_label(way, exact=True).check()
    console.get_by_role("button", name="Try it").click()
    console.get_by_text("Only tried").wait_for()
    assert console.get_by_text(told).first.is_visible()
    assert "1017" in console.get_by_role("group", name="Request").text_content()
    assert desk.events() == []
    assert page.locator("#news").get_by_text("Waiting for the first event").is_visible()


def test_console_works_without_scripts_and_says_when_the_campaign_is_over(desk, clock):
    desk.action("Purchase")
    clock.advance(desk.campaign.ends_at - clock())
    client = desk.house.client("editor")
    text = client.get(f"{desk.path}/try?name=Purchase&value=x&proof=browser").text
    assert "The campaign is over." in text
    assert "204 No Content" in text
    assert (
        "422 Unprocessable"
        in client.get(f"{desk.path}/try?name=Purchase&value={'x' * 11_000}").text
    )


#: What a visitor does on the page of each recipe, and what is reported then.
DONE = {
    "purchase": ("", "", "1017"),
    "cart": ('<button class="add-to-cart" data-product_id="7">Buy</button>', "button", "7"),
    "signup": ("", "", "4711"),
    "visit": ("", "", "/page"),
    "form": ('<form id="contact" action="/thanks"><button>Send</button></form>', "button", None),
    "status": ("", "", "level 3"),
    "referral": ("", "", "4712"),
    "feature": ('<button id="export">Export</button>', "button", None),
}


@pytest.mark.parametrize("use", RECIPES)
def test_recipe_reports_in_a_real_browser(desk, page, shop, console, use):
    desk.action("Purchase")
    client = desk.house.client("editor")
    shown = client.get(desk.path).text.partition(f'id="recipe-{use}" ')[2]
    script = shown.partition(">")[2].partition("</pre>")[0]
    pasted = page.evaluate(
        "(html) => new DOMParser().parseFromString(html, 'text/html').body.textContent", script
    )
    body, click, value = DONE[use]
    page.goto(shop.put(f"<title>x</title>{shop.loader()}{body}{pasted}"))
    if click:
        page.locator(click).click()
    page.wait_for_function("window.Tombola.track('Purchase')")
    first = shop.events[0]
    assert first[0] == "Purchase"
    assert (first[1] if len(first) > 1 else None) == value
