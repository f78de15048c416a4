"""A mail to the team when few pieces of a reward are left, and one when none is."""

from datetime import datetime

from sqlalchemy import Connection, select

from tombola.api import Phrase
from tombola.campaigns.models import prize
from tombola.campaigns.prizes import Prize
from tombola.campaigns.service import Campaign
from tombola.db.rows import first
from tombola.installation import Installation
from tombola.rewards.shelf import supplies
from tombola.teams.telling import tell

#: What for these mails are.
PURPOSE = "reward_stock"

_LOW = "Few are left of “%(prize)s”"
_OUT = "Nothing is left of “%(prize)s”"
_TEXT = (
    "Hello %(name)s,\n\n"
    "of the reward “%(prize)s” in “%(campaign)s” %(left)s of %(total)s are left.\n"
    "Add more on its page, or raise its stock: %(home)s/campaign/%(key)s/prizes/%(uid)s\n"
)


def warn(
    conn: Connection, inst: Installation, campaign: Campaign, prize_id: int, now: datetime
) -> bool:
    """Tell the team, once for each size of the stock: more pieces are warned of anew.

    Returns:
        Whether a mail was written; the caller rings ``MAIL`` after the commit.
    """
    row = first(conn, select(prize).where(prize.c.id == prize_id))
    if row is None:
        return False
    found = Prize.model_validate(row)
    left = supplies(conn, [found])[found.id]
    if not left.is_low or left.left is None:
        return False
    words = {
        "prize": found.title,
        "campaign": campaign.title,
        "key": campaign.key,
        "uid": found.uid,
        "left": str(left.left),
        "total": str(left.total),
    }
    subject = _LOW if left.left else _OUT
    key = f"{found.uid} {'low' if left.left else 'out'} {left.total}"
    filled = Phrase(subject, words), Phrase(_TEXT, words)
    return tell(conn, inst, found.team_id, PURPOSE, key, *filled, now)
