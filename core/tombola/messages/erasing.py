"""What goes when a person is erased: whom channels knew, what they agreed to, what was said."""

from sqlalchemy import Connection, update

from tombola.connections.rules import text_document
from tombola.db.sets import members
from tombola.entrants.erasing import Doomed
from tombola.messages import rules
from tombola.messages.models import consent, contact, message
from tombola.messages.rules import State


def erase(conn: Connection, doomed: Doomed) -> int:
    """Forget whom channels knew, consents, and the words of messages. Idempotent.

    That something was sent stays, without words and without a name on it. Returns how many rows
    changed.
    """
    numbers = list(doomed.identities)
    mine = (contact.c.team_id == doomed.team_id, members(conn, contact.c.identity_id, numbers))
    gone = conn.execute(contact.delete().where(*mine)).rowcount
    gone += conn.execute(
        consent.delete().where(
            consent.c.team_id == doomed.team_id, members(conn, consent.c.identity_id, numbers)
        )
    ).rowcount
    theirs = (message.c.team_id == doomed.team_id, members(conn, message.c.identity_id, numbers))
    says, _ = rules.SAYS[rules.Held.ERASED]
    still = message.c.state.in_([each.value for each in rules.OPEN])
    taken = {"state": State.CANCELLED, "reason": text_document(says)}
    conn.execute(update(message).where(*theirs, still).values(**taken))
    empty = {"text": "", "external_id": None, "tag": None, "alternative": None}
    gone += conn.execute(update(message).where(*theirs).values(**empty)).rowcount
    return gone
