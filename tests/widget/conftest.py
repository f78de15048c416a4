"""A site of somebody else for browser tests: pages on one origin, a listener on another."""

import dataclasses
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

import pytest
from sqlalchemy import select
from werkzeug.serving import make_server

from tombola.app import create_app
from tombola.campaigns import actions, service
from tombola.campaigns.rules import ActionForm, CampaignForm, Interval
from tombola.db import new_uid
from tombola.entries.models import entry
from tombola.entries.totals import recount
from tombola.importing.models import source
from tombola.installation import Installation
from tombola.mail import jobs as mail_jobs
from tombola.plans.service import ensure_first_plans
from tombola.queue import runner
from tombola.queue.kinds import House, Kinds
from tombola.teams.rules import Actor, Role
from tombola.teams.service import NewTeam, create_team, set_plan
from tombola.testing.clock import NOON
from tombola.testing.smtp import Letter, Server
from tombola.widget import entering, hot, scripts
from tombola.widget.directory import Directory
from tombola.widget.models import event, near_miss
from tombola.widget.tracking import Tracker

KEY = "y2sB7"
STUB = "window.Gleam = window.Gleam || [];"
#: What a shop's scripts say to people, and its frame.
WORDS: dict[str, str | bool] = {
    "title": "Win a bicycle",
    "tab": "Win a bicycle",
    "show": "Show the competition",
    "close": "Close",
    "loading": "Loading …",
    "lang": "en",
    "dir": "ltr",
    "over": False,
}
FRAME = "<!doctype html><html lang=en><title>Win a bicycle</title><p>widget</p>"


class Shop:
    """Serves pages at http://127.0.0.1 and the script at http://localhost, which are two sites.

    ``pages``: path to (HTML, extra headers). ``pushes``: bodies of POST /t in order of arrival.
    ``answers``: statuses of the next answers; 204 when used up. ``hold``: cleared, answers wait.
    """

    def __init__(self, port: int) -> None:
        self.here = f"http://127.0.0.1:{port}"
        self.tombola = f"http://localhost:{port}"
        self.pages: dict[str, tuple[str, dict[str, str]]] = {}
        self.pushes: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.answers: list[int] = []
        self.hold = threading.Event()
        self.hold.set()

    def put(self, html: str, path: str = "/page", **headers: str) -> str:
        """Keep a page and give its address."""
        self.pages[path] = (html, {name.replace("_", "-"): text for name, text in headers.items()})
        return self.here + path

    def loader(self, key: str = KEY, name: str = "trk") -> str:
        """A script element that loads the tracking script, or another that does the same."""
        path = "e.js" if name == "e" else f"{key}/{name}.js"
        return f'<script src="{self.tombola}/{path}"></script>'

    def script(self, path: str) -> bytes:
        """The script of a path such as ``/y2sB7/ol.js``."""
        key, name = ("", "e") if path == "/e.js" else (path[1:6], path[7:-3])
        if name == "trk":
            return scripts.tracker(self.tombola, key)
        return scripts.place(self.tombola, cast("scripts.Kind", name), key, WORDS)

    @property
    def events(self) -> list[Any]:
        """All events that have arrived."""
        return [event for push in self.pushes for event in push["e"]]


@contextmanager
def open_shop() -> Iterator[Shop]:
    server = _Server(("127.0.0.1", 0), _Handler)
    shop = server.shop = Shop(server.server_port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield shop
    finally:
        shop.hold.set()
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    shop: Shop


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self):
        shop = self.server.shop
        path = self.path.partition("?")[0]
        if path.endswith(".js"):
            self._answer(200, shop.script(path), "text/javascript", {})
        elif path.endswith("/embed"):
            self._answer(200, FRAME.encode(), "text/html; charset=utf-8", {})
        elif path in shop.pages:
            html, headers = shop.pages[path]
            self._answer(
                200, f"<!doctype html>{html}".encode(), "text/html; charset=utf-8", headers
            )
        else:
            self._answer(204, b"", "text/plain", {})

    def do_POST(self):
        shop = self.server.shop
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status = shop.answers.pop(0) if shop.answers else 204
        shop.headers.append(dict(self.headers))
        shop.pushes.append(json.loads(body))
        shop.hold.wait(20)
        self._answer(status, b"", "text/plain", {"Access-Control-Allow-Origin": "*"})

    def _answer(self, status, body, kind, headers):
        try:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            for name, text in headers.items():
                self.send_header(name, text)
            self.end_headers()
            self.wfile.write(body)
        except ConnectionError:
            self.close_connection = True

    def log_message(self, *_args):
        pass


@pytest.fixture
def shop():
    with open_shop() as shop:
        yield shop


@pytest.fixture
def console(page):
    """Everything that the pages of this test say; a test may empty it of what it expects."""
    said = []
    page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
    yield said
    assert said == []


OPERATOR = Actor(0, "", None, "Olga", Role.VIEWER, operator=True)


class Site:
    """A team on the Business plan with one campaign in Berlin, and what its pages push."""

    def __init__(self, inst: Installation) -> None:
        self.inst = inst
        with inst.db.write() as conn:
            ensure_first_plans(conn)
        team = create_team(inst, OPERATOR, NewTeam(name="Shop", slug="shop", plan="business"))
        self.actor = Actor.system(team.id, team.uid)
        form = CampaignForm(
            title="Win a bicycle",
            zone="Europe/Berlin",
            starts_at=NOON - timedelta(days=10),
            ends_at=NOON + timedelta(days=10),
        )
        self.campaign = service.create(inst, self.actor, form, key="y2sB7")
        self.directory = Directory(inst, fresh_s=0)
        self.tracker = Tracker(inst, self.directory)

    def action(
        self, *names: str, interval: str = "once", mandatory: bool = False, **config: Any
    ) -> service.Action:
        """Add a custom action completed by these names, or by a question without any."""
        words = {"completed_by": "tracking", "signals": names} if names else {"question": "Why?"}
        form = ActionForm(
            type_key="custom_tracking.custom",
            title=f"Do {' and '.join(names) or 'tell'}",
            config={**words, **config},
            interval=interval,
            worth=3,
            mandatory=mandatory,
        )
        return actions.add(self.inst, self.actor, self.campaign.uid, form)

    def importer(self, state: str = "active") -> service.Action:
        """Add an action whose entries come from X, with a source in that state."""
        added = self.bare_importer()
        now = self.inst.clock()
        with self.inst.db.write() as conn:
            conn.execute(
                source.insert().values(
                    uid=new_uid(now), team_id=self.actor.team_id, action_id=added.id,
                    importer_key=added.type_key, config={"hashtags": ["tombola"]},
                    config_version=1, every_seconds=3600, state=state, detail={}, created_at=now,
                )
            )  # fmt: skip
        return added

    def bare_importer(self) -> service.Action:
        """Add an action that imports from X, without a source."""
        form = ActionForm(
            type_key="twitter_import.hashtag",
            title="Post on X",
            config={},
            interval=Interval.UNLIMITED,
        )
        return actions.add(self.inst, self.actor, self.campaign.uid, form)

    def push(self, *events: Any, visitor: str = "visitor-1", token: str | None = None) -> int:
        """What the script sends; the status of the answer."""
        body = {"v": visitor, "k": [self.campaign.key], "e": list(events), "x": token}
        return self.tracker.take(json.dumps(body).encode(), "https://shop.example").status

    def enter(self, email: str = "anna@mail.example", browser: str = "cookie-1") -> None:
        """Log somebody in by name and address, in the browser with that cookie."""
        place = self.directory.get("y2sB7")
        assert place is not None
        entering.enter(self.inst, self.directory, place, browser, "Anna", email)

    def visitor_of(self, browser: str = "cookie-1") -> int:
        """The number of the visitor with that cookie."""
        return entering.visitor(self.inst, self.campaign.team_id, browser).id

    def plan(self, key: str) -> None:
        """Put the team on another plan."""
        set_plan(self.inst, OPERATOR, "shop", key)

    def entries(self) -> list[dict[str, Any]]:
        """The ledger's rows in the order of their recording."""
        with self.inst.db.read() as conn:
            return [dict(r) for r in conn.execute(select(entry).order_by(entry.c.id)).mappings()]

    def events(self) -> list[dict[str, Any]]:
        """Stored events in order."""
        with self.inst.db.read() as conn:
            return [dict(r) for r in conn.execute(select(event).order_by(event.c.id)).mappings()]

    def misses(self) -> dict[tuple[str, str], int]:
        """Near misses: how often, by name and reason."""
        with self.inst.db.read() as conn:
            rows = conn.execute(select(near_miss)).mappings()
            return {(row["name"], row["reason"]): row["times"] for row in rows}


@pytest.fixture
def site(inst):
    site = Site(inst)
    yield site
    site.tracker.close()
    with inst.db.read() as conn:
        assert recount(conn, site.campaign.id) == []


class Office:
    """The campaign's installation with a mail server, and the mails that came there."""

    def __init__(self, site: Site, server: Server, came: list[Letter]) -> None:
        settings = site.inst.settings.model_copy(update={"smtp_url": server.url})
        self.inst = dataclasses.replace(site.inst, settings=settings)
        self.came = came

    def work(self) -> None:
        """Let a worker send what waits."""
        kinds = Kinds(mail_jobs.kinds())
        runner.run(House(self.inst, kinds), kinds["mail"])

    def read(self) -> EmailMessage:
        """The newest mail."""
        self.work()
        return message_from_bytes(self.came[-1].data, policy=default)

    def code(self) -> str:
        """The newest mail's code."""
        found = re.search(r"Your code: (\d{6})\b", str(self.read().get_content()))
        assert found is not None
        return found[1]


@pytest.fixture
def office(site):
    came: list[Letter] = []
    with Server(came.append) as server:
        yield Office(site, server, came)


@contextmanager
def running(inst: Installation) -> Iterator[str]:
    """Serve the real application at http://localhost:<port>."""
    server = make_server("127.0.0.1", 0, lambda _environ, _start: [], threaded=True)
    address = f"http://localhost:{server.server_port}"
    settings = inst.settings.model_copy(update={"base_url": address})
    app = create_app(dataclasses.replace(inst, settings=settings))
    app.extensions[hot.NAME] = hot.make(app.extensions["tombola"], fresh_s=0)
    server.app = app
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield address
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        app.extensions[hot.NAME].tracker.close()


@pytest.fixture
def tombola(site):
    """The real application."""
    with running(site.inst) as address:
        yield address


@pytest.fixture
def fair(office):
    """The real application with a mail server, whose mails are the office's."""
    with running(office.inst) as address:
        yield address
