"""How the script behaves on a page that is not ours: errors, storage, links, redirects."""

import json

import pytest

STUB = "<script>window.ran = []; window.Gleam = window.Gleam || [];</script>"


def until(page, condition):
    for _ in range(800):
        if condition():
            return
        page.wait_for_timeout(25)
    raise AssertionError("it did not come about")


def stored(page):
    return json.loads(page.evaluate("localStorage.tombola || '{}'"))


def test_callback_gets_an_error_after_a_no(page, shop):
    shop.answers = [422]
    page.goto(
        shop.put(
            STUB
            + shop.loader()
            + "<script>Gleam.push(['a'],['callback', e => ran.push(e instanceof Error)])</script>"
        )
    )
    page.wait_for_function("ran.length")
    assert page.evaluate("ran") == [True]
    assert stored(page)["q"] == []


def test_callback_gets_an_error_when_time_runs_out_and_never_twice(page, shop):
    shop.hold.clear()
    page.goto(
        shop.put(
            STUB
            + shop.loader()
            + "<script>Gleam.push(['a'],['callback', e => ran.push(e instanceof Error)])</script>"
        )
    )
    page.wait_for_function("ran.length")
    shop.hold.set()
    until(page, lambda: stored(page)["q"] == [])
    assert page.evaluate("ran") == [True]


@pytest.mark.parametrize("status", [500, 503, 429])
def test_event_is_sent_again_after_a_failure_and_the_callback_waits_for_the_yes(page, shop, status):
    shop.answers = [status]
    page.goto(
        shop.put(
            STUB
            + shop.loader()
            + "<script>Gleam.push(['a'],['callback', e => ran.push(String(e))])</script>"
        )
    )
    page.wait_for_function("ran.length")
    assert page.evaluate("ran") == ["undefined"]
    assert shop.events == [["a"], ["a"]]


def test_event_that_found_no_server_is_sent_by_the_next_page(page, shop):
    address = shop.put(STUB + shop.loader() + "<script>Gleam.push(['a'])</script>")
    page.route("**/t", lambda route: route.abort())
    page.goto(address)
    until(page, lambda: stored(page)["q"])
    page.unroute("**/t")
    page.goto(shop.put(STUB + shop.loader(), "/other"))
    until(page, lambda: shop.events == [["a"]])
    until(page, lambda: stored(page)["q"] == [])


@pytest.mark.parametrize("loaded", [True, False])
def test_redirect_right_after_the_push_loses_nothing(page, shop, console, loaded):
    shop.put("<p>thanks</p>", "/thanks")
    push = "<script>Gleam.push(['Purchase','17'])</script>"
    leave = "<script>location.href = '/thanks'</script>"
    parts = [shop.loader(), push] if loaded else [push, shop.loader()]
    page.goto(shop.put(STUB + "".join(parts) + leave))
    page.wait_for_url("**/thanks")
    until(page, lambda: shop.events == [["Purchase", "17"]])


def test_callback_that_redirects_or_throws_is_the_pages_own_affair(page, shop, console):
    shop.put("<p>thanks</p>", "/thanks")
    call = "<script>Gleam.push(['a'], ['callback', () => { location.href = '/thanks' }])</script>"
    page.goto(shop.put(STUB + shop.loader() + call))
    page.wait_for_url("**/thanks")
    assert shop.events == [["a"]]


def test_visitor_is_the_same_on_the_next_page_and_no_cookie_is_set(page, shop, console):
    page.goto(shop.put(STUB + shop.loader() + "<script>Gleam.push(['a'])</script>"))
    until(page, lambda: len(shop.pushes) == 1)
    page.goto(shop.put(STUB + shop.loader() + "<script>Gleam.push(['b'])</script>", "/two"))
    until(page, lambda: len(shop.pushes) == 2)
    assert shop.pushes[0]["v"] == shop.pushes[1]["v"]
    assert page.context.cookies() == []
    assert all("Cookie" not in headers for headers in shop.headers)
    assert {headers["Content-Type"] for headers in shop.headers} == {"text/plain;charset=UTF-8"}


def test_link_token_is_taken_sent_and_stripped(page, shop, console):
    address = shop.put(STUB + shop.loader())
    page.goto(address + "?a=%20b&xref=y2sB7.Abc-_.12&c#part")
    until(page, lambda: shop.pushes)
    assert page.url == address + "?a=%20b&c#part"
    assert shop.pushes[0]["x"] == "y2sB7.Abc-_.12"
    assert shop.pushes[0]["e"] == []
    until(page, lambda: stored(page)["q"] == [])


def test_link_token_survives_a_failing_server(page, shop):
    shop.answers = [500]
    page.goto(shop.put(STUB + shop.loader()) + "?xref=y2sB7.Abc")
    until(page, lambda: len(shop.pushes) == 2)
    assert [push["x"] for push in shop.pushes] == ["y2sB7.Abc"] * 2
    assert page.url == shop.here + "/page"


def test_link_token_waits_for_its_campaigns_script(page, shop, console):
    scripts = shop.loader("aaaaa") + shop.loader("bbbbb")
    queued = "<script>Gleam.push(['a'])</script>"
    page.goto(shop.put(STUB + queued + scripts) + "?xref=bbbbb.Abc")
    until(page, lambda: len(shop.pushes) == 2)
    first, second = sorted(shop.pushes, key=lambda push: push["k"])
    assert (first["k"], "x" in first) == (["aaaaa"], False)
    assert (second["k"], second["x"], second["e"]) == (["bbbbb"], "bbbbb.Abc", [["a"]])
    assert page.url == shop.here + "/page"


def test_foreign_xref_parameter_is_left_alone(page, shop, console):
    address = shop.put(STUB + shop.loader() + "<script>Gleam.push(['a'])</script>")
    page.goto(address + "?xref=newsletter")
    until(page, lambda: shop.pushes)
    assert page.url == address + "?xref=newsletter"
    assert "x" not in shop.pushes[0]


def test_one_push_reaches_every_campaign_of_the_page_in_one_request(page, shop, console):
    html = STUB + "<script>Gleam.push(['a'])</script>" + shop.loader("aaaaa") + shop.loader("bbbbb")
    page.goto(shop.put(html + "<script>Gleam.push(['b'])</script>"))
    until(page, lambda: len(shop.events) >= 3)
    # The parser has not met the second element when the first script runs: it hears of it later.
    # Requests overtake each other on their way.
    assert sorted((push["k"], push["e"]) for push in shop.pushes) == [
        (["aaaaa"], [["a"]]),
        (["aaaaa", "bbbbb"], [["b"]]),
        (["bbbbb"], [["a"]]),
    ]


def test_campaigns_whose_elements_stand_already_share_the_first_request(page, shop, console):
    insert = "".join(
        f"{{const s = document.createElement('script'); s.src = '{shop.tombola}/{key}/trk.js';"
        "document.head.append(s)}"
        for key in ("aaaaa", "bbbbb")
    )
    page.goto(shop.put(STUB + f"<script>Gleam.push(['a']); {insert}</script>"))
    until(page, lambda: shop.pushes)
    assert sorted(shop.pushes[0]["k"]) == ["aaaaa", "bbbbb"]
    page.evaluate("Gleam.push(['b'])")
    until(page, lambda: len(shop.pushes) == 2)
    assert sorted(shop.pushes[1]["k"]) == ["aaaaa", "bbbbb"]


def test_script_that_is_loaded_twice_works_once(page, shop, console):
    page.goto(shop.put(STUB + "<script>Gleam.push(['a'])</script>" + shop.loader() * 2))
    until(page, lambda: shop.pushes)
    page.evaluate("Gleam.push(['b'])")
    until(page, lambda: len(shop.pushes) == 2)
    assert [push["k"] for push in shop.pushes] == [["y2sB7"], ["y2sB7"]]


def test_blocked_script_leaves_the_pages_buttons_working(page, shop):
    page.route("**/trk.js", lambda route: route.abort())
    button = "<button onclick=\"Gleam.push(['a']); ran.push('bought')\">Buy</button>"
    page.goto(shop.put(STUB + shop.loader() + button))
    page.get_by_role("button").click()
    assert page.evaluate("ran") == ["bought"]


def test_strict_content_policy_is_enough(page, shop, console):
    policy = f"default-src 'none'; script-src 'nonce-n' {shop.tombola}; connect-src {shop.tombola}"
    html = '<script nonce="n">window.Gleam = [["a"]]</script>' + shop.loader()
    page.goto(shop.put(html, Content_Security_Policy=policy))
    until(page, lambda: shop.events == [["a"]])


def test_sandboxed_frame_without_storage_still_sends(page, shop, console):
    inner = shop.put(STUB + "<script>Gleam.push(['a'])</script>" + shop.loader(), "/inner")
    page.goto(shop.put(f'<iframe sandbox="allow-scripts" src="{inner}"></iframe>'))
    until(page, lambda: shop.events == [["a"]])


def test_garbage_in_the_store_is_overcome(page, shop, console):
    page.goto(shop.put("<p>"))
    page.evaluate("localStorage.tombola = 'null'")
    page.goto(shop.put(STUB + shop.loader() + "<script>Gleam.push(['a'])</script>", "/two"))
    until(page, lambda: shop.events == [["a"]])


def test_nothing_is_stored_or_sent_before_consent(page, shop, console):
    hook = "<script>window.tombolaConsent = go => { window.agree = go }</script>"
    address = shop.put(
        hook
        + STUB
        + "<script>Gleam.push(['a'])</script>"
        + shop.loader()
        + "<script>Gleam.push(['b'])</script>"
    )
    page.goto(address + "?xref=y2sB7.Abc")
    page.evaluate("Gleam.push(['c'])")
    assert shop.pushes == []
    assert page.evaluate("localStorage.length") == 0
    page.evaluate("agree(); agree()")
    until(page, lambda: shop.events == [["a"], ["b"], ["c"]])
    assert shop.pushes[0]["x"] == "y2sB7.Abc"


def test_page_that_broke_fetch_is_not_broken_further(page, shop, console):
    page.goto(
        shop.put(
            "<script>fetch = undefined</script>"
            + STUB
            + shop.loader()
            + "<script>Gleam.push(['a']); ran.push('on')</script>"
        )
    )
    assert page.evaluate("ran") == ["on"]


#: What Prototype.js and its kin do to JSON: an array becomes a text of itself.
ARRAYS_ARE_TEXTS = (
    "<script>Array.prototype.toJSON = function () { return '[' + this + ']' }</script>"
)


def test_library_that_makes_texts_of_arrays_changes_nothing(page, shop, console):
    push = "<script>Gleam.push(['a', '1'])</script>"
    page.goto(shop.put(ARRAYS_ARE_TEXTS + STUB + shop.loader() + push))
    until(page, lambda: stored(page)["q"] == [])
    page.goto(shop.put(ARRAYS_ARE_TEXTS + STUB + shop.loader() + "<p>next", "/next"))
    page.evaluate("Gleam.push(['b'])")
    until(page, lambda: shop.events == [["a", "1"], ["b"]])
    assert [push["k"] for push in shop.pushes] == [["y2sB7"], ["y2sB7"]]
    assert page.evaluate("typeof [].toJSON") == "function"


@pytest.mark.parametrize(
    "kept",
    ['"bingo"', "5", "[1,2]", '{"q":5,"v":7}', '{"q":"abc"}', '{"q":[null],"v":"1-2-3-4-5"}'],
)
def test_pages_own_word_under_our_name_is_no_store(page, shop, console, kept):
    mine = f"<script>localStorage.tombola = '{kept}'</script>"
    push = "<script>Gleam.push(['a'])</script>"
    page.goto(shop.put(mine + STUB + shop.loader() + push))
    until(page, lambda: shop.events == [["a"]])
    until(page, lambda: stored(page)["q"] == [])
    assert len(shop.pushes) == 1


@pytest.mark.parametrize("undo", ["delete window.Gleam", "window.Gleam = undefined"])
def test_app_that_takes_the_queue_away_and_makes_another(page, shop, console, undo):
    page.goto(shop.put(STUB + shop.loader()))
    page.evaluate(f"() => {{ {undo}; window.Gleam = window.Gleam || []; Gleam.push(['a']) }}")
    until(page, lambda: shop.events == [["a"]])
    assert page.evaluate("typeof Gleam.track") == "function"


def test_app_that_refuses_the_new_address_loses_nothing(page, shop, console):
    refuse = "<script>history.replaceState = () => { throw Error('mine') }</script>"
    push = "<script>Gleam.push(['a'])</script>"
    page.goto(shop.put(refuse + STUB + push + shop.loader()) + "?xref=y2sB7.Abc")
    until(page, lambda: shop.events == [["a"]])
    assert shop.pushes[0]["x"] == "y2sB7.Abc"


def test_timers_that_lose_their_arguments_do_no_harm(page, shop):
    shop.answers = [503]
    lossy = "<script>(s => { window.setTimeout = (f, ms) => s(f, ms) })(setTimeout)</script>"
    call = "Gleam.push(['a'],['callback', e => ran.push(String(e))])"
    page.goto(shop.put(lossy + STUB + shop.loader() + f"<script>{call}</script>"))
    page.wait_for_function("ran.length")
    assert page.evaluate("ran") == ["undefined"]
    assert shop.events == [["a"], ["a"]]


def test_queue_that_cannot_change_throws_nothing(page, shop, console):
    thrown: list[str] = []
    page.on("pageerror", lambda error: thrown.append(str(error)))
    page.goto(shop.put("<script>Gleam = Object.freeze([['a']])</script>" + shop.loader()))
    page.evaluate("Tombola.push(['b'])")
    until(page, lambda: shop.events == [["b"]])
    assert thrown == []
