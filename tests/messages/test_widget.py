"""After the button: a link and a code, with and without scripts, until the news comes."""

import threading
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from tombola.app import create_app
from tombola.messages.models import message
from tombola.testing.looking import look
from tombola.widget import hot

AXE = next((Path(__file__).parent.parent / "browser" / "vendor").glob("axe*.js"))


@pytest.fixture
def address(quick_rookery):
    app = create_app(quick_rookery.inst)
    app.extensions[hot.NAME] = hot.make(quick_rookery.inst, fresh_s=0)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
    app.extensions[hot.NAME].tracker.close()


def enter(page, address, rookery):
    page.goto(f"{address}/{rookery.campaign.key}")
    page.get_by_label("Your name").fill("Ann Lee")
    page.get_by_label("E-mail address").fill("ann@mail.example")
    page.locator(".join button").first.click()
    page.get_by_text("You are in as").wait_for()
    page.get_by_role("button", name="Hear by raven").click()


@pytest.mark.browser
def test_the_button_gives_link_and_code_and_the_page_notices_when_it_is_done(
    page, address, quick_rookery
):
    rookery = quick_rookery
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    enter(page, address, rookery)
    link = page.get_by_role("link", name="Open the rookery")
    assert link.get_attribute("href") == f"https://raven.example/to/7?ref={rookery.action.uid}"
    assert link.get_attribute("target") == "_blank"
    assert page.get_by_text("Send the raven, then come back.").is_visible()
    page.get_by_role("button", name="Copy CROW-17").click()
    page.get_by_role("button", name="Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == "CROW-17"
    look(page, "waiting", AXE, widths=(1280, 390))
    (action_id, campaign_id, entrant_id) = rookery.kind.seen[-1]
    assert (action_id, campaign_id) == (rookery.action.uid, rookery.campaign.uid)
    rookery.tell(
        {"do": "completes", "who": "u1", "action": action_id, "entrant": entrant_id,
         "reply": "Hello"}
    )  # fmt: skip
    page.locator(".card.done").wait_for(timeout=20_000)
    with rookery.inst.db.read() as conn:
        assert conn.execute(message.select()).mappings().one()["purpose"] == "confirmation"


@pytest.mark.browser
def test_it_works_without_scripts(browser, address, quick_rookery):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    enter(page, address, quick_rookery)
    assert page.get_by_role("link", name="Open the rookery").is_visible()
    assert page.get_by_role("code").is_visible()
    assert page.get_by_role("button", name="Copy").count() == 0
    rookery = quick_rookery
    (action_id, _, entrant_id) = rookery.kind.seen[-1]
    rookery.tell({"do": "completes", "who": "u1", "action": action_id, "entrant": entrant_id})
    page.get_by_role("link", name="Look again").click()
    page.locator(".card.done").wait_for()
    context.close()


def test_an_address_that_is_no_link_is_not_shown(quick_rookery, monkeypatch):
    rookery = quick_rookery
    kind = type(rookery.kind)
    first = kind.start
    bad = lambda *given: type(first(*given))(  # noqa: E731
        first(*given).check_after, "Wait", url="javascript:alert(1)", code="C"
    )
    monkeypatch.setattr(kind, "start", bad)
    client = rookery.house.app.test_client()
    key = rookery.campaign.key
    headers = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
    form = {"name": "Ann", "email": "ann@mail.example"}
    client.post(f"/w/{key}/enter", data=form, headers=headers)
    answer = client.post(f"/w/{key}/do/{rookery.action.uid}", headers=headers)
    assert answer.status_code == 200
    assert "javascript:" not in answer.text
    assert ">C</code>" in answer.text
