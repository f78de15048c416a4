"""The widget inside pages of another site, by script and pasted by hand, in a real browser."""

from datetime import timedelta

import pytest

from tombola.campaigns import service
from tombola.campaigns.rules import CampaignForm
from tombola.testing.clock import NOON

pytestmark = pytest.mark.plugins("custom_tracking")
LISTEN = """<script>
window.heard = []; window.onGleamEvent = event => heard.push(event);
addEventListener('tombola', event => heard.push({...event.detail, at: event.target.tagName}));
</script>"""


@pytest.fixture
def inst(sqlite_inst):
    """What the pages of two sites do, no database can change."""
    return sqlite_inst


def script(tombola, name="embed", key="y2sB7"):
    path = "e.js" if name == "e" else f"{key}/{name}.js"
    return f'<script src="{tombola}/{path}"></script>'


def join(frame):
    frame.get_by_label("Your name").fill("Anna")
    frame.get_by_label("E-mail address").fill("anna@mail.example")
    frame.get_by_role("button", name="Join in").click()
    frame.locator(".you").wait_for()


def refuse_cookies(page):
    """Let the browser refuse what third parties would keep, but for partitioned cookies."""
    page.context.new_cdp_session(page).send(
        "Network.setCookieControls",
        {
            "enableThirdPartyCookieRestriction": True,
            "disableThirdPartyCookieMetadata": True,
            "disableThirdPartyCookieHeuristics": True,
        },
    )


def second_campaign(site, key="abcde"):
    form = CampaignForm(
        title="Win a helmet",
        zone="UTC",
        starts_at=NOON - timedelta(days=10),
        ends_at=NOON + timedelta(days=10),
    )
    return service.create(site.inst, site.actor, form, key=key)


def test_script_puts_the_widget_where_it_stands(page, console, site, shop, tombola):
    site.action()
    page.goto(shop.put(f"<body><p id=a>before</p>{script(tombola)}<p id=b>after</p>"))
    page.frame_locator("iframe").get_by_label("Your name").wait_for()
    order = "[...document.body.children].map(each => each.id || each.tagName)"
    assert page.evaluate(order) == ["a", "SCRIPT", "DIV", "b"]
    assert page.locator("iframe").get_attribute("title") == "Win a bicycle"


def test_script_of_the_head_fills_the_place_that_waits(page, console, site, shop, tombola):
    html = f"<head>{script(tombola)}</head><body><div class=e-widget></div><p>after</p>"
    page.goto(shop.put(html))
    frame = page.frame_locator("div.e-widget iframe")
    frame.get_by_label("Your name").wait_for()
    assert page.locator("iframe").count() == 1


def test_frame_is_as_high_as_the_widget(page, console, site, shop, tombola):
    action = site.action()
    page.goto(shop.put(f"<body>{script(tombola)}"))
    frame = page.frame_locator("iframe")
    join(frame)
    frame.get_by_label("Why?").fill("because")
    frame.get_by_role("button", name="Send").click()
    frame.locator(f"#a-{action.uid}.done").wait_for()
    inner = page.frames[1]
    high = "Math.ceil(document.documentElement.getBoundingClientRect().height)"
    page.wait_for_function(
        "wanted => document.querySelector('iframe').clientHeight == wanted",
        arg=inner.evaluate(high),
    )
    assert inner.evaluate("document.documentElement.scrollHeight <= innerHeight")


def test_page_hears_what_has_happened(page, console, site, shop, tombola):
    action = site.action()
    page.goto(shop.put(f"<body>{LISTEN}{script(tombola)}"))
    frame = page.frame_locator("iframe")
    join(frame)
    frame.get_by_label("Why?").fill("because")
    frame.get_by_role("button", name="Send").click()
    page.wait_for_function("heard.length == 4")
    campaign = {"key": "y2sB7", "name": "Win a bicycle"}
    done = {"id": action.uid, "title": "Do tell"}
    heard = page.evaluate("heard")
    assert [each for each in heard if "at" not in each] == [
        {"type": "loaded", "campaign": campaign},
        {"type": "entered", "campaign": campaign, "action": done},
    ]
    assert [(each["type"], each["at"]) for each in heard if "at" in each] == [
        ("loaded", "IFRAME"),
        ("entered", "IFRAME"),
    ]


@pytest.mark.parametrize("cookies", ["allowed", "refused"])
def test_page_is_known_by_the_frame_that_stands_in_it(page, console, site, shop, tombola, cookies):
    if cookies == "refused":
        refuse_cookies(page)
    action = site.action("VIP")
    push = "<script>Gleam.push(['VIP', 'gold'])</script>"
    page.goto(shop.put(f"<body>{script(tombola)}{push}"))
    frame = page.frame_locator("iframe")
    join(frame)
    frame.locator(f"#a-{action.uid}.done").wait_for()
    assert [row["details"] for row in site.entries()] == [{"VIP": "gold"}]
    page.goto(shop.put("<body>" + script(tombola), "/again"))
    frame.locator(f"#a-{action.uid}.done").wait_for()


def test_pasted_frame_tells_the_tracking_script_who_it_is(page, console, site, shop, tombola):
    action = site.action("VIP")
    frame = f'<iframe src="{tombola}/y2sB7/embed" width="400" height="700"></iframe>'
    late = "setTimeout(() => document.head.append(script), 300)"
    html = f"""<body>{frame}<script>window.Gleam = [['VIP']];
      var script = document.createElement('script'); script.src = '{tombola}/y2sB7/trk.js';
      {late}</script>"""
    page.goto(shop.put(html))
    inside = page.frame_locator("iframe")
    join(inside)
    inside.locator(f"#a-{action.uid}.done").wait_for()


LINKS = [
    "https://gleam.io/y2sB7/win-a-bicycle",
    "//gleam.io/y2sB7",
    "https://gleam.io/y2sB7/win-a-bicycle?gsr=y2sB7-abc&x=1#top",
    "/y2sB7/embed",
    "gleam.io/y2sB7/win",
    "https://gleam.io/competitions/y2sB7-win-a-bicycle",
]


@pytest.mark.parametrize("kind", ["e-widget no-button leaderboard", "generic-loader e-gleam"])
def test_loader_replaces_links_of_every_form(page, console, site, shop, tombola, kind):
    links = "".join(f'<p><a class="{kind}" href="{link}">Win</a></p>' for link in LINKS)
    other = (
        '<a href="https://gleam.io/y2sB7/x">plain</a><a class=e-widget href="/about-us">no key</a>'
    )
    page.goto(shop.put(f"<body>{links}{other}{script(tombola, 'e')}"))
    page.wait_for_function(f"document.querySelectorAll('p iframe').length == {len(LINKS)}")
    frame = page.frame_locator("iframe").first
    frame.get_by_label("Your name").wait_for()
    assert page.locator("iframe").count() == len(LINKS)
    assert page.locator("a:visible").all_inner_texts() == ["plain", "no key"]
    assert page.evaluate("Gleam.data().campaigns") == ["y2sB7"]


@pytest.mark.parametrize("way", ["head", "async", "twice", "inlined", "removed", "relative"])
def test_loader_works_however_it_is_put_in(page, console, site, shop, tombola, way):
    link = '<a class="e-widget" href="https://gleam.io/y2sB7/win" rel="nofollow">Win</a>'
    own = page.request.get(f"{tombola}/e.js").text()
    load = script(tombola, "e")
    html = {
        "head": f"<head>{load}</head><body>{link}",
        "async": f"<body>{link}{load.replace('<script', '<script async')}",
        "twice": f"<body>{link}{load}<p>{load}",
        "inlined": f"<body><script>{own}</script>{link}<script>{own}</script>",
        "removed": f"<body>{link}{load}<script>document.querySelector('script').remove()</script>",
        "relative": f"<body>{link}{load.replace('http:', '')}",
    }[way]
    page.goto(shop.put(html))
    page.frame_locator("iframe").get_by_label("Your name").wait_for()
    assert page.locator("iframe").count() == 1


def test_link_says_while_it_loads_how_it_shall_look(page, console, site, shop, tombola):
    page.route("**/embed*", lambda route: route.fulfill(status=204))
    link = """<a class="e-widget e-dark allow-scroll" href="//gleam.io/y2sB7/win"
      data-loading-text="A moment, please" data-height="420px">Win</a>"""
    page.goto(shop.put(f"<body>{link}{script(tombola, 'e')}"))
    page.get_by_text("A moment, please").wait_for()
    page.unroute("**/embed*")
    page.reload()
    frame = page.frame_locator("iframe")
    frame.get_by_label("Your name").wait_for()
    assert page.get_by_text("A moment, please").count() == 0
    assert page.locator("iframe").evaluate("frame => frame.clientHeight") == 420
    dark = "getComputedStyle(document.body).backgroundColor"
    assert page.frames[1].evaluate(dark) == "rgb(21, 18, 16)"


def test_page_that_says_nothing_is_light_whatever_its_visitor_prefers(
    page, console, site, shop, tombola
):
    page.emulate_media(color_scheme="dark")
    look = "getComputedStyle(document.body).backgroundColor"
    for head, expected in (
        ("", "248, 246, 243"),
        ("<meta name=color-scheme content='light dark'>", "21, 18, 16"),
    ):
        page.goto(shop.put(f"<head>{head}</head><body>{script(tombola)}"))
        page.frame_locator("iframe").get_by_label("Your name").wait_for()
        assert page.frames[1].evaluate(look) == f"rgb({expected})"


def test_widgets_come_and_go_with_the_links_of_an_app(page, console, site, shop, tombola):
    second_campaign(site)
    page.goto(shop.put(f"<body><div id=app></div>{script(tombola, 'e')}"))
    mount = """key => { document.getElementById('app').innerHTML =
      `<section><a class="e-widget" href="https://gleam.io/${key}/win">Win</a></section>` }"""
    frame = page.frame_locator("iframe")
    for _ in range(3):
        page.evaluate(mount, "y2sB7")
        frame.get_by_role("heading", name="Win a bicycle").wait_for()
        page.evaluate("document.querySelector('#app section').remove()")
        page.wait_for_function("!document.querySelector('iframe')")
    page.evaluate(mount, "y2sB7")
    frame.get_by_role("heading", name="Win a bicycle").wait_for()
    page.evaluate("document.querySelector('a').href = 'https://gleam.io/abcde/win'")
    frame.get_by_role("heading", name="Win a helmet").wait_for()
    assert page.locator("iframe").count() == 1
    page.evaluate("document.querySelector('a').remove()")
    page.wait_for_function("!document.querySelector('iframe')")
    assert page.evaluate("Gleam.data().campaigns") == ["y2sB7", "abcde"]


def test_one_push_reaches_each_campaign_in_one_request(page, console, site, shop, tombola):
    second_campaign(site)
    sent = []
    page.on("request", lambda it: sent.append(it.post_data_json) if it.url.endswith("/t") else None)
    link = '<a class="e-gleam" href="//gleam.io/{}/x">Win</a>'
    links = link.format("y2sB7") + link.format("abcde")
    push = (
        "<script>window.Gleam = [['VIP', '1'], ['callback', e => { window.came = [e] }]]</script>"
    )
    page.goto(shop.put(f"<body>{push}{links}{script(tombola, 'e')}"))
    page.wait_for_function("window.came")
    assert page.evaluate("came") == [None]
    assert [(each["k"], each["e"]) for each in sent] == [(["y2sB7", "abcde"], [["VIP", "1"]])]


def test_all_scripts_on_one_page_share_one_tracker(page, console, site, shop, tombola):
    sent = []
    page.on("request", lambda it: sent.append(it.post_data_json) if it.url.endswith("/t") else None)
    loaders = "".join(script(tombola, name) for name in ("trk", "embed", "ol", "e", "embed"))
    page.goto(shop.put(f"<body>{loaders}<script>Gleam.push(['VIP'])</script>"))
    page.wait_for_function("Gleam.track('VIP')")
    assert [each["k"] for each in sent] == [["y2sB7"]]
    assert page.locator("iframe").count() == 2


def test_strict_content_policy_is_enough(page, console, site, shop, tombola):
    policy = (
        f"default-src 'none'; script-src {tombola}; connect-src {tombola}; frame-src {tombola};"
        "require-trusted-types-for 'script'"
    )
    html = f"<body>{script(tombola)}{script(tombola, 'ol')}"
    page.goto(shop.put(html, Content_Security_Policy=policy))
    frame = page.frame_locator("iframe").first
    join(frame)
    page.get_by_role("button", name="Win a bicycle").click()
    page.get_by_role("dialog").locator("iframe").wait_for()


def test_nothing_is_loaded_stored_or_sent_before_consent(page, console, site, shop, tombola):
    asked = []
    page.on("request", lambda it: asked.append(it.url))
    hook = "<script>window.tombolaConsent = go => { window.agree = go }</script>"
    push = "<script>window.Gleam = [['VIP']]</script>"
    html = f"<body>{hook}{push}{script(tombola)}{script(tombola, 'ol')}{script(tombola, 'trk')}"
    page.goto(shop.put(html))
    show = page.get_by_role("button", name="Show the competition")
    show.wait_for()
    page.evaluate("Gleam.push(['late'])")
    assert [url for url in asked if "embed?" in url or url.endswith(("/embed", "/t"))] == []
    assert page.evaluate("localStorage.length + document.cookie.length") == 0
    page.evaluate("agree()")
    page.wait_for_function("Gleam.track('VIP') && Gleam.track('late')")
    page.frame_locator("iframe").get_by_label("Your name").wait_for()
    assert show.count() == 0


def test_who_asks_for_the_widget_agrees_to_it_alone(page, console, site, shop, tombola):
    asked = []
    page.on("request", lambda it: asked.append(it.url))
    hook = "<script>window.tombolaConsent = go => {}; window.Gleam = [['VIP']]</script>"
    page.goto(shop.put(f"<body>{hook}{script(tombola)}"))
    page.get_by_role("button", name="Show the competition").click()
    page.frame_locator("iframe").get_by_label("Your name").wait_for()
    assert not [url for url in asked if url.endswith("/t")]
    assert page.evaluate("localStorage.length") == 0


@pytest.mark.parametrize("name", ["e", "embed", "ol"])
def test_frame_that_is_refused_leaves_a_link(page, site, shop, tombola, name):
    policy = f"script-src {tombola}; connect-src {tombola}; frame-src 'none'"
    link = '<a class="e-widget" href="https://gleam.io/y2sB7/win">Win a bicycle</a>'
    html = f"<body>{link if name == 'e' else ''}{script(tombola, name)}"
    page.goto(shop.put(html, Content_Security_Policy=policy))
    if name == "ol":
        page.get_by_role("button", name="Win a bicycle").click()
    left = page.get_by_role("link", name="Win a bicycle")
    left.wait_for()
    assert left.get_attribute("href") == f"{tombola}/y2sB7"


SANDBOX = "allow-scripts allow-forms allow-popups"


def test_sandboxed_frame_of_our_origin_works(page, console, site, shop, tombola):
    action = site.action()
    page.goto(
        shop.put(
            f'<iframe sandbox="{SANDBOX} allow-same-origin" src="{tombola}/y2sB7/embed" '
            'width="400" height="900"></iframe>'
        )
    )
    frame = page.frame_locator("iframe")
    join(frame)
    frame.get_by_label("Why?").fill("because")
    frame.get_by_role("button", name="Send").click()
    frame.locator(f"#a-{action.uid}.done").wait_for()


def test_sandboxed_frame_of_no_origin_says_what_to_do(page, console, site, shop, tombola):
    site.action()
    page.goto(
        shop.put(
            f'<iframe sandbox="{SANDBOX} allow-popups-to-escape-sandbox" '
            f'src="{tombola}/y2sB7/embed" width="400" height="900"></iframe>'
        )
    )
    frame = page.frame_locator("iframe")
    alone = frame.get_by_role("region", name="Please open this in its own window")
    alone.wait_for()
    assert f"{tombola}/y2sB7" in alone.inner_text()
    assert frame.get_by_role("button", name="Join in").count() == 0
    with page.context.expect_page() as opened:
        alone.get_by_role("link", name="Open in its own window").click()
    join(opened.value)


@pytest.mark.parametrize("kind", ["embed", "e"])
def test_sandboxed_page_of_no_origin_shows_the_widget_and_what_to_do(
    page, console, site, shop, tombola, kind
):
    site.action()
    inner = f"<a class=e-widget href={tombola}/y2sB7>Win</a>{script(tombola, kind)}"
    sandboxed = f"<iframe sandbox='allow-scripts' srcdoc='{inner}' height=900></iframe>"
    page.goto(shop.put(sandboxed))
    frame = page.frame_locator("iframe").frame_locator("iframe")
    frame.get_by_role("region", name="Please open this in its own window").wait_for()


def test_frame_without_scripts_works_as_a_form(browser, site, shop, tombola):
    action = site.action()
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(shop.put(f'<iframe src="{tombola}/y2sB7/embed" width=400 height=900></iframe>'))
    frame = page.frame_locator("iframe")
    frame.get_by_label("Your name").fill("Anna")
    frame.get_by_label("E-mail address").fill("nonsense")
    frame.get_by_role("button", name="Join in").click()
    frame.get_by_text("Please give the whole address").wait_for()
    join(frame)
    frame.get_by_label("Why?").fill("because")
    frame.get_by_role("button", name="Send").click()
    frame.locator(f"#a-{action.uid}.done").wait_for()
    context.close()
