"""Members are told once when a source needs a person, and again once it has worked since."""

from datetime import datetime

from sqlalchemy import Connection, select, update

from tombola.api import Phrase, render
from tombola.campaigns.models import action, campaign
from tombola.importing.models import source
from tombola.importing.states import SourceState, Trouble
from tombola.importing.work import Work
from tombola.installation import Installation
from tombola.teams.telling import tell

#: What mails about sources are for.
PURPOSE = "source"


def tell_once(
    conn: Connection, inst: Installation, work: Work, trouble: Trouble, now: datetime
) -> bool:
    """Write to the team's owners and editors about a source that only a person can mend.

    Not of a fault that is still tried again, nor of one that they have been told of and that has
    not gone meanwhile; a page that is read makes it new. Two lanes that find out at once tell once.

    Returns:
        Whether mails were written. The caller rings ``MAIL`` after the commit.
    """
    if not trouble.state.needs_person:
        return False
    if trouble.state is SourceState.FAILING and not trouble.ends:
        return False
    untold = (
        source.c.id == work.source_id,
        source.c.told_at.is_(None),
        source.c.removed_at.is_(None),
        source.c.state != SourceState.PAUSED,
    )
    if conn.execute(update(source).where(*untold).values(told_at=now)).rowcount == 0:
        return False
    row = conn.execute(
        select(campaign.c.title, campaign.c.key, action.c.title.label("action"))
        .join(action, action.c.campaign_id == campaign.c.id)
        .where(action.c.id == work.action_id)
    ).one()
    said = {**trouble.says.values} if isinstance(trouble.says, Phrase) else {}
    words = {
        "campaign": row.title,
        "action": row.action,
        "said": render(trouble.says),
        "network": str(said.get("said", "")) or "nothing",
        "place": f"campaign/{row.key}/source/{work.source_uid}",
    }
    subject = Phrase("An import of “%(campaign)s” needs you", words)
    key = f"{work.source_uid} {now.isoformat()}"
    return tell(conn, inst, work.team_id, PURPOSE, key, subject, Phrase(_TEXT, words), now)


_TEXT = """Hello %(name)s,

the import for “%(action)s” in the campaign “%(campaign)s” has stopped:

%(said)s

The network said: %(network)s

What it brought is kept. It goes on where it stood once somebody of your team has mended this:

%(home)s/%(place)s

You get this mail once, and again only if it stops after it has worked."""
