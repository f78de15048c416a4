"""What the page and the frame say to each other, and what either refuses to hear."""

import pytest

pytestmark = pytest.mark.plugins("custom_tracking")


@pytest.fixture
def inst(sqlite_inst):
    """What the pages of two sites do, no database can change."""
    return sqlite_inst


def embed(tombola):
    return f'<script src="{tombola}/y2sB7/embed.js"></script>'


JUNK = """[null, undefined, 1, 'tombola!', 'tombola?', [], {}, {link: 'y2sB7.forged'}, {link: 5},
  {tombola: 'height', height: 9999}, {tombola: 'height', height: 'x'}, {tombola: 'height'},
  {tombola: 'close'}, {tombola: 'loaded', name: 'x'}, {tombola: 'loaded'}, {hand: 'forged'},
  {tombola: 'entered', name: 'x', action: {id: '1', title: 'x'}}, {tombola: 'entered', name: 'x'},
  {tombola: {}, action: {get: 1}}, new Map([['link', 'y2sB7.x']]), new ArrayBuffer(8)]"""


def test_page_hears_nothing_from_other_sites_and_other_frames(page, console, site, shop, tombola):
    shop.put(
        f"<script>for (let n = 0; n < 500; n++) for (const each of {JUNK}) "
        "parent.postMessage(each, '*'); parent.postMessage('finished', '*')</script>",
        "/hostile",
    )
    sent = []
    page.on("request", lambda it: sent.append(it) if it.url.endswith("/t") else None)
    listen = """<script>window.heard = []; window.onGleamEvent = event => heard.push(event);
      addEventListener('message', ({data}) => { if (data == 'finished') window.finished = 1 })
    </script>"""
    page.goto(shop.put(f"<body>{listen}{embed(tombola)}"))
    page.wait_for_function("heard.length == 1")
    height = page.locator("iframe").evaluate("frame => frame.style.height")
    page.evaluate("""() => {
      const frame = document.createElement('iframe'); frame.src = '/hostile';
      document.body.append(frame) }""")
    page.wait_for_function("window.finished")
    page.evaluate(f"() => {{ for (const each of {JUNK}) postMessage(each, '*') }}")
    assert page.evaluate("heard.length") == 1
    assert page.locator("iframe").first.evaluate("frame => frame.style.height") == height
    assert sent == []


def test_frame_hears_its_parent_alone_and_gives_nothing_else(page, console, site, shop, tombola):
    site.enter()
    shop.put(
        f"""<script>window.heard = [];
        addEventListener('message', ({{data}}) => heard.push(data));
        const target = parent.frames[0];
        for (let n = 0; n < 500; n++) for (const each of {JUNK}) target.postMessage(each, '*');
        </script>""",
        "/sibling",
    )
    listen = """<script>window.heard = [];
      addEventListener('message', ({data, origin}) => heard.push([origin, data]))</script>"""
    frame = f'<iframe src="{tombola}/y2sB7/embed"></iframe>'
    page.goto(shop.put(f"<body>{listen}{frame}"))
    page.frame_locator("iframe").get_by_label("Your name").wait_for()
    page.evaluate("""() => {
      const frame = document.createElement('iframe'); frame.src = '/sibling';
      document.body.append(frame) }""")
    page.wait_for_function("document.querySelectorAll('iframe')[1].contentWindow.heard")
    page.evaluate(
        f"() => {{ for (const each of {JUNK}) if (each != 'tombola!')"
        " frames[0].postMessage(each, '*') }"
    )
    page.wait_for_function("heard.length > 0")
    # A page that has not greeted the frame learns that it stands there, and no more.
    assert {tuple(each) for each in page.evaluate("heard")} == {(tombola, "tombola?")}
    assert page.evaluate("frames[1].heard") == []


def test_frame_speaks_to_the_origin_alone_that_has_greeted_it(page, console, site, shop, tombola):
    page.goto(shop.put(f"<body>{embed(tombola)}"))
    inner = page.frame_locator("iframe")
    inner.get_by_label("Your name").wait_for()
    page.frames[1].evaluate("""() => {
      window.told = []; const parent = window.parent; const post = parent.postMessage.bind(parent);
      dispatchEvent(new MessageEvent('message',
        {data: 'tombola!', origin: 'https://evil.example', source: parent})) }""")
    page.wait_for_function("document.querySelector('iframe').style.height != '600px'")
    inner.get_by_label("Your name").press("Enter")
    inner.locator("[aria-invalid]").first.wait_for()
    page.wait_for_function(
        "wanted => document.querySelector('iframe').style.height == wanted + 'px'",
        arg=page.frames[1].evaluate(
            "Math.ceil(document.documentElement.getBoundingClientRect().height)"
        ),
    )


def test_link_of_a_frame_is_for_its_campaign_and_its_visitor_alone(page, site, shop, tombola):
    refused = page.request.post(f"{tombola}/w/y2sB7/link?frame=1")
    assert refused.status == 403
    page.goto(f"{tombola}/y2sB7")
    ask = "path => fetch(path, {method: 'POST'}).then(answer => answer.status)"
    assert page.evaluate(ask, "/w/y2sB7/link") == 204
    page.get_by_label("Your name").fill("Anna")
    page.get_by_label("E-mail address").fill("anna@mail.example")
    page.get_by_role("button", name="Join in").click()
    page.locator(".you").wait_for()
    assert page.evaluate(ask, "/w/y2sB7/link") == 200
    assert page.evaluate(ask, "/w/y2sB7/link?frame=1") == 204
