"""Forgetting to whom mails went."""

from collections.abc import Collection

from sqlalchemy import Connection, Text, func

from tombola.db.sets import members
from tombola.mail.models import mail


def erase(conn: Connection, team_id: int, emails: Collection[str]) -> None:
    """Empty a team's mails to these addresses (in small letters), sent or not. Idempotent.

    One without words is sent to nobody any more; that it was written stays known.
    """
    theirs = members(conn, func.lower(mail.c.recipient, type_=Text), sorted(emails))
    emptied = {"recipient": "", "subject": "", "text": None, "error": None}
    conn.execute(mail.update().where(mail.c.team_id == team_id, theirs).values(**emptied))
