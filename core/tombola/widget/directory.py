"""What the hot roads know of a campaign without asking the database each time."""

import threading
import time
from collections import OrderedDict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from tombola.api import Busy, CampaignView, NotFound, PluginFailed, PluginUnavailable, Proof, Text
from tombola.campaigns import service as campaigns
from tombola.campaigns.models import action_signal
from tombola.campaigns.models import campaign as campaign_table
from tombola.campaigns.prizes import Prize
from tombola.campaigns.rules import Interval
from tombola.campaigns.service import Action, Campaign
from tombola.db.sets import members
from tombola.importing.models import source
from tombola.installation import Installation
from tombola.rewards import shelf
from tombola.teams.rules import Actor
from tombola.widget import gates
from tombola.widget import secrets as tracking_secrets

#: How long an answer is used again: what a team changes shows on its pages after this long.
FRESH_S = 2.0
#: Campaigns that one process remembers with all that belongs to them.
ROOM = 5_000
#: Seconds to wait for another thread that is reading the keys.
KEYS_PATIENCE_S = 5.0
#: PostgreSQL commits numbers out of order: so many of the last are looked at again.
OVERLAP = 100


@dataclass(frozen=True, slots=True)
class Place:
    """A campaign as tracking and polling need it.

    Attributes:
        team: acts for the team where plugins are asked.
        actions: by number, without the removed ones.
        shut: actions whose plugin or plan does not let them run now, or that import from nowhere,
            with the reason.
        signals: actions by tracking name.
        proofs: how believable an event has to be to complete an action.
        redacted: names whose values are kept with e-mail addresses blotted out.
        secrets: what the site signs with, newest first.
        prizes: in their order.
        sold_out: numbers of the rewards of which nothing is left.
        numbers: of all actions, also where this is how one country sees it.
        free: countries of the actions that are a free alternative; nobody else sees these.
        paid: countries of the actions that have one; nobody there sees these.
        log_ins: providers that the open actions have to do with, and that are set up.
    """

    campaign: Campaign
    view: CampaignView
    team: Actor
    actions: Mapping[int, Action]
    shut: Mapping[int, Text]
    signals: Mapping[str, tuple[Action, ...]]
    log_ins: tuple[str, ...] = ()
    proofs: Mapping[int, Proof] = field(default_factory=dict)
    redacted: frozenset[str] = frozenset()
    secrets: tuple[str, ...] = ()
    numbers: tuple[int, ...] = ()
    prizes: tuple[Prize, ...] = ()
    sold_out: frozenset[int] = frozenset()
    free: Mapping[int, frozenset[str]] = field(default_factory=dict)
    paid: Mapping[int, frozenset[str]] = field(default_factory=dict)

    def is_hidden(self, number: int, country: str | None) -> bool:
        """Whether an action is not for people of a country; None: they have said none."""
        if number in self.free and country not in self.free[number]:
            return True
        return country in self.paid.get(number, ())

    def seen_from(self, country: str | None) -> "Place":
        """The same as people of a country see it."""
        if not self.free:
            return self
        shown = {n: each for n, each in self.actions.items() if not self.is_hidden(n, country)}
        return replace(self, actions=shown)

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which days and hours are counted."""
        return ZoneInfo(self.campaign.zone)

    def intervals(self, name: str) -> list[Interval]:
        """The intervals of the actions that a name unlocks."""
        return [Interval(each.interval) for each in self.signals.get(name, ())]


class Directory:
    """Campaigns by key, read again when older than ``fresh_s``. Safe for threads.

    All keys that there are stand in memory (about 100 bytes each), so that a key which is none
    costs no read of its own and pushes nothing out, however many are tried.
    """

    def __init__(self, inst: Installation, *, fresh_s: float = FRESH_S) -> None:
        self._inst = inst
        self._fresh_s = fresh_s
        self._known: OrderedDict[str, tuple[float, Place | None]] = OrderedDict()
        self._lock = threading.Lock()
        self._keys: set[str] = set()
        self._last_id = 0
        self._keys_read_at = float("-inf")
        self._reading_keys = threading.Lock()
        self._reading: set[str] = set()

    def has(self, key: str) -> bool:
        """Whether a campaign has this key, a removed one too. Asks at most once in ``fresh_s``.

        Raises:
            Busy: The keys are being read and that takes too long.
        """
        if key in self._keys:
            return True
        if time.monotonic() - self._keys_read_at >= self._fresh_s:
            self._read_keys()
        return key in self._keys

    def get(self, key: str) -> Place | None:
        """The campaign of a key, or None. Never call it inside a write transaction.

        While one thread reads a campaign again, the others have what it was before.
        """
        known = self._known.get(key)
        if known is not None and time.monotonic() - known[0] < self._fresh_s:
            return known[1]
        if not self.has(key):
            return None
        with self._lock:
            if known is not None and key in self._reading:
                return known[1]
            self._reading.add(key)
        try:
            place = read(self._inst, key)
            with self._lock:
                self._known[key] = (time.monotonic(), place)
                self._known.move_to_end(key)
                while len(self._known) > ROOM:
                    self._known.popitem(last=False)
        finally:
            with self._lock:
                self._reading.discard(key)
        return place

    def _read_keys(self) -> None:
        asked_at = time.monotonic()
        if not self._reading_keys.acquire(timeout=KEYS_PATIENCE_S):
            raise Busy(timedelta(seconds=1))
        try:
            if self._keys_read_at > asked_at:
                return
            with self._inst.db.read() as conn:
                rows = conn.execute(
                    select(campaign_table.c.id, campaign_table.c.key).where(
                        campaign_table.c.id > self._last_id
                    )
                ).all()
            self._keys.update(key for _, key in rows)
            newest = max((number for number, _ in rows), default=self._last_id + OVERLAP)
            self._last_id = max(self._last_id, newest - OVERLAP)
            self._keys_read_at = time.monotonic()
        finally:
            self._reading_keys.release()


def read(inst: Installation, key: str) -> Place | None:
    """Read a campaign, and ask plan and plugins which of its actions may run."""
    with inst.db.read() as conn:
        try:
            campaign = campaigns.by_key(conn, key)
        except NotFound:
            return None
        view = campaigns.view(conn, campaign)
        actions = {each.id: each for each in campaigns.actions_of(conn, campaign.id)}
        named = conn.execute(
            select(
                action_signal.c.name,
                action_signal.c.action_id,
                action_signal.c.proof,
                action_signal.c.redact,
            )
            .where(action_signal.c.campaign_id == campaign.id)
            .order_by(action_signal.c.name, action_signal.c.action_id)
        ).all()
        fed = _fed(conn, actions)
        prizes, sold_out = shelf.on_sale(conn, campaign.id)
        secrets = tracking_secrets.open_secrets(conn, inst.vault, campaign.id, inst.clock())
    signals: dict[str, tuple[Action, ...]] = {}
    for name, action_id, *_ in named:
        if action_id in actions:
            signals[name] = (*signals.get(name, ()), actions[action_id])
    team = Actor.system(campaign.team_id, view.team_id)
    reasons = {number: gates.shut_reason(inst, team, each) for number, each in actions.items()}
    shut = {number: reason for number, reason in reasons.items() if reason is not None}
    for number, action in actions.items():
        if inst.plugins.importer(action.type_key) is not None and number not in fed:
            shut.setdefault(number, "It has no source.")
    log_ins = _log_ins(inst, team, [each for number, each in actions.items() if number not in shut])
    return Place(
        campaign,
        view,
        team,
        actions,
        shut,
        signals,
        log_ins,
        proofs={row.action_id: Proof(row.proof) for row in named},
        redacted=frozenset(row.name for row in named if row.redact),
        secrets=tuple(each.text for each in secrets),
        numbers=tuple(sorted(actions)),
        prizes=prizes,
        sold_out=sold_out,
        **_alternatives(actions.values()),
    )


def _alternatives(actions: Collection[Action]) -> dict[str, dict[int, frozenset[str]]]:
    """Countries of the free alternatives, and of the actions that they stand for."""
    free = {each.id: frozenset(each.countries) for each in actions if each.replaces is not None}
    by_uid = {each.uid: each.id for each in actions}
    paid: dict[int, frozenset[str]] = {}
    for each in actions:
        number = by_uid.get(each.replaces or "")
        if number is not None:
            paid[number] = paid.get(number, frozenset()) | free[each.id]
    return {"free": free, "paid": paid}


def _fed(conn: Connection, actions: Collection[int]) -> set[int]:
    """Those of the actions that have a source."""
    rows = conn.execute(
        select(source.c.action_id).where(
            members(conn, source.c.action_id, sorted(actions)), source.c.removed_at.is_(None)
        )
    )
    return set(rows.scalars())


def _log_ins(inst: Installation, team: Actor, actions: Collection[Action]) -> tuple[str, ...]:
    """The providers that actions have to do with and that can be used now."""
    wanted: set[str] = set()
    for action in actions:
        importer = inst.plugins.importer(action.type_key)
        if importer is not None and importer.identity is not None:
            wanted |= proven_by(inst, importer.identity)
        wanted.update(gates.log_ins(inst, team, action))
    return tuple(key for key in sorted(wanted) if _is_ready(inst, team, key))


def proven_by(inst: Installation, identity: str) -> set[str]:
    """The providers whose log-in may prove an identity: its own, and those that know it, too."""
    others = {each.key for each in inst.plugins.providers() if identity in each.also}
    return {identity, *others}


def _is_ready(inst: Installation, team: Actor, key: str) -> bool:
    provider = inst.plugins.provider(key)
    if provider is None:
        return False
    try:
        return inst.plugins.call(key, team, "ready", provider.ready)
    except (PluginFailed, PluginUnavailable):
        return False
