"""A campaign's tracking secret: what a site's backend signs with. Sealed at rest, and renewable."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, or_, select

from tombola.api import NotFound
from tombola.campaigns.models import campaign
from tombola.campaigns.service import Campaign
from tombola.db.rows import insert_one
from tombola.installation import Installation
from tombola.teams.audit import audit
from tombola.teams.rules import Actor, Role
from tombola.toolkit.vault import Vault
from tombola.widget.models import tracking_secret

#: How long the old secret goes on after a new one was made: time to bring the new one out.
OVERLAP = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Secret:
    """A tracking secret, opened; ``ends_at`` is set once a newer one was made."""

    text: str
    created_at: datetime
    ends_at: datetime | None

    def __repr__(self) -> str:
        """Say nothing of the text."""
        return f"<Secret of {self.created_at:%Y-%m-%d}>"


def open_secrets(
    conn: Connection, vault: Vault, campaign_id: int, now: datetime
) -> tuple[Secret, ...]:
    """The secrets that are good at ``now``, newest first; none before the first was made."""
    columns = (tracking_secret.c.sealed, tracking_secret.c.created_at, tracking_secret.c.ends_at)
    rows = conn.execute(
        select(*columns)
        .where(tracking_secret.c.campaign_id == campaign_id)
        .where(or_(tracking_secret.c.ends_at.is_(None), tracking_secret.c.ends_at > now))
        .order_by(tracking_secret.c.id.desc())
    )
    context = _context(campaign_id)
    return tuple(Secret(vault.open(context, sealed), at, ends) for sealed, at, ends in rows)


def shown(inst: Installation, actor: Actor, found: Campaign) -> tuple[Secret, ...]:
    """The secrets for the page of an editor, newest first; the first one is made when asked for.

    Raises:
        NotFound: the campaign is another team's.
    """
    actor.need(Role.EDITOR)
    now = inst.clock()
    with inst.db.read() as conn:
        _own(actor, found)
        known = open_secrets(conn, inst.vault, found.id, now)
    if known:
        return known
    with inst.db.write() as conn:
        # Of two who ask at once the second finds the first one's.
        _hold(conn, found)
        if not open_secrets(conn, inst.vault, found.id, now):
            _make(inst, conn, actor, found, "tracking_secret.made", now)
        return open_secrets(conn, inst.vault, found.id, now)


def rotate(inst: Installation, actor: Actor, found: Campaign) -> tuple[Secret, ...]:
    """Make a new secret; the old one is good for ``OVERLAP`` more, those before it no longer."""
    actor.need(Role.EDITOR)
    _own(actor, found)
    now = inst.clock()
    with inst.db.write() as conn:
        _hold(conn, found)
        mine = tracking_secret.c.campaign_id == found.id
        conn.execute(
            tracking_secret.update()
            .where(mine, tracking_secret.c.ends_at.is_not(None), tracking_secret.c.ends_at > now)
            .values(ends_at=now)
        )
        conn.execute(
            tracking_secret.update()
            .where(mine, tracking_secret.c.ends_at.is_(None))
            .values(ends_at=now + OVERLAP)
        )
        _make(inst, conn, actor, found, "tracking_secret.renewed", now)
        return open_secrets(conn, inst.vault, found.id, now)


def _make(
    inst: Installation, conn: Connection, actor: Actor, found: Campaign, act: str, now: datetime
) -> None:
    sealed = inst.vault.seal(_context(found.id), secrets.token_urlsafe(32))
    insert_one(
        conn, tracking_secret, team_id=found.team_id, campaign_id=found.id, sealed=sealed,
        created_at=now,
    )  # fmt: skip
    audit(conn, actor, act, found.uid, {}, now)


def _own(actor: Actor, found: Campaign) -> None:
    if found.team_id != actor.team_id:
        raise NotFound("There is no such campaign.")


def _hold(conn: Connection, found: Campaign) -> None:
    conn.execute(select(campaign.c.id).where(campaign.c.id == found.id).with_for_update())


def _context(campaign_id: int) -> str:
    return f"tracking secret {campaign_id}"
