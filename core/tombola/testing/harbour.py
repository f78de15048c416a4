"""A whole plugin for tests of connections: a connector, an importer that hears, and its webhook.

Its network is the object itself: accounts and ships are set by the test, calls are counted.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from pydantic import Field

from tombola.api import (
    Accepted,
    Account,
    Connector,
    Ctx,
    Cursor,
    Delivery,
    FetchError,
    Flow,
    HttpError,
    Importer,
    Invalid,
    Item,
    Lane,
    Page,
    Redirect,
    Reply,
    SourceConfig,
    Text,
    Webhook,
    Window,
)
from tombola.plugins.states import Parts, Plugin, State

CONNECTOR = "harbour.pier"
TOPIC = "harbour.log"


class Pier(Connector):
    """Connects piers; a log-in gives ``piers``."""

    key = CONNECTOR
    title = "Harbour"

    def __init__(self) -> None:
        self.piers: list[Account] = []
        self.is_ready = True
        self.flows: list[Flow] = []
        self.refuses: Invalid | HttpError | None = None
        self.trouble: FetchError | None = None
        self.complaint: Text | None = None
        self.joined: list[str] = []
        self.left: list[str] = []
        self.checks: list[Account] = []

    def ready(self, ctx: Ctx) -> bool:
        """As the test says."""
        return self.is_ready

    def begin(self, ctx: Ctx, flow: Flow) -> Redirect:
        """Go to the harbour's log-in."""
        self.flows.append(flow)
        return Redirect(f"https://harbour.example/log-in?state={flow.state}")

    def finish(self, ctx: Ctx, flow: Flow, params: Mapping[str, str]) -> Sequence[Account]:
        """Give all piers, or refuse."""
        if self.refuses is not None:
            raise self.refuses
        if "code" not in params:
            raise Invalid({"": "The harbour master said no."})
        return self.piers

    def join(self, ctx: Ctx, account: Account) -> None:
        """Note it."""
        self.joined.append(account.uid)

    def check(self, ctx: Ctx, account: Account) -> Text | None:
        """Complain, or raise the trouble."""
        self.checks.append(account)
        if self.trouble is not None:
            raise self.trouble
        return self.complaint

    def leave(self, ctx: Ctx, account: Account) -> None:
        """Note it."""
        self.left.append(account.uid)


class ShipsConfig(SourceConfig):
    """Which pier, and which ships."""

    account: str = Field(default="", title="Pier", description="Whose log is read.")
    photos_only: bool = False


class ShipsCursor(Cursor):
    """A place in the log."""

    page: int = 0


class Ships(Importer[ShipsConfig, ShipsCursor]):
    """Reads a pier's log, page by page, and hears of new lines."""

    key = "harbour.ships"
    title = "Ships"
    config_model = ShipsConfig
    cursor_model = ShipsCursor
    connection = CONNECTOR
    hears = (TOPIC,)
    lanes = frozenset({Lane.LIVE})

    def __init__(self) -> None:
        self.pages: list[list[Item]] = [[]]
        self.trouble: FetchError | None = None
        self.deaf: Exception | None = None
        self.calls: list[str] = []
        self.heard: list[Accepted] = []

    def open(self, ctx: Ctx, config: ShipsConfig, lane: Lane, window: Window) -> ShipsCursor:
        """Begin at the first page."""
        return ShipsCursor()

    def fetch(self, ctx: Ctx, config: ShipsConfig, cursor: ShipsCursor) -> Page[ShipsCursor]:
        """Read one page with the pier's token."""
        self.calls.append(ctx.account(CONNECTOR, config.account).secrets["token"])
        if self.trouble is not None:
            raise self.trouble
        more = cursor.page + 1 < len(self.pages)
        here = ShipsCursor(page=cursor.page + 1) if more else None
        return Page(self.pages[cursor.page], here, ShipsCursor())

    def hear(self, ctx: Ctx, config: ShipsConfig, event: Accepted) -> Sequence[Item]:
        """Give the ship that the event tells of."""
        ctx.account(CONNECTOR, config.account)
        self.heard.append(event)
        if self.deaf is not None:
            raise self.deaf
        told = event.payload
        return [
            Item(
                told["ship"],
                event.occurred_at,
                "ship",
                text=told.get("text", ""),
                deleted=told.get("gone", False),
            )
        ]


class Log(Webhook):
    """Takes the harbour's log, a JSON list of lines; ``key`` in the query is its signature."""

    key = "harbour.log"
    title = "Log"

    def __init__(self) -> None:
        self.handled: list[str] = []

    def receive(self, ctx: Ctx, request: Delivery) -> Reply | Sequence[Accepted]:
        """Split a delivery into lines."""
        if request.query.get("key") != "right":
            return ()
        return [
            Accepted(
                each["id"],
                each,
                datetime.fromisoformat(each["at"]) if "at" in each else None,
                topic=TOPIC,
                account=each["pier"],
                connector=CONNECTOR,
            )
            for each in json.loads(request.body)
        ]

    def handle(self, ctx: Ctx, event: Accepted) -> None:
        """Note it."""
        self.handled.append(event.dedupe)


def harbour() -> Plugin:
    """The plugin, ready."""
    plugin = Plugin("harbour", "harbour.plugin", "tombola-harbour", "1.0", state=State.READY)
    plugin.parts = Parts(connectors=[Pier()], importers=[Ships()], webhooks=[Log()])
    return plugin


def pier(uid: str = "7", *, token: str = "t-7", missing: Sequence[Text] = ()) -> Account:  # noqa: S107 # invented
    """An account of the harbour."""
    secrets, facts = {"token": token}, {"deep": True}
    return Account(uid, f"Pier {uid}", "pier", f"pier{uid}", secrets, facts, missing)
