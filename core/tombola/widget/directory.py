"""What the hot roads know of a campaign without asking the database each time."""

import threading
import time
from collections import OrderedDict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from tombola.api import CampaignView, NotFound, PluginFailed, PluginUnavailable, Text
from tombola.campaigns import service as campaigns
from tombola.campaigns.models import action_signal
from tombola.campaigns.rules import Interval
from tombola.campaigns.service import Action, Campaign
from tombola.db.sets import members
from tombola.importing.models import source
from tombola.installation import Installation
from tombola.teams.rules import Actor
from tombola.widget import gates

#: How long an answer is used again: what a team changes shows on its pages after this long.
FRESH_S = 2.0
#: Campaigns, and keys that are none, that one process remembers.
ROOM = 5_000


@dataclass(frozen=True, slots=True)
class Place:
    """A campaign as tracking and polling need it.

    Attributes:
        team: acts for the team where plugins are asked.
        actions: by number, without the removed ones.
        shut: actions whose plugin or plan does not let them run now, or that import from nowhere,
            with the reason.
        signals: actions by tracking name.
        log_ins: providers that the open actions have to do with, and that are set up.
    """

    campaign: Campaign
    view: CampaignView
    team: Actor
    actions: Mapping[int, Action]
    shut: Mapping[int, Text]
    signals: Mapping[str, tuple[Action, ...]]
    log_ins: tuple[str, ...] = ()

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which days and hours are counted."""
        return ZoneInfo(self.campaign.zone)

    def intervals(self, name: str) -> list[Interval]:
        """The intervals of the actions that a name unlocks."""
        return [Interval(each.interval) for each in self.signals.get(name, ())]


class Directory:
    """Campaigns by key, read again when older than ``fresh_s``. Safe for threads."""

    def __init__(self, inst: Installation, *, fresh_s: float = FRESH_S) -> None:
        self._inst = inst
        self._fresh_s = fresh_s
        self._known: OrderedDict[str, tuple[float, Place | None]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str) -> Place | None:
        """The campaign of a key, or None. Never call it inside a write transaction."""
        read_at, place = self._known.get(key, (float("-inf"), None))
        if time.monotonic() - read_at < self._fresh_s:
            return place
        place = read(self._inst, key)
        with self._lock:
            self._known[key] = (time.monotonic(), place)
            self._known.move_to_end(key)
            while len(self._known) > ROOM:
                self._known.popitem(last=False)
        return place


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
            select(action_signal.c.name, action_signal.c.action_id)
            .where(action_signal.c.campaign_id == campaign.id)
            .order_by(action_signal.c.name, action_signal.c.action_id)
        ).all()
        fed = _fed(conn, actions)
    signals: dict[str, tuple[Action, ...]] = {}
    for name, action_id in named:
        if action_id in actions:
            signals[name] = (*signals.get(name, ()), actions[action_id])
    team = Actor.system(campaign.team_id, view.team_id)
    reasons = {number: gates.shut_reason(inst, team, each) for number, each in actions.items()}
    shut = {number: reason for number, reason in reasons.items() if reason is not None}
    for number, action in actions.items():
        if inst.plugins.importer(action.type_key) is not None and number not in fed:
            shut.setdefault(number, "It has no source.")
    log_ins = _log_ins(inst, team, [each for number, each in actions.items() if number not in shut])
    return Place(campaign, view, team, actions, shut, signals, log_ins)


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
        kind = inst.plugins.action_type(action.type_key)
        if importer is not None and importer.identity is not None:
            wanted.add(importer.identity)
        if kind is not None:
            wanted.update(kind.identities)
    return tuple(key for key in sorted(wanted) if _is_ready(inst, team, key))


def _is_ready(inst: Installation, team: Actor, key: str) -> bool:
    provider = inst.plugins.provider(key)
    if provider is None:
        return False
    try:
        return inst.plugins.call(key, team, "ready", provider.ready)
    except (PluginFailed, PluginUnavailable):
        return False
