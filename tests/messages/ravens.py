"""A network of the tests' own, whose people are reached by raven, and the channel to them.

The network never forgets what it has taken (its ledger); with a file it outlives its process. Each
test breaks it in its own way.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

from tombola.api import (
    ActionType,
    Allowed,
    Answered,
    Channel,
    Completes,
    Config,
    Delivered,
    Granted,
    Happening,
    Identity,
    Interacted,
    Message,
    NotNow,
    OptedIn,
    OptedOut,
    Pending,
    PolicyRule,
    Purpose,
    Question,
    Read,
    Recipient,
    Sent,
    View,
)
from tombola.plugins.states import Parts, Plugin, State
from tombola.testing.harbour import CONNECTOR, TOPIC

WINDOW = timedelta(hours=24)
LATE = "They wrote to you more than a day ago."


@dataclass
class Network:
    """What the network does with the next messages, and what it has taken.

    Attributes:
        taken: (pier:person, text, purpose, dedupe) of each, in order.
        trouble: for the next calls, in order: an exception to raise, an answer to give, or None.
        on_send: called after a message was taken and before the answer is given.
        before: called before anything is taken.
    """

    file: Path | None = None
    trouble: list[Any] = field(default_factory=list)
    on_send: Any = None
    before: Any = None
    messages: list[Message] = field(default_factory=list)
    recipients: list[Recipient] = field(default_factory=list)
    _taken: list[tuple[str, str, str, str]] = field(default_factory=list)

    @property
    def taken(self) -> list[tuple[str, ...]]:
        if self.file is None:
            return list(self._taken)
        lines = self.file.read_text().splitlines() if self.file.exists() else []
        return [tuple(json.loads(line)) for line in lines]

    def take(self, to: Recipient, message: Message, dedupe: str) -> Any:
        if self.before is not None:
            self.before()
        trouble = self.trouble.pop(0) if self.trouble else None
        if isinstance(trouble, Exception):
            raise trouble
        if trouble is not None:
            return trouble
        line = (to.identity.uid, message.text, message.purpose.value, dedupe)
        self.messages.append(message)
        self.recipients.append(to)
        if self.file is None:
            self._taken.append(line)
        else:
            with self.file.open("a") as out:
                out.write(json.dumps(line) + "\n")
        if self.on_send is not None:
            self.on_send()
        return Sent(f"r-{dedupe}")


class Ravens(Channel):
    key = "raven.post"
    title = "Raven"
    identity = "raven.id"
    connection = CONNECTOR
    hears: ClassVar[Sequence[str]] = (TOPIC,)
    per_second = 1_000.0
    reply_window = WINDOW

    def __init__(self, network: Network) -> None:
        self.network = network
        self.deaf: Exception | None = None
        self.closed = False

    def account_of(self, identity: Identity) -> str | None:
        return identity.uid.partition(":")[0]

    def policy(self, ctx: Any, at: datetime) -> Sequence[PolicyRule]:
        return [PolicyRule("A day", "Anything within a day of what they wrote.", "Ravens, §1")]

    def assess(self, ctx: Any, to: Recipient, purpose: Purpose, at: datetime) -> Any:
        if "egg" in to.grants:
            return Allowed(by="They gave you an egg.")
        if to.last_act_at is None or at - to.last_act_at >= WINDOW or self.closed:
            return NotNow(LATE, "They can write to you again.")
        return Allowed(by="They wrote within a day.")

    def send(self, ctx: Any, to: Recipient, message: Message, dedupe: str) -> Any:
        ctx.account(CONNECTOR, to.identity.uid.partition(":")[0])
        return self.network.take(to, message, dedupe)

    def hear(self, ctx: Any, event: Any) -> Sequence[Happening]:
        if self.deaf is not None:
            raise self.deaf
        told = event.payload
        return [*_happenings(told, event.occurred_at or ctx.now)] if "do" in told else []


def person(told: Any) -> Identity:
    return Identity("raven.id", f"{told['pier']}:{told['who']}", name=told.get("name"))


def _happenings(told: Any, at: datetime) -> Iterable[Happening]:
    who = person(told)
    match told["do"]:
        case "writes":
            yield Interacted(who, at)
        case "stops":
            yield OptedOut(who, at, "STOP")
        case "starts":
            yield OptedIn(who, at)
        case "completes":
            reply = told.get("reply")
            asked = Question("Aye", "Nay") if told.get("asks") else None
            yield Completes(
                told["action"],
                told["entrant"],
                who,
                at,
                proof=told.get("proof", "raven"),
                details={"Raven": told["who"]},
                reply=Message(reply, tag=told.get("tag"), question=asked) if reply else None,
            )
        case "answers":
            about = Purpose(told["about"])
            yield Answered(who, about, told["campaign"], told["yes"], at)
        case "gives":
            yield Granted(who, "egg", "token", at)
        case "arrived":
            yield Delivered(who, at, tuple(told.get("ids", ())), at if told.get("all") else None)
        case "read":
            yield Read(who, at, tuple(told.get("ids", ())), at if told.get("all") else None)


class Subscribe(ActionType[Config]):
    key = "raven.subscribe"
    title = "Hear by raven"
    config_model = Config
    connection = CONNECTOR

    def __init__(self) -> None:
        self.seen: list[tuple[str | None, str | None, str]] = []

    def view(self, ctx: Any, config: Config, who: Any) -> View:
        return View(label="Hear by raven")

    def start(self, ctx: Any, config: Config, who: Any) -> Pending:
        self.seen.append((ctx.action_id, ctx.campaign and ctx.campaign.id, who.entrant_id))
        return Pending(
            timedelta(minutes=5),
            "Send the raven, then come back.",
            url=f"https://raven.example/to/7?ref={ctx.action_id}",
            label="Open the rookery",
            code="CROW-17",
        )


def ravens(network: Network) -> Plugin:
    """The plugin, ready."""
    plugin = Plugin("raven", "raven.plugin", "tombola-raven", "1.0", state=State.READY)
    plugin.parts = Parts(channels=[Ravens(network)], action_types=[Subscribe()])
    return plugin
