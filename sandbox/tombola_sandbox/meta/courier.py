"""Carries events to the addresses of apps: signed, again and again until one says 200.

Source: Meta, "Webhooks": retries at once, then with less and less haste; after an hour of failures
the app is unsubscribed; order and single delivery are not promised; the signature is made over
JSON with escaped unicode and slashes. Read 2026-11.
"""

import base64
import hashlib
import hmac
import json
import secrets
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import httpx2

from tombola_sandbox.ids import number_from
from tombola_sandbox.meta.access import MetaAccess
from tombola_sandbox.meta.models import Account, App, Callback, Event, Json, Page, Person, Photo
from tombola_sandbox.meta.pictures import SCALED, address
from tombola_sandbox.meta.world import MetaWorld
from tombola_sandbox.switches import Switches

PATIENCE_S: Final = 5.0
"""An app must answer within five seconds."""
GIVES_UP: Final = timedelta(hours=1)
PAUSES: Final = tuple(timedelta(seconds=s) for s in (0, 0, 10, 30, 60, 300, 600, 900))
"""Before the second, third … attempt; the last again and again. Meta names no numbers; ours."""
MOST_ENTRIES: Final = 50
KEPT: Final = 200
OK: Final = 200


@dataclass(frozen=True, slots=True)
class Delivery:
    """One attempt at carrying events.

    Attributes:
        status: what the app answered; 0 where it did not.
        events: how many were in it.
    """

    at: datetime
    url: str
    object: str
    fields: tuple[str, ...]
    status: int
    events: int
    body: str = field(repr=False)


class Courier:
    """Carries what waits. In a test ``deliver`` is called; a sandbox that runs has a thread."""

    def __init__(
        self,
        world: MetaWorld,
        access: MetaAccess,
        switches: Switches,
        http: httpx2.Client | None = None,
    ) -> None:
        self._world = world
        self._access = access
        self._switches = switches
        self._http = http or httpx2.Client(timeout=PATIENCE_S)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._carry_on, name="courier", daemon=True)
        self._lock = threading.Lock()
        self.log: deque[Delivery] = deque(maxlen=KEPT)
        world.courier = self

    # In a sandbox that runs.

    def start(self) -> None:
        """Begin carrying."""
        self._thread.start()

    def stop(self) -> None:
        """End. Idempotent."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join(timeout=2)
        self._http.close()

    def _carry_on(self) -> None:
        while not self._over.wait(0.5):
            self.verify_all()
            self.deliver()

    # Verifying.

    def verify(self, callback: Callback) -> bool:
        """Ask an address for its challenge, as Meta does before it takes it."""
        challenge = str(secrets.randbelow(10**10))
        params = {
            "hub.mode": "subscribe",
            "hub.challenge": challenge,
            "hub.verify_token": callback.verify_token,
        }
        try:
            answer = self._http.get(callback.url, params=params)
        except httpx2.HTTPError:
            return False
        return answer.status_code == OK and answer.text == challenge

    def verify_all(self) -> None:
        """Ask every address that has not answered yet."""
        for app in list(self._world.all(App).values()):
            for kind, callback in app.callbacks.items():
                if not callback.verified and self.verify(callback):
                    done = callback.model_copy(update={"verified": True})
                    now = self._world.one(App, app.id)
                    self._world.change(now, callbacks={**now.callbacks, kind: done})

    # Delivering.

    def waiting(self) -> Sequence[Event]:
        """Give the events that are on their way, oldest first."""
        return self._world.waiting()

    def deliver(self) -> Sequence[Delivery]:
        """Carry what is due now, once; what came of it."""
        with self._lock:
            now = self._world.clock()
            due = [event for event in self.waiting() if event.next_at <= now]
            made: list[Delivery] = []
            for group in self._groups(due):
                made += self._carry(group)
            return made

    def _groups(self, due: Sequence[Event]) -> list[list[Event]]:
        """Put events into deliveries: one each, or together; in order, or not."""
        if self._switches.meta_reordered:
            due = sorted(due, key=lambda event: number_from(f"order {event.id}", 10**9))
        if not self._switches.meta_batched:
            return [[event] for event in due]
        groups: dict[tuple[str, str], list[list[Event]]] = {}
        for event in due:
            found = groups.setdefault((event.app, event.object), [[]])
            if len(found[-1]) >= MOST_ENTRIES:
                found.append([])
            found[-1].append(event)
        return [group for found in groups.values() for group in found]

    def _carry(self, events: list[Event]) -> list[Delivery]:
        first = events[0]
        app = self._access.app(first.app)
        callback = app.callbacks.get(first.object) if app else None
        if app is None or callback is None:
            self._lose(events)
            return []
        if not callback.verified:
            return []
        raw = self.body_of(events)
        times = 2 if self._switches.meta_doubled else 1
        made = [self._send(app, callback, events, raw) for _ in range(times)]
        if any(delivery.status == OK for delivery in made):
            for event in events:
                self._world.change(event, state="done", attempts=event.attempts + 1)
        else:
            self._fail(app, events)
        return made

    def body_of(self, events: Sequence[Event]) -> bytes:
        """Write events as they are sent and signed: unicode and slashes escaped."""
        entries: list[Json] = []
        for event in events:
            seconds = event.at.timestamp()
            at = int(seconds)
            change = {"field": event.field, "value": self._fresh(event.value)}
            if "messaging" in event.value or "standby" in event.value:
                entries.append({"id": event.entry, "time": int(seconds * 1000)} | event.value)
            elif entries and entries[-1]["id"] == event.entry and entries[-1]["time"] == at:
                entries[-1]["changes"].append(change)
            else:
                entries.append({"id": event.entry, "time": at, "changes": [change]})
        body = {"object": events[0].object, "entry": entries}
        text = json.dumps(body, ensure_ascii=True, separators=(",", ":"))
        return text.replace("/", "\\/").encode()

    def _fresh(self, value: Json) -> Json:
        """Give the picture an address of now."""
        photo = self._world.get(Photo, value.get("photo"))
        if photo is None:
            return value
        url = address(self._world, self._world.address, photo, longest=SCALED)
        return {**value, "photo": url}

    def _send(self, app: App, callback: Callback, events: list[Event], raw: bytes) -> Delivery:
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "facebookexternalua",
            "X-Hub-Signature": "sha1=" + _signature(app.secret, raw, hashlib.sha1),
            "X-Hub-Signature-256": "sha256=" + _signature(app.secret, raw, hashlib.sha256),
        }
        try:
            away = self._switches.meta_webhooks_fail
            answer = None if away else self._http.post(callback.url, content=raw, headers=headers)
            status = 0 if answer is None else answer.status_code
        except httpx2.HTTPError:
            status = 0
        made = Delivery(
            at=self._world.clock(),
            url=callback.url,
            object=events[0].object,
            fields=tuple(event.field for event in events),
            status=status,
            events=len(events),
            body=raw.decode(),
        )
        self.log.append(made)
        return made

    def take_away(self, app: App, person: Person, *, delete: bool = False) -> int:
        """Let somebody take the app away: their tokens die, and the app is told.

        Args:
            app: the application.
            person: who takes it away.
            delete: they ask for their data to be deleted, too.

        Returns:
            What the app answered to the last call; 0 where it did not, or has no address.
        """
        self._access.kill_all(458, person=person.id, app=app.id)
        request = {
            "algorithm": "HMAC-SHA256",
            "issued_at": int(self._world.clock().timestamp()),
            "user_id": self._world.asid(app.id, person.id),
        }
        form = {"signed_request": signed_request(app.secret, request)}
        status = 0
        for url in (app.deauthorize_url, app.deletion_url if delete else ""):
            if url:
                try:
                    status = self._http.post(url, data=form).status_code
                except httpx2.HTTPError:
                    status = 0
        return status

    def _fail(self, app: App, events: list[Event]) -> None:
        now = self._world.clock()
        for event in events:
            since = event.failing_since or now
            if now - since >= GIVES_UP:
                self._unsubscribe(app, event)
                continue
            pause = PAUSES[min(event.attempts, len(PAUSES) - 1)]
            self._world.change(
                event, attempts=event.attempts + 1, failing_since=since, next_at=now + pause
            )

    def _unsubscribe(self, app: App, event: Event) -> None:
        """After an hour an app hears no more of a page or account; what waited is lost."""
        page = self._world.get(Page, event.entry)
        account = self._world.get(Account, event.entry)
        page = page or self._world.get(Page, account.page if account else None)
        for thing in (page, account):
            if thing is not None and app.id in thing.subscriptions:
                left = {name: f for name, f in thing.subscriptions.items() if name != app.id}
                self._world.change(thing, subscriptions=left)
        self._lose([one for one in self.waiting() if one.entry == event.entry])

    def _lose(self, events: Sequence[Event]) -> None:
        for event in events:
            self._world.change(event, state="lost")


def signed_request(secret: str, payload: Json) -> str:
    """Write a signed request. Source: Meta, "Parsing the Signed Request", read 2026-11."""
    body = _base64(json.dumps(payload, separators=(",", ":")).encode())
    digest = hmac.new(secret.encode(), body.encode(), hashlib.sha256).digest()
    return f"{_base64(digest)}.{body}"


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _signature(secret: str, raw: bytes, digest: Any) -> str:
    return hmac.new(secret.encode(), raw, digest).hexdigest()
