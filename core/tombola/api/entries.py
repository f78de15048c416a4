"""Entries as plugins and callers of the ledger see them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from tombola.api.identity import Identity
from tombola.api.text import Text


@dataclass(frozen=True, slots=True)
class Allowed:
    """Yes.

    Attributes:
        remaining: what is left of a quota; None when nothing is counted.
        by: the rule that permits it, where the team should know.
    """

    remaining: int | None = None
    by: Text = ""


@dataclass(frozen=True, slots=True)
class Denied:
    """No.

    Attributes:
        reason: shown to the team.
        by: ``plan``, ``switch`` or the slug of the plugin that said no; the core fills it in.
    """

    reason: Text
    by: str = ""


class Proof(StrEnum):
    """How far a reported event can be believed; each level includes those before it."""

    #: The browser's word.
    BROWSER = "browser"
    #: The browser's word, signed by the site's backend for this visitor.
    SIGNED = "signed"
    #: The word of the site's backend itself.
    SERVER = "server"

    def meets(self, wanted: Proof) -> bool:
        """Whether this level is enough where ``wanted`` is asked for."""
        order = list(Proof)
        return order.index(self) >= order.index(wanted)


@dataclass(frozen=True, slots=True)
class EntryDraft:
    """An entry that somebody wishes to be recorded. Ids are the core's own.

    Attributes:
        key: makes recording idempotent; unique within the action.
        cause_kind: ``item``, ``event``, ``submit``, ``verify``…, with ``cause_id`` its row.
        occurred_at: aware UTC; None when the network gave no time.
        worth: None means the action's worth.
        details: words for the Actions tab, by name.
        item_id: the imported item behind it.
        proof: how far a reported event behind it can be believed; None where nothing was reported.
        alike: the same for entries that tell the same; two people who have it are shown as such.
    """

    action_id: int
    identity_id: int
    entrant_id: int
    key: str
    cause_kind: str
    cause_id: int | None = None
    occurred_at: datetime | None = None
    worth: int | None = None
    details: Mapping[str, str] = field(default_factory=dict)
    item_id: int | None = None
    proof: Proof | None = None
    alike: str | None = None


@dataclass(frozen=True, slots=True)
class CampaignView:
    """A campaign as plugins see it. Times are aware UTC, ``zone`` an IANA name."""

    id: str
    team_id: str
    key: str
    kind: str
    title: str
    zone: str
    starts_at: datetime | None = None
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class EntryView:
    """A recorded entry as plugins see it. Ids are uids.

    Attributes:
        action_type: key of the action's type or importer.
        state: ``valid``, ``revoked``, ``archived``…; treat an unknown one as "does not count".
    """

    id: str
    campaign_id: str
    action_id: str
    action_type: str
    entrant_id: str
    identity: Identity | None
    occurred_at: datetime | None
    recorded_at: datetime
    worth: int
    state: str
    details: Mapping[str, str] = field(default_factory=dict)
    permalink: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """A field of a campaign that changed; values as JSON would write them."""

    field: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class WinnerView:
    """A drawn winner; ``rank`` counts from 1, backups after the prizes."""

    draw: int
    rank: int
    entrant_id: str
    prize: str
    backup: bool = False
