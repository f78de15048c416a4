"""A whole entry with the keyboard alone: everything is reached, seen where it is, and told."""

import pytest

pytestmark = pytest.mark.plugins("custom_tracking")


@pytest.fixture
def inst(sqlite_inst):
    """What a keyboard does, no database can change."""
    return sqlite_inst


def tab_to(page, words, most=25):
    """Press Tab until the focus is on what a person would read as these words."""
    for _ in range(most):
        page.keyboard.press("Tab")
        found = page.evaluate(FOCUSED)
        assert found["outline"] >= 2, f"no ring around {found['name']}"
        if found["name"].startswith(words):
            return
    pytest.fail(f"{words} is not reached by Tab")


FOCUSED = """() => {
  const it = document.activeElement, style = getComputedStyle(it);
  const name = it.labels?.[0]?.textContent || it.textContent || "";
  const outline = style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth);
  return { name: name.trim(), outline };
}"""


def focused(page):
    return page.evaluate("document.activeElement.id || document.activeElement.className")


def test_whole_entry_by_keyboard(page, console, site, fair, office):
    action = site.action()
    page.goto(f"{fair}/y2sB7")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert focused(page) == "actions", "the link over the head leads to the actions"
    page.goto(f"{fair}/y2sB7")
    tab_to(page, "Your name")
    page.keyboard.press("Enter")
    page.locator("[aria-invalid]").first.wait_for()
    assert focused(page) == "f-name"
    assert page.locator("#said").inner_text() == "Fill this in."
    page.keyboard.type("Anna")
    tab_to(page, "E-mail address")
    page.keyboard.type("anna@mail.example")
    page.keyboard.press("Enter")
    page.locator(".you").wait_for()
    assert focused(page) == "stub"
    tab_to(page, "Be known on your other devices")
    page.keyboard.press("Space")
    tab_to(page, "Your e-mail")
    assert page.evaluate("document.activeElement.value") == "anna@mail.example"
    page.keyboard.press("Enter")
    page.locator("#code").wait_for()
    assert focused(page) == "code"
    page.keyboard.type(office.code())
    page.keyboard.press("Enter")
    page.locator("#code").wait_for(state="detached")
    tab_to(page, "Why?")
    page.keyboard.type("because")
    tab_to(page, "Send")
    page.keyboard.press("Space")
    page.locator(".card.done").wait_for()
    assert focused(page) == f"a-{action.uid}"
    assert [row["state"] for row in site.entries()] == ["valid"]


def test_leaving_and_the_languages_are_reached_by_keyboard(page, console, site, fair):
    site.action()
    page.goto(f"{fair}/y2sB7?lang=de")
    tab_to(page, "English")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Join in").wait_for()
    tab_to(page, "Your name")
    page.keyboard.type("Anna")
    tab_to(page, "E-mail address")
    page.keyboard.type("anna@mail.example")
    page.keyboard.press("Enter")
    page.locator(".you").wait_for()
    tab_to(page, "Not you?")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Join in").wait_for()


def test_button_pressed_twice_does_it_once(page, console, site, fair):
    site.action()
    page.goto(f"{fair}/y2sB7")
    page.get_by_label("Your name").fill("Anna")
    page.get_by_label("E-mail address").fill("anna@mail.example")
    sent = []
    page.on("request", lambda request: sent.append(request.method))
    page.get_by_role("button", name="Join in").dblclick()
    page.locator(".you").wait_for()
    assert sent.count("POST") == 1
