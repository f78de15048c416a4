"""Who may do what: roles, and the actor that every service function takes."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from tombola.api import Forbidden

#: A session ends after this much silence, and after this long in any case (OWASP ASVS 5.0, 7.3).
SESSION_IDLE = timedelta(hours=12)
SESSION_END = timedelta(days=14)
#: Failed log-ins that cost no wait, and the longest wait after more of them.
FREE_FAILURES = 4
LONGEST_BLOCK = timedelta(minutes=15)


class Role(StrEnum):
    """What a member may do in a team; each role includes those after it."""

    OWNER = "owner"
    EDITOR = "editor"
    VIEWER = "viewer"

    def includes(self, other: "Role") -> bool:
        """Whether this role may do what ``other`` may."""
        order = list(Role)
        return order.index(self) <= order.index(other)


class Scope(StrEnum):
    """What a program's token allows; writing does not include reading."""

    #: Campaigns with their actions, sources, prizes and connected accounts.
    CAMPAIGNS_READ = "campaigns:read"
    CAMPAIGNS_WRITE = "campaigns:write"
    #: The ledger: lists, files, acts on entries, and entries of the team's own.
    ENTRIES_READ = "entries:read"
    ENTRIES_WRITE = "entries:write"
    #: People: their names and addresses, merging and erasing.
    ENTRANTS_READ = "entrants:read"
    ENTRANTS_WRITE = "entrants:write"
    #: Draws with their winners.
    DRAWS_READ = "draws:read"
    DRAWS_WRITE = "draws:write"
    #: Report what visitors of the team's sites have done.
    EVENTS_WRITE = "events:write"
    #: What members and programs of the team have done.
    AUDIT_READ = "audit:read"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks, and in which team. Every service function takes one and looks at nothing else.

    Attributes:
        team_id: The team's row, 0 for an operator's act that concerns no team.
        team_uid: The team's public name, for plugins and messages.
        member_id: The member's row; None for work that the installation does by itself.
        member_name: For the audit log's readers.
        role: What the member may do in this team.
        operator: Whether the member runs the installation.
        token_uid: The API token by which a program of the team acts; "" for people.
    """

    team_id: int
    team_uid: str
    member_id: int | None
    member_name: str
    role: Role
    operator: bool = False
    token_uid: str = ""

    def need(self, role: Role) -> None:
        """Raise Forbidden unless the actor's role includes ``role``."""
        if not self.role.includes(role):
            raise Forbidden(f"This needs the role {role.value}; yours is {self.role.value}.")

    def need_operator(self) -> None:
        """Raise Forbidden unless the actor is an operator."""
        if not self.operator:
            raise Forbidden("Only an operator of this installation may do this.")

    def within(self, team_id: int, team_uid: str) -> "Actor":
        """The same actor at work in a team."""
        return replace(self, team_id=team_id, team_uid=team_uid)

    @classmethod
    def system(cls, team_id: int, team_uid: str = "") -> "Actor":
        """The installation itself, at work for a team: what workers act as."""
        return cls(team_id, team_uid, None, "Tombola", Role.OWNER)


def block_after(failures: int) -> timedelta:
    """How long an account and address wait after so many failed log-ins in a row."""
    if failures <= FREE_FAILURES:
        return timedelta(0)
    return min(timedelta(seconds=2 ** (failures - FREE_FAILURES)), LONGEST_BLOCK)


def session_lives(
    seen_at: datetime, expires_at: datetime, revoked_at: datetime | None, now: datetime
) -> bool:
    """Whether a session is still good at ``now``."""
    return revoked_at is None and now < expires_at and now - seen_at < SESSION_IDLE


def token_hash(token: str) -> str:
    """What is kept of a secret token: enough to know it again, too little to use it."""
    return hashlib.sha256(token.encode()).hexdigest()


def chained(prev_hash: str, record: Mapping[str, Any]) -> str:
    """The hash of an audit record, which covers the hash before it.

    Args:
        prev_hash: 64 hex digits; sixty-four zeros before the first record.
        record: Values as JSON would hold them; the order of its keys does not matter.
    """
    text = json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(f"{prev_hash}\n{text}".encode()).hexdigest()
