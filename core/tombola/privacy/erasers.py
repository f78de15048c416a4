"""Every room's part in an erasure, called in one transaction."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection

from tombola.admission import erasing as admission
from tombola.claiming import erasing as claiming
from tombola.draws import erasing as draws
from tombola.entrants import erasing as entrants
from tombola.entrants.erasing import Doomed
from tombola.entrants.tombstones import bury
from tombola.entries import downloads
from tombola.entries import erasing as entries
from tombola.entries.changes import hold_campaigns
from tombola.importing import erasing as importing
from tombola.inbox import erasing as inbox
from tombola.mail import erasing as mail
from tombola.messages import erasing as messages
from tombola.people import erasing as people
from tombola.queue import tasks
from tombola.rewards import erasing as rewards
from tombola.toolkit.vault import Vault
from tombola.widget import erasing as widget


def erase(
    conn: Connection, vault: Vault, doomed: Doomed, webhooks: Collection[int], now: datetime
) -> None:
    """Take people out of every room; what counts goes on counting. Idempotent.

    Args:
        conn: A write transaction, which holds the campaigns that they took part in.
        vault: For the tombstones, by which imports leave them out from now on.
        doomed: Who.
        webhooks: Numbers of kept webhooks that name them.
        now: The moment.
    """
    hold_campaigns(conn, doomed.team_id, doomed.identities)
    bury(conn, vault, doomed.team_id, doomed.names, now)
    draws.erase(conn, doomed.entrants)
    rewards.erase(conn, doomed)
    messages.erase(conn, doomed)
    admission.erase(conn, doomed.team_id, doomed.entrants)
    importing.erase(conn, doomed, now)
    people.erase(conn, doomed)
    claiming.erase(conn, doomed)
    widget.erase(conn, doomed)
    entries.erase(conn, doomed)
    if downloads.forget(conn, doomed.team_id):
        tasks.put(conn, downloads.SWEEP, downloads.SWEEP, now)
    mail.erase(conn, doomed.team_id, doomed.emails)
    inbox.erase(conn, webhooks)
    entrants.erase(conn, doomed, now)  # the last: the others find people by what it empties
