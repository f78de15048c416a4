"""Going to a network and coming back: what is remembered of a browser meanwhile, used once.

Whoever comes back has to be the browser that left: its ``holder`` is the caller's to compare, since
only the caller knows how browsers are told apart (a visitor's cookie, a member's session).
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import select

from tombola.api import Flow, Invalid, NotFound
from tombola.db.rows import first
from tombola.handshakes.models import handshake
from tombola.installation import Installation
from tombola.plugins.world import Team, TeamRef
from tombola.teams.models import team as team_table
from tombola.teams.rules import token_hash

#: How long a person may take at the network.
PATIENCE = timedelta(minutes=15)
#: A network is asked by a server elsewhere, which takes longer than a page's own plugins may.
NETWORK_DEADLINE = timedelta(seconds=15)

T = TypeVar("T")


class Purpose(StrEnum):
    """What a browser has left for; each has an address of its own to come back to."""

    LOG_IN = "log_in"
    CONNECT = "connect"


_BACK = {Purpose.LOG_IN: "back", Purpose.CONNECT: "connected"}


class Late(Invalid):
    """The handshake was there, and is used or too old."""

    def __init__(self, back_to: str) -> None:
        """Carry the path of ours that the browser had left."""
        super().__init__({"": "This has ended already, or took too long. Please try again."})
        self.back_to = back_to


@dataclass(frozen=True, slots=True)
class Left:
    """A browser that left for a network, as far as it is remembered.

    Attributes:
        flow: equal to the one that it left with.
        holder: what told the browser apart.
        back_to: path of ours to go to in the end.
        details: what the caller wanted to be remembered.
    """

    team: TeamRef
    flow: Flow
    holder: str
    back_to: str
    details: Mapping[str, Any]


def callback(inst: Installation, purpose: Purpose, key: str) -> str:
    """Where a network sends browsers back to: one address for all teams."""
    return f"{inst.settings.address}/{_BACK[purpose]}/{key}"


def begin(
    inst: Installation,
    purpose: Purpose,
    key: str,
    team: Team,
    holder: str,
    back_to: str,
    details: Mapping[str, Any],
    leave: Callable[[Flow], T],
) -> T:
    """Make a flow, let ``leave`` turn it into a step, and remember it until the browser is back.

    Args:
        inst: The installation.
        purpose: What it is about.
        key: Of the identity provider or connector.
        team: For whom.
        holder: What tells the browser apart.
        back_to: Path of ours to go to in the end.
        details: JSON; given back by ``take``.
        leave: Asks the plugin; what it raises ends the matter before anything is stored.
    """
    flow = Flow(
        state=secrets.token_urlsafe(32),
        verifier=secrets.token_urlsafe(48),
        callback=callback(inst, purpose, key),
    )
    step = leave(flow)
    now = inst.clock()
    hashed = token_hash(flow.state)
    with inst.db.write() as conn:
        conn.execute(handshake.delete().where(handshake.c.expires_at < now))
        conn.execute(
            handshake.insert().values(
                state_hash=hashed,
                team_id=team.team_id,
                purpose=purpose,
                key=key,
                holder=holder,
                sealed=inst.vault.seal(f"handshake {hashed}", flow.verifier),
                back_to=back_to,
                details=dict(details),
                expires_at=now + PATIENCE,
            )
        )
    return step


def take(inst: Installation, purpose: Purpose, key: str, state: str) -> Left:
    """Use a handshake up, once.

    Raises:
        NotFound: Nobody left for this network with that state.
        Late: It was used before, or time ran out.
    """
    now = inst.clock()
    hashed = token_hash(state)
    mine = (
        handshake.c.state_hash == hashed,
        handshake.c.key == key,
        handshake.c.purpose == purpose,
    )
    free = (handshake.c.used_at.is_(None), handshake.c.expires_at > now)
    with inst.db.write() as conn:
        used = conn.execute(handshake.update().where(*mine, *free).values(used_at=now))
        joined = select(handshake, team_table.c.uid).join(
            team_table, team_table.c.id == handshake.c.team_id
        )
        row = first(conn, joined.where(*mine))
    if row is None:
        raise NotFound("This log-in has ended already, or took too long. Please try again.")
    if used.rowcount != 1:
        raise Late(row["back_to"])
    verifier = inst.vault.open(f"handshake {hashed}", row["sealed"])
    return Left(
        team=TeamRef(row["team_id"], row["uid"]),
        flow=Flow(state, verifier, callback(inst, purpose, key)),
        holder=row["holder"],
        back_to=row["back_to"],
        details=row["details"],
    )
