"""Free alternatives: an action that stands, in some countries, for one that costs money.

Where the law wants a free way to enter, whoever says to live there sees the alternative and not the
other one; everybody else sees the other one alone. Both are worth the same, as often.
"""

from typing import Any

from sqlalchemy import Connection, select

from tombola.api import Invalid
from tombola.campaigns.models import action
from tombola.campaigns.rules import ActionForm, Interval
from tombola.campaigns.service import Campaign


def settled(conn: Connection, found: Campaign, form: ActionForm, uid: str | None) -> ActionForm:
    """The form with what an alternative takes over from the action that it stands for.

    Args:
        conn: Any transaction.
        found: The campaign.
        form: What the team says.
        uid: The action itself; None: it is new.

    Raises:
        Invalid: The two cannot belong together; says why, by field.
    """
    if form.replaces is None:
        if form.mandatory and uid is not None and _standing_for(conn, found.id, uid):
            raise Invalid({"mandatory": "It has a free alternative, so it cannot be required."})
        return form.model_copy(update={"countries": ()}) if form.countries else form
    other = conn.execute(
        select(action.c.worth, action.c.interval, action.c.mandatory, action.c.replaces).where(
            action.c.campaign_id == found.id,
            action.c.uid == form.replaces,
            action.c.removed_at.is_(None),
        )
    ).first()
    if other is None or form.replaces == uid:
        raise Invalid({"replaces": "Choose another action of this campaign."})
    if other.replaces is not None or (uid is not None and _standing_for(conn, found.id, uid)):
        raise Invalid({"replaces": "An alternative has no alternative of its own."})
    if not form.countries:
        raise Invalid({"countries": "Choose the countries where it stands for the other one."})
    if not found.eligibility.asks_country:
        said = "First let the campaign ask for the country, on the page “Who may enter”."
        raise Invalid({"countries": said})
    if form.mandatory or other.mandatory:
        said = "Neither of the two can be required: nobody sees both."
        raise Invalid({"mandatory": said})
    return form.model_copy(update={"worth": other.worth, "interval": Interval(other.interval)})


def follow(conn: Connection, campaign_id: int, uid: str, values: dict[str, Any]) -> None:
    """Let the alternatives of an action be worth what it is worth now, as often."""
    conn.execute(
        action.update()
        .where(action.c.campaign_id == campaign_id, action.c.replaces == uid)
        .values(worth=values["worth"], interval=values["interval"])
    )


def are_there(conn: Connection, campaign_id: int) -> bool:
    """Whether a campaign has any alternative, and so has to know people's countries."""
    mine = (action.c.campaign_id == campaign_id, action.c.removed_at.is_(None))
    found = select(action.c.id).where(*mine, action.c.replaces.is_not(None)).limit(1)
    return conn.execute(found).first() is not None


def _standing_for(conn: Connection, campaign_id: int, uid: str) -> bool:
    mine = (action.c.campaign_id == campaign_id, action.c.removed_at.is_(None))
    found = select(action.c.id).where(*mine, action.c.replaces == uid).limit(1)
    return conn.execute(found).first() is not None
