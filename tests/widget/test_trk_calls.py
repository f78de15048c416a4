"""Every form of a call, before and after each script has loaded, in a browser on another site."""

import pytest

STUB = "window.Gleam = window.Gleam || [];"
LONG = "long ".ljust(10_000, "ö")

#: call → what is sent when it waited in the queue, and when the script was there already.
FORMS = {
    "Gleam.push(['VIP','x'])": [["VIP", "x"]],
    "Gleam.push(['task'])": [["task"]],
    "Gleam.push('VIP')": [["VIP"]],
    "Gleam.push(['a','1'],['callback',done])": [["a", "1"]],
    "Gleam.push([['a','1'],['task'],['callback',done]])": [["a", "1"], ["task"]],
    "Gleam.push(...[['a','1'],['b','2'],['c'],['d','4'],['callback',done]])": [
        ["a", "1"],
        ["b", "2"],
        ["c"],
        ["d", "4"],
    ],
    "Gleam.push(['a']); Gleam.push(['callback',done])": [["a"]],
    "Gleam.push('a'); Gleam.push('callback', done)": [["a"]],
    "Gleam.push(['watch', undefined])": [["watch"]],
    "Gleam.push(['watch', null])": [["watch"]],
    "Gleam.push(['flag', true], ['off', false], ['n', 0], ['pi', 3.14])": [
        ["flag", "true"],
        ["off", "false"],
        ["n", "0"],
        ["pi", "3.14"],
    ],
    "Gleam.push([7, 'seven'])": [["7", "seven"]],
    "Gleam.push(['emoji', '🎉👩‍👩‍👧 żółw'])": [["emoji", "🎉👩‍👩‍👧 żółw"]],
    f"Gleam.push(['text', '{LONG}'])": [["text", LONG]],
    "Gleam.push(['a', function secret() {}])": [["a"]],
    "Gleam.push(['a', {toString() { throw Error('no') }}], ['b'])": [["b"]],
    "Gleam.push(['a'], 'b', ['c'])": [["a"], ["b"], ["c"]],
    "Tombola.push(['a'])": [["a"]],
    "window.Gleam = window.Gleam || []; Gleam.push(['a'])": [["a"]],
    "try { Gleam.push(['a']) } finally { Gleam.push([], undefined) }": [["a"]],
    "Gleam.push(['bad \\ud83d', 'half'])": [["bad \ud83d", "half"]],
}
WARNS = {"try { Gleam.push(['a']) } finally { Gleam.push([], undefined) }"}
WARNING = "warning: Tombola: push without a name"


@pytest.fixture(params=["trk", "embed", "ol"])
def name(request):
    """Each script that takes pushes."""
    return request.param


def wait_for(page, condition):
    """Wait for it here: under a strict policy a page's own function cannot be waited for."""
    for _ in range(800):
        if condition():
            return
        page.wait_for_timeout(25)


def arrived(page, shop, count):
    """Wait until so many events have arrived, and give them: request by request, in any order."""
    wait_for(page, lambda: len(shop.events) >= count)
    return [event for push in sorted(shop.pushes, key=lambda p: str(p["e"])) for event in push["e"]]


def visit(page, shop, name, script, *, loaded, **headers):
    """Open a page of the shop that makes a call in the queue, or after the script has loaded."""
    start = "window.ran = []; function done(error) { ran.push(String(error)) }"
    start = f'<script nonce="n">{start} {STUB} window.Tombola = Gleam;</script>'
    call = f'<script nonce="n">{script}</script>'
    body = [shop.loader(name=name), call] if loaded else [call, shop.loader(name=name)]
    page.goto(shop.put(f"<body>{start}{''.join(body)}", **headers))


def block_cookies(page):
    """What a browser does that refuses cookies of third parties."""
    session = page.context.new_cdp_session(page)
    session.send(
        "Network.setCookieControls",
        {
            "enableThirdPartyCookieRestriction": True,
            "disableThirdPartyCookieMetadata": True,
            "disableThirdPartyCookieHeuristics": True,
        },
    )


@pytest.fixture(params=["open", "no cookies", "strict policy"])
def headers(request, page, shop):
    """Headers of the shop's page, in each kind of browser and site."""
    if request.param == "no cookies":
        block_cookies(page)
    if request.param != "strict policy":
        return {}
    policy = (
        f"default-src 'none'; script-src 'nonce-n' {shop.tombola}; connect-src {shop.tombola}; "
        f"frame-src {shop.tombola}; require-trusted-types-for 'script'"
    )
    return {"Content_Security_Policy": policy}


def expect_one_warning(console):
    assert console == [WARNING]
    console.clear()


def test_queued_calls_are_sent_as_the_table_says(page, shop, console, name, headers):
    # A word of its own before each: bare words next to each other are one run.
    calls = [f"Gleam.push(['#{n}']); {call}" for n, call in enumerate(FORMS)]
    visit(page, shop, name, ";".join(calls), loaded=False, **headers)
    expected = [each for n, sent in enumerate(FORMS.values()) for each in ([f"#{n}"], *sent)]
    assert arrived(page, shop, len(expected)) == expected
    assert [push["k"] for push in shop.pushes] == [["y2sB7"]]
    asked = sum("done" in call for call in FORMS)
    wait_for(page, lambda: page.evaluate("ran.length") >= asked)
    assert page.evaluate("ran") == ["undefined"] * asked
    expect_one_warning(console)


def test_calls_of_a_loaded_script_are_sent_as_the_table_says(page, shop, console, name, headers):
    visit(page, shop, name, "", loaded=True, **headers)
    for call, expected in FORMS.items():
        shop.pushes.clear()
        page.evaluate(f"() => {{ ran.length = 0; {call} }}")
        assert arrived(page, shop, len(expected)) == expected, call
        assert all(push["k"] == ["y2sB7"] for push in shop.pushes)
        if "done" in call:
            wait_for(page, lambda: page.evaluate("ran.length"))
        assert page.evaluate("ran") == ["undefined"] * ("done" in call), call
    expect_one_warning(console)


@pytest.mark.parametrize("script", ["trk", "embed", "ol", "e"])
def test_page_whose_script_is_blocked_runs_every_call(page, shop, script):
    page.route("**/*.js", lambda route: route.abort())
    calls = ";".join(call for call in FORMS if "Tombola" not in call)
    button = "<button id=buy onclick=\"Gleam.push(['a']); ran.push('bought')\">Buy</button>"
    html = f"<script>window.ran = []; function done() {{}} {STUB} {calls}</script>"
    page.goto(shop.put(html + shop.loader(name=script) + button))
    page.click("#buy")
    assert page.evaluate("ran") == ["bought"]


def test_two_words_queued_are_a_run_and_loaded_are_a_pair(page, shop, console, name):
    visit(page, shop, name, "Gleam.push('VIP','x')", loaded=False)
    assert arrived(page, shop, 1) == [[["VIP", "x"]]]
    page.wait_for_function("JSON.parse(localStorage.tombola).q.length == 0")
    shop.pushes.clear()
    visit(page, shop, name, "Gleam.push('VIP','x')", loaded=True)
    assert arrived(page, shop, 1) == [["VIP", "x"]]


@pytest.mark.parametrize("loaded", [False, True], ids=["queued", "loaded"])
def test_third_word_is_the_signature(page, shop, console, name, loaded):
    call = "Gleam.push(['Purchase', 17, 'c2ln'], ['VIP', undefined, 'c2ln'], ['a', 'b', null])"
    visit(page, shop, name, call, loaded=loaded)
    assert arrived(page, shop, 3) == [["Purchase", "17", "c2ln"], ["VIP", "", "c2ln"], ["a", "b"]]


@pytest.mark.parametrize("loaded", [False, True], ids=["queued", "loaded"])
def test_a_push_without_a_name_is_ignored_with_one_warning(page, shop, console, name, loaded):
    call = "Gleam.push([undefined,'1']); Gleam.push([null]); Gleam.push(['b'])"
    visit(page, shop, name, call, loaded=loaded)
    assert arrived(page, shop, 1) == [["b"]]
    expect_one_warning(console)


@pytest.mark.parametrize("loaded", [False, True], ids=["queued", "loaded"])
def test_each_of_several_callbacks_runs_once(page, shop, console, name, loaded):
    call = (
        "for (const n of [1, 2, 3]) Gleam.push(['a', n], ['callback', e => ran.push(n + ':' + e)])"
    )
    visit(page, shop, name, call, loaded=loaded)
    page.wait_for_function("ran.length == 3")
    assert sorted(page.evaluate("ran")) == ["1:undefined", "2:undefined", "3:undefined"]
    assert arrived(page, shop, 3) == [["a", "1"], ["a", "2"], ["a", "3"]]
    assert len(shop.pushes) == (3 if loaded else 1)


def test_queue_of_a_global_const_is_found(page, shop, console, name):
    html = "<script>const Gleam = window.Gleam || []; Gleam.push(['a','1'])</script>"
    after = "<script>Gleam.push(['b'])</script>"
    page.goto(shop.put(html + shop.loader(name=name) + after))
    assert arrived(page, shop, 2) == [["a", "1"], ["b"]]


def test_a_later_global_const_is_no_error(page, shop, console, name):
    html = "<script>const Gleam = window.Gleam || []; Gleam.push(['a'])</script>"
    page.goto(shop.put(shop.loader(name=name) + html))
    assert arrived(page, shop, 1) == [["a"]]


@pytest.mark.parametrize("order", ["before", "after"])
def test_global_var_works(page, shop, console, name, order):
    parts = ["<script>var Gleam = Gleam || []; Gleam.push(['a'])</script>", shop.loader(name=name)]
    page.goto(shop.put("".join(parts if order == "before" else parts[::-1])))
    assert arrived(page, shop, 1) == [["a"]]
    page.evaluate("Gleam.push(['b'])")
    assert arrived(page, shop, 2) == [["a"], ["b"]]


def test_local_array_behind_the_stub_is_followed(page, shop, console, name):
    body = (
        "const Gleam = window.Gleam || []; Gleam.push(['early']);"
        "window.later = () => Gleam.push(['late'])"
    )
    html = f"<script>{STUB} (() => {{ {body} }})()</script>"
    page.goto(shop.put(html + shop.loader(name=name)))
    page.evaluate("later()")
    assert arrived(page, shop, 2) == [["early"], ["late"]]


def test_a_page_that_resets_the_global_is_taken_over_again(page, shop, console, name):
    call = "window.Gleam = []; Gleam.push(['a']); window.Gleam = [['b', '2']]"
    visit(page, shop, name, call, loaded=True)
    assert arrived(page, shop, 2) == [["a"], ["b", "2"]]
    assert page.evaluate("typeof Gleam.track") == "function"


def test_a_var_that_is_reset_is_swept(page, shop, console, name):
    reset = "<script>Gleam = []; Gleam.push(['a'])</script>"
    html = f"<script>var Gleam = [];</script>{shop.loader(name=name)}{reset}"
    page.goto(shop.put(html))
    assert arrived(page, shop, 1) == [["a"]]


def test_something_else_of_that_name_stays_the_pages(page, shop, console, name):
    push = '<script>Tombola.push(["a"])</script>'
    page.goto(shop.put(f'<p id="gleam">mine</p>{shop.loader(name=name)}{push}'))
    assert arrived(page, shop, 1) == [["a"]]
    assert page.evaluate("window.gleam.textContent") == "mine"


def test_lower_case_alias_answers_track(page, shop, console, name):
    visit(page, shop, name, "Gleam.push(['a'], ['callback', done])", loaded=True)
    page.wait_for_function("ran.length == 1")
    assert page.evaluate("[window.gleam.track('a'), window.gleam.track('b')]") == [True, False]


def test_no_call_that_the_original_knows_throws(page, shop, console, name):
    visit(page, shop, name, "", loaded=True)
    data = page.evaluate("(Gleam.openPopupCampaign('x'), Gleam.rescan(), Gleam.data())")
    assert data["campaigns"] == ["y2sB7"]
    assert data["visitor"]
