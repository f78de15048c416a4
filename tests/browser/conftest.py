"""A real server for a real browser, and the accessibility check of every page that a test sees."""

import threading
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page
from werkzeug.serving import make_server

from tombola.testing import house as houses
from tombola.testing.house import PASSWORD, House

AXE = Path(__file__).parent / "vendor" / "axe-4.14.1.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@dataclass
class Admin:
    """A browser on the pages of a running application."""

    page: Page
    house: House
    address: str

    def open(self, path: str) -> None:
        answer = self.page.goto(self.address + path)
        assert answer is not None
        assert answer.status == 200, f"{path}: {answer.status}"

    def log_in(self, who: str = "owner") -> None:
        self.open("/log-in")
        email = self.house.operator.email if who == "operator" else f"{who}@example.org"
        self.page.get_by_label("E-mail address").fill(email)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Log in").click()
        self.page.wait_for_url(lambda url: "/log-in" not in url)

    def violations(self) -> list[str]:
        """What axe finds wrong with the page as it is: rule and place."""
        found = self.page.evaluate(f"{AXE.read_text()}; axe.run(document, {{runOnly: {RULES}}})")
        return [
            f"{one['id']} at {node['html'][:160]}"
            for one in found["violations"]
            for node in one["nodes"]
        ]

    def overflow(self) -> int:
        """Pixels by which the page is wider than the window."""
        width: int = self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        return width


@pytest.fixture
def house(sqlite_database, clock, tmp_path):
    return houses.build(sqlite_database, clock, tmp_path / "data")


@pytest.fixture
def admin(house, page):
    server = make_server("127.0.0.1", 0, house.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Admin(page, house, f"http://127.0.0.1:{server.server_port}")
    server.shutdown()
    thread.join()
    server.server_close()
