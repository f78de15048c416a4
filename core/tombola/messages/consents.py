"""Who agreed to hear of a campaign, and to what: the last word of each person counts."""

from collections.abc import Collection
from datetime import datetime

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection, case, func, select, update

from tombola.api import Purpose
from tombola.campaigns.service import Campaign
from tombola.db.rows import first
from tombola.db.sets import insert_ignore
from tombola.entrants.models import entrant, identity
from tombola.messages import rules
from tombola.messages.models import consent, message
from tombola.messages.promises import promised

_COLUMNS = (
    "team_id", "campaign_id", "identity_id", "channel", "agreed", "version", "why", "at",
    "withdrawn_at",
)  # fmt: skip
#: Names that the list of who said yes shows.
MOST_LISTED = 500


class Yes(BaseModel):
    """Somebody who wants to hear of a campaign."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    entrant_uid: str
    name: str | None
    handle: str | None
    at: datetime


def agree(
    conn: Connection,
    campaign: Campaign,
    identity_id: int,
    channel: str,
    why: str,
    at: datetime,
    *,
    agreed: str | None = None,
    yes: bool = True,
) -> bool:
    """Keep what somebody said about hearing of a campaign, unless they said something later.

    Args:
        conn: A write transaction.
        campaign: The campaign.
        identity_id: Who.
        channel: Where they are written to.
        why: ``completed``, ``answered`` or ``interest``.
        at: When they said it.
        agreed: The promises that they were told; None: those of now.
        yes: Whether they agreed; else it is kept that they did not.

    Returns:
        Whether it stands now.
    """
    told = agreed if agreed is not None else promised(conn, campaign)
    withdrawn = None if yes else at
    row = (
        campaign.team_id, campaign.id, identity_id, channel, told, campaign.version, why, at,
        withdrawn,
    )  # fmt: skip
    insert_ignore(conn, consent, _COLUMNS, [row])
    mine = (consent.c.campaign_id == campaign.id, consent.c.identity_id == identity_id)
    known = first(conn, select(consent).where(*mine).with_for_update())
    if known is None or known["at"] > at:
        return False
    values = dict(zip(_COLUMNS, row, strict=True))
    conn.execute(update(consent).where(*mine).values(**values))
    return True


def answer(
    conn: Connection,
    campaign: Campaign,
    identity_id: int,
    channel: str,
    about: Purpose,
    at: datetime,
    *,
    yes: bool,
) -> bool:
    """Keep an answer to a question of ours; one that nobody asked them is none.

    What they agree to is what the question was about, also when the campaign has changed since.
    """
    asked = first(
        conn,
        select(message.c.subject)
        .where(
            message.c.campaign_id == campaign.id,
            message.c.identity_id == identity_id,
            message.c.purpose == about.value,
            message.c.state.in_([each.value for each in rules.GONE]),
        )
        .order_by(message.c.id.desc())
        .limit(1),
    )
    if asked is None or about not in rules.QUESTIONS:
        return False
    why, agreed = ("answered", asked["subject"])
    if about is Purpose.INTEREST:
        why, agreed = "interest", promised(conn, campaign)
    return agree(conn, campaign, identity_id, channel, why, at, agreed=agreed, yes=yes)


def counted(conn: Connection, campaign_id: int, now_promised: str) -> tuple[int, int, int]:
    """How many agreed to what is promised now, to something earlier, or said no."""
    said = case((consent.c.agreed == now_promised, 1), else_=0).label("current")
    stands = case((consent.c.withdrawn_at.is_(None), 1), else_=0).label("stands")
    each = select(said, stands).where(consent.c.campaign_id == campaign_id).subquery()
    rows = conn.execute(
        select(each.c.current, each.c.stands, func.count()).group_by(each.c.current, each.c.stands)
    )
    found = {(bool(row[0]), bool(row[1])): int(row[2]) for row in rows}
    no = found.get((True, False), 0) + found.get((False, False), 0)
    return found.get((True, True), 0), found.get((False, True), 0), no


def interested(conn: Connection, campaign_id: int) -> list[Yes]:
    """Who said yes to the question whether they want to hear of a campaign, the newest first."""
    return _listed(conn, campaign_id, ("interest",))


def _listed(conn: Connection, campaign_id: int, whys: Collection[str]) -> list[Yes]:
    rows = conn.execute(
        select(
            entrant.c.uid.label("entrant_uid"),
            func.coalesce(identity.c.name, entrant.c.name).label("name"),
            identity.c.handle,
            consent.c.at,
        )
        .join(identity, identity.c.id == consent.c.identity_id)
        .join(entrant, entrant.c.id == identity.c.entrant_id)
        .where(
            consent.c.campaign_id == campaign_id,
            consent.c.why.in_(list(whys)),
            consent.c.withdrawn_at.is_(None),
        )
        .order_by(consent.c.at.desc(), consent.c.identity_id.desc())
        .limit(MOST_LISTED)
    ).mappings()
    return [Yes.model_validate(dict(row)) for row in rows]
