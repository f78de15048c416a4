"""Confirming an e-mail address in the widget: what the page shows of it, and the acts."""

from dataclasses import dataclass, field
from functools import partial
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from tombola.api import Invalid, Text
from tombola.entrants import codes
from tombola.entrants import service as entrants
from tombola.entrants.codes import LIVES, Waiting, Wanted, Wrong
from tombola.entrants.models import entrant
from tombola.entries.addresses import is_proven, recognise_address
from tombola.installation import Installation
from tombola.mail import service as mail
from tombola.web.forms import Form
from tombola.web.i18n import gettext as _
from tombola.web.i18n import marked
from tombola.widget import entering, settle, visitors
from tombola.widget.directory import Directory, Place
from tombola.widget.visitors import Visitor

#: What the form's controls begin with: the form to enter asks for an address as well.
PREFIX = "proof."


class Name(BaseModel):
    """What somebody wants to be called who is in by a code alone."""

    model_config = ConfigDict(frozen=True, str_strip_whitespace=True)

    name: Annotated[str, Field(title=marked("Your name"), min_length=1, max_length=80)]


class Address(BaseModel):
    """Where a code is sent to."""

    model_config = ConfigDict(frozen=True, str_strip_whitespace=True)

    email: Annotated[
        str,
        Field(
            title=marked("Your e-mail"),
            min_length=1,
            max_length=254,
            json_schema_extra={"format": "email"},
        ),
    ]


@dataclass(frozen=True, slots=True)
class Proof:
    """What the page shows of confirming.

    Attributes:
        mail: codes can be sent here.
        waiting: the code that is to be typed in.
        proven: the entrant has confirmed an address or logged in with a network.
        ask: the form that asks for a code.
        wrong: why the code that was typed does not count.
        sent: another code was sent just now.
        fresh: somebody who said to have entered before has confirmed this address the first time.
        consent: what an entrant has to agree to who is known by a network's account alone, so that
            it may be connected with an address; None when there is nothing to agree to.
        name: the form that asks for a name.
    """

    mail: bool
    waiting: Waiting | None
    proven: bool
    ask: Form[Any]
    wrong: str = ""
    sent: bool = False
    fresh: bool = False
    consent: Text | None = None
    name: Form[Any] = field(default_factory=partial(Form.of, Name, prefix=PREFIX))


def proof_of(
    conn: Connection,
    inst: Installation,
    place: Place,
    met: Visitor | None,
    *,
    ask: Form[Any] | None = None,
    name: Form[Any] | None = None,
    wrong: str = "",
    said: str = "",
) -> Proof:
    """Read what the page shows.

    ``ask`` and ``name`` are the forms with errors, ``said`` is a word of our address.
    """
    team_id, now = place.campaign.team_id, inst.clock()
    waiting, proven, email = None, False, ""
    consent: Text | None = None
    if met is not None:
        waiting = codes.waiting(conn, team_id, place.campaign.id, met.id, now)
    if met is not None and met.entrant_id is not None:
        proven = is_proven(conn, team_id, met.entrant_id)
        consent = _consent(inst, _unconsented(conn, inst, team_id, met.entrant_id))
        email = entrants.get(conn, team_id, met.entrant_id).email or ""
    return Proof(
        mail=mail.is_on(inst),
        waiting=None if proven and consent is None else waiting,
        proven=proven,
        ask=ask or Form.of(Address, {"email": email} if email else None, prefix=PREFIX),
        wrong=wrong,
        sent=said == "sent",
        fresh=said == "fresh",
        consent=consent,
        name=name or Form.of(Name, prefix=PREFIX),
    )


def ask(
    inst: Installation, place: Place, met: Visitor, email: str, name: str | None, client: str
) -> None:
    """Send a code to the address that somebody claims. Raises Invalid, see ``codes.ask``."""
    wanted = Wanted(
        team_id=place.campaign.team_id,
        campaign_id=place.campaign.id,
        visitor_id=met.id,
        email=email,
        name=name,
        client=client,
    )
    codes.ask(inst, wanted, partial(_letter, inst, place))


def again(inst: Installation, place: Place, met: Visitor, client: str) -> bool:
    """Send another code to the same address; False when none is waited for any more."""
    with inst.db.read() as conn:
        waiting = codes.waiting(
            conn, place.campaign.team_id, place.campaign.id, met.id, inst.clock()
        )
    if waiting is None:
        return False
    ask(inst, place, met, waiting.email, waiting.name, client)
    return True


def stop(inst: Installation, place: Place, met: Visitor) -> None:
    """Wait for no code any more: the person wants to use another address."""
    with inst.db.write() as conn:
        codes.drop(conn, place.campaign.team_id, place.campaign.id, met.id, inst.clock())


def confirm(
    inst: Installation,
    directory: Directory,
    place: Place,
    met: Visitor,
    typed: str,
    *,
    consented: bool = False,
) -> bool | Wrong:
    """Let a browser be the entrant whose address it has confirmed; what it did before is claimed.

    Args:
        inst: The installation.
        directory: The campaigns.
        place: The campaign that asked for the code.
        met: The browser.
        typed: The code.
        consented: Whether the person agreed that a network's account may be connected.

    Raises:
        Invalid: The entrant is known by a network's account alone, and has not agreed. The code
            stays good.

    Returns:
        True; False when somebody who said to have entered before has not, by that address; or why
        the code does not count.
    """
    team_id, now = place.campaign.team_id, inst.clock()
    with inst.db.write() as conn:
        accounts = []
        if met.entrant_id is not None:
            accounts = _unconsented(conn, inst, team_id, met.entrant_id)
        if accounts and not consented:
            raise Invalid({"": _("Please tick the box, so that your account may be connected.")})
        wanted = (team_id, place.campaign.id, met.id)
        proven = codes.confirm(conn, inst.vault, wanted, typed, now)
        if isinstance(proven, Wrong):
            return proven
        new = entrants.find(conn, team_id, codes.EMAIL, proven.email) is None
        alone = new and met.entrant_id is None and proven.name is None
        entrant_id = recognise_address(conn, team_id, met.entrant_id, proven, now)
        for account in accounts:
            entrants.prove(conn, account, now, consented=True)
        entering.become(conn, met, entrant_id)
        bound = visitors.standing_for(conn, team_id, met.id)
    settle.claim(inst, directory, team_id, bound)
    return not alone


def call_me(inst: Installation, met: Visitor, name: str) -> None:
    """Keep what an entrant wants to be called who has given no name yet."""
    with inst.db.write() as conn:
        conn.execute(
            entrant.update()
            .where(entrant.c.team_id == met.team_id, entrant.c.id == met.entrant_id)
            .where(entrant.c.name.is_(None), entrant.c.erased_at.is_(None))
            .values(name=name)
        )


def _unconsented(
    conn: Connection, inst: Installation, team_id: int, entrant_id: int
) -> list[entrants.Known]:
    """The accounts of an entrant without an address that nobody agreed to connect with one."""
    mine = entrants.identities_of(conn, team_id, entrant_id)
    if any(each.kind == codes.EMAIL for each in mine):
        return []
    return [each for each in mine if each.consented_at is None and _consent(inst, [each])]


def _consent(inst: Installation, accounts: list[entrants.Known]) -> Text | None:
    """What the network of the first account wants to be agreed to."""
    provider = inst.plugins.provider(accounts[0].kind) if accounts else None
    return None if provider is None else provider.consent


def words(wrong: Wrong) -> str:
    """Why a code does not count, as the page says it."""
    return {
        Wrong.MISTYPED: _("This is not the code. Please look at the newest mail again."),
        Wrong.SPENT: _("That was wrong too often. Please ask for another code."),
        Wrong.GONE: _("This code is too old or was used. Please ask for another one."),
    }[wrong]


def _letter(inst: Installation, place: Place, number: str) -> tuple[str, str]:
    facts = {
        "code": number,
        "campaign": " ".join(place.campaign.title.split()),
        "minutes": int(LIVES.total_seconds()) // 60,
        "address": f"{inst.settings.address}/{place.campaign.key}",
    }
    subject = _("%(code)s is your code for %(campaign)s") % facts
    text = _(
        "Your code: %(code)s\n\n"
        "Type it on the page of “%(campaign)s”: %(address)s\n"
        "It is good once, for %(minutes)s minutes. Give it to nobody, whoever asks.\n\n"
        "If you did not ask for it, you need not do anything.\n"
    )
    return subject, text % facts
