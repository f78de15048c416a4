"""Every form of a call, before and after the script has loaded, in a browser on another site."""

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


def arrived(page, shop, count):
    """Wait until so many events have arrived, and give them: request by request, in any order."""
    for _ in range(800):
        if len(shop.events) >= count:
            break
        page.wait_for_timeout(25)
    return [event for push in sorted(shop.pushes, key=lambda p: str(p["e"])) for event in push["e"]]


def visit(page, shop, script, *, loaded):
    """Open a page of the shop that makes a call in the queue, or after the script has loaded."""
    start = f"<script>window.ran = []; function done(error) {{ ran.push(String(error)) }} {STUB}"
    start += "window.Tombola = window.Tombola || [];</script>"
    call = f"<script>{script}</script>"
    body = [shop.loader(), call] if loaded else [call, shop.loader()]
    page.goto(shop.put(start + "".join(body)))


@pytest.mark.parametrize("loaded", [False, True], ids=["queued", "loaded"])
@pytest.mark.parametrize(
    "call", FORMS, ids=lambda call: call[:50].encode("ascii", "replace").decode()
)
def test_call_is_sent_as_the_table_says(page, shop, console, call, loaded):
    visit(page, shop, call, loaded=loaded)
    expected = FORMS[call]
    assert arrived(page, shop, len(expected)) == expected
    if "done" in call:
        page.wait_for_function("ran.length > 0")
        assert page.evaluate("ran") == ["undefined"]
    if call in WARNS:
        assert console == [WARNING]
        console.clear()
    assert all(push["k"] == ["y2sB7"] for push in shop.pushes)


def test_two_words_queued_are_a_run_and_loaded_are_a_pair(page, shop, console):
    visit(page, shop, "Gleam.push('VIP','x')", loaded=False)
    assert arrived(page, shop, 1) == [[["VIP", "x"]]]
    page.wait_for_function("JSON.parse(localStorage.tombola).q.length == 0")
    shop.pushes.clear()
    visit(page, shop, "Gleam.push('VIP','x')", loaded=True)
    assert arrived(page, shop, 1) == [["VIP", "x"]]


@pytest.mark.parametrize("loaded", [False, True], ids=["queued", "loaded"])
def test_a_push_without_a_name_is_ignored_with_one_warning(page, shop, console, loaded):
    visit(
        page,
        shop,
        "Gleam.push([undefined,'1']); Gleam.push([null]); Gleam.push(['b'])",
        loaded=loaded,
    )
    assert arrived(page, shop, 1) == [["b"]]
    assert console == [WARNING]
    console.clear()


@pytest.mark.parametrize("loaded", [False, True], ids=["queued", "loaded"])
def test_each_of_several_callbacks_runs_once(page, shop, console, loaded):
    call = (
        "for (const n of [1, 2, 3]) Gleam.push(['a', n], ['callback', e => ran.push(n + ':' + e)])"
    )
    visit(page, shop, call, loaded=loaded)
    page.wait_for_function("ran.length == 3")
    assert sorted(page.evaluate("ran")) == ["1:undefined", "2:undefined", "3:undefined"]
    assert arrived(page, shop, 3) == [["a", "1"], ["a", "2"], ["a", "3"]]
    assert len(shop.pushes) == (3 if loaded else 1)


def test_queue_of_a_global_const_is_found(page, shop, console):
    html = (
        "<script>const Gleam = window.Gleam || []; Gleam.push(['a','1'])</script>" + shop.loader()
    )
    page.goto(shop.put(html + "<script>Gleam.push(['b'])</script>"))
    assert arrived(page, shop, 2) == [["a", "1"], ["b"]]


def test_a_later_global_const_is_no_error(page, shop, console):
    html = shop.loader() + "<script>const Gleam = window.Gleam || []; Gleam.push(['a'])</script>"
    page.goto(shop.put(html))
    assert arrived(page, shop, 1) == [["a"]]


@pytest.mark.parametrize("order", ["before", "after"])
def test_global_var_works(page, shop, console, order):
    var = "<script>var Gleam = Gleam || []; Gleam.push(['a'])</script>"
    page.goto(shop.put(var + shop.loader() if order == "before" else shop.loader() + var))
    assert arrived(page, shop, 1) == [["a"]]
    page.evaluate("Gleam.push(['b'])")
    assert arrived(page, shop, 2) == [["a"], ["b"]]


def test_local_array_behind_the_stub_is_followed(page, shop, console):
    body = (
        "const Gleam = window.Gleam || []; Gleam.push(['early']);"
        "window.later = () => Gleam.push(['late'])"
    )
    html = f"<script>{STUB} (() => {{ {body} }})()</script>"
    page.goto(shop.put(html + shop.loader()))
    page.evaluate("later()")
    assert arrived(page, shop, 2) == [["early"], ["late"]]


def test_a_page_that_resets_the_global_is_taken_over_again(page, shop, console):
    visit(
        page, shop, "window.Gleam = []; Gleam.push(['a']); window.Gleam = [['b', '2']]", loaded=True
    )
    assert arrived(page, shop, 2) == [["a"], ["b", "2"]]
    assert page.evaluate("typeof Gleam.track") == "function"


def test_a_var_that_is_reset_is_swept(page, shop, console):
    reset = "<script>Gleam = []; Gleam.push(['a'])</script>"
    html = f"<script>var Gleam = [];</script>{shop.loader()}{reset}"
    page.goto(shop.put(html))
    assert arrived(page, shop, 1) == [["a"]]


def test_something_else_of_that_name_stays_the_pages(page, shop, console):
    page.goto(
        shop.put(f'<p id="gleam">mine</p>{shop.loader()}<script>Tombola.push(["a"])</script>')
    )
    assert arrived(page, shop, 1) == [["a"]]
    assert page.evaluate("window.gleam.textContent") == "mine"


def test_lower_case_alias_answers_track(page, shop, console):
    visit(page, shop, "Gleam.push(['a'], ['callback', done])", loaded=True)
    page.wait_for_function("ran.length == 1")
    assert page.evaluate("[window.gleam.track('a'), window.gleam.track('b')]") == [True, False]


def test_no_call_that_the_original_knows_throws(page, shop, console):
    visit(page, shop, "", loaded=True)
    data = page.evaluate("(Gleam.openPopupCampaign('x'), Gleam.rescan(), Gleam.data())")
    assert data["campaigns"] == ["y2sB7"]
    assert data["visitor"]
