"""One-time codes: whoever can read an address's mail proves to be its owner.

Nothing here asks whether an address is known, so nothing can tell.
"""

import hmac
import secrets
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

from sqlalchemy import Connection, RowMapping, func, select

from tombola.api import Invalid
from tombola.db.rows import first, insert_one
from tombola.entrants.models import code as table
from tombola.installation import Installation
from tombola.mail import service as mail
from tombola.mail.rules import address
from tombola.teams.models import team
from tombola.toolkit.vault import Vault
from tombola.web.i18n import gettext as _

#: The kind of an identity that is a confirmed address; its value is in small letters.
EMAIL = "email"
#: What the mails are for.
PURPOSE = "code"
DIGITS = 6
#: How long a code is good, and how often it may be mistyped. Ours.
LIVES = timedelta(minutes=10)
TRIES = 5
#: Codes an hour: for an address, from a browser, and from one place of the network, where a whole
#: hall of people may sit. Ours.
WINDOW = timedelta(hours=1)
MOST_FOR_ADDRESS = MOST_FOR_VISITOR = 5
MOST_FROM_CLIENT = 60
#: When the rows are forgotten.
KEPT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A wish for a code.

    Attributes:
        visitor_id: the browser; only it can use the code.
        email: where to, as typed.
        name: what the person wants to be called, if this is their first time.
        client: the address that the request came from.
    """

    team_id: int
    campaign_id: int
    visitor_id: int
    email: str
    name: str | None
    client: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """A code that a browser is expected to type in."""

    email: str
    name: str | None
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Proven:
    """The browser's person owns this address (in small letters); ``name`` is what they typed."""

    email: str
    name: str | None


class Wrong(StrEnum):
    """Why a code does not count."""

    MISTYPED = "mistyped"
    #: Mistyped too often.
    SPENT = "spent"
    #: None was asked for, it was used, or its time is over.
    GONE = "gone"


#: Makes subject and text of the mail that brings a code.
Writes = Callable[[str], tuple[str, str]]


def ask(inst: Installation, wanted: Wanted, write: Writes) -> None:
    """Send a code. The newest one counts, those before it are void.

    Args:
        inst: The installation.
        wanted: Who wants one, and where to.
        write: The mail's words.

    Raises:
        Invalid: No such address, too many codes lately, or this installation sends no mail. The
            same for known and unknown addresses.
    """
    if not mail.is_on(inst):
        raise Invalid({"": _("Codes cannot be sent at the moment. Please try again later.")})
    email = normal(wanted.email)
    now = inst.clock()
    number = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
    client = client_hash(inst.vault, wanted.client)
    with inst.db.write() as conn:
        _alone(conn, wanted.team_id)
        conn.execute(table.delete().where(table.c.created_at < now - KEPT))
        _need_room(conn, wanted, email, client, now)
        mail.withdraw(conn, PURPOSE, _older(conn, wanted))
        row = insert_one(
            conn, table, team_id=wanted.team_id, campaign_id=wanted.campaign_id,
            visitor_id=wanted.visitor_id, email=email, name=wanted.name, client=client, tries=0,
            code_hash=_code_hash(inst.vault, wanted.visitor_id, email, number), created_at=now,
            expires_at=now + LIVES,
        )  # fmt: skip
        subject, text = write(number)
        to, until = address(wanted.email), now + LIVES
        mail.post(
            conn, wanted.team_id, PURPOSE, str(row), to, subject, text, now, good_until=until
        )  # fmt: skip
    inst.bell.ring(mail.MAIL)


def waiting(
    conn: Connection, team_id: int, campaign_id: int, visitor_id: int, now: datetime
) -> Waiting | None:
    """The code that this browser is expected to type in, mistyped or not; None: there is none."""
    row = _newest(conn, team_id, campaign_id, visitor_id)
    if row is None or not _is_open(row, now):
        return None
    return Waiting(row["email"], row["name"], row["expires_at"])


def confirm(
    conn: Connection,
    vault: Vault,
    wanted: tuple[int, int, int],
    typed: str,
    now: datetime,
) -> Proven | Wrong:
    """Use a code up, or count one more try.

    Args:
        conn: A write transaction, which must commit whatever the answer: tries are counted in it.
        vault: Knows what codes are kept as.
        wanted: Team, campaign and browser.
        typed: What was typed; only its digits count.
        now: The moment.
    """
    _alone(conn, wanted[0])
    row = _newest(conn, *wanted)
    if row is None or not _is_open(row, now):
        return Wrong.GONE
    mine = (table.c.id == row["id"], table.c.used_at.is_(None))
    counted = conn.execute(
        table.update().where(*mine, table.c.tries < TRIES).values(tries=table.c.tries + 1)
    )
    if counted.rowcount != 1:
        return Wrong.SPENT
    given = _code_hash(vault, row["visitor_id"], row["email"], _digits(typed))
    if not hmac.compare_digest(given, row["code_hash"]):
        return Wrong.SPENT if row["tries"] + 1 >= TRIES else Wrong.MISTYPED
    used = conn.execute(table.update().where(*mine).values(used_at=now))
    return Proven(row["email"], row["name"]) if used.rowcount == 1 else Wrong.GONE


def drop(conn: Connection, team_id: int, campaign_id: int, visitor_id: int, now: datetime) -> None:
    """Wait for no code any more; those sent count against the limits as before."""
    conn.execute(
        table.update()
        .where(
            table.c.team_id == team_id,
            table.c.campaign_id == campaign_id,
            table.c.visitor_id == visitor_id,
            table.c.used_at.is_(None),
        )
        .values(used_at=now)
    )


def normal(email: str) -> str:
    """An address as identities keep it. Raises Invalid when it is none."""
    return address(email).lower()


def _newest(conn: Connection, team_id: int, campaign_id: int, visitor_id: int) -> RowMapping | None:
    mine = (
        table.c.visitor_id == visitor_id,
        table.c.team_id == team_id,
        table.c.campaign_id == campaign_id,
    )
    return first(conn, select(table).where(*mine).order_by(table.c.id.desc()).limit(1))


def _older(conn: Connection, wanted: Wanted) -> list[str]:
    """The names of the mails with this browser's codes, all of which the next one makes void."""
    mine = (table.c.team_id == wanted.team_id, table.c.campaign_id == wanted.campaign_id)
    rows = conn.execute(select(table.c.id).where(table.c.visitor_id == wanted.visitor_id, *mine))
    return [str(number) for number in rows.scalars()]


def _is_open(row: RowMapping, now: datetime) -> bool:
    return row["used_at"] is None and bool(now < row["expires_at"])


def _need_room(conn: Connection, wanted: Wanted, email: str, client: str, now: datetime) -> None:
    since = table.c.created_at > now - WINDOW
    for condition, most in (
        ((table.c.team_id == wanted.team_id) & (table.c.email == email), MOST_FOR_ADDRESS),
        (table.c.visitor_id == wanted.visitor_id, MOST_FOR_VISITOR),
        (table.c.client == client, MOST_FROM_CLIENT),
    ):
        if _count(conn, condition, since) >= most:
            raise Invalid({"": _("Too many codes were asked for. Please try again in an hour.")})


def _count(conn: Connection, *conditions: Any) -> int:
    counted: int = conn.execute(
        select(func.count()).select_from(table).where(*conditions)
    ).scalar_one()
    return counted


def _alone(conn: Connection, team_id: int) -> None:
    """Let no two codes of a team meet until the commit; SQLite has one writer anyway."""
    conn.execute(select(team.c.id).where(team.c.id == team_id).with_for_update(key_share=True))


def _digits(typed: str) -> str:
    """The digits of any script, in order."""
    return "".join(str(unicodedata.digit(each)) for each in typed[:200] if each.isdigit())


def _code_hash(vault: Vault, visitor_id: int, email: str, number: str) -> str:
    """What is kept of a code: without the vault's key, all million codes cannot be tried."""
    said = f"{visitor_id}\0{email}\0{number}".encode()
    return hmac.digest(vault.derived("codes"), said, "sha256").hex()


def client_hash(vault: Vault, client: str) -> str:
    """What is kept of a client's address; of IPv6 the network that one household has."""
    try:
        found = ip_address(client)
    except ValueError:
        place = client
    else:
        wide = isinstance(found, IPv6Address)
        place = str(ip_network(f"{found}/64", strict=False)) if wide else client
    return hmac.digest(vault.derived("clients"), place.encode(), "sha256").hex()[:32]
