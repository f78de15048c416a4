"""Confirming an e-mail address in the widget: what the page shows of it, and the acts."""

from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from tombola.entrants import codes
from tombola.entrants import service as entrants
from tombola.entrants.codes import LIVES, Waiting, Wanted, Wrong
from tombola.entries.addresses import is_proven, recognise_address
from tombola.installation import Installation
from tombola.mail import service as mail
from tombola.web.forms import Form
from tombola.web.i18n import gettext as _
from tombola.widget import entering, settle, visitors
from tombola.widget.directory import Directory, Place
from tombola.widget.visitors import Visitor

#: What the form's controls begin with: the form to enter asks for an address as well.
PREFIX = "proof."


class Address(BaseModel):
    """Where a code is sent to."""

    model_config = ConfigDict(frozen=True, str_strip_whitespace=True)

    email: Annotated[
        str,
        Field(
            title="Your e-mail",
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
        fresh: somebody who said to have entered before has not, by this address.
    """

    mail: bool
    waiting: Waiting | None
    proven: bool
    ask: Form[Any]
    wrong: str = ""
    sent: bool = False
    fresh: bool = False


def proof_of(
    conn: Connection,
    inst: Installation,
    place: Place,
    met: Visitor | None,
    *,
    ask: Form[Any] | None = None,
    wrong: str = "",
    said: str = "",
) -> Proof:
    """Read what the page shows. ``ask`` is the form with errors, ``said`` a word of our address."""
    team_id, now = place.campaign.team_id, inst.clock()
    waiting, proven, email = None, False, ""
    if met is not None:
        waiting = codes.waiting(conn, team_id, place.campaign.id, met.id, now)
    if met is not None and met.entrant_id is not None:
        proven = is_proven(conn, team_id, met.entrant_id)
        email = entrants.get(conn, team_id, met.entrant_id).email or ""
    return Proof(
        mail=mail.is_on(inst),
        waiting=None if proven else waiting,
        proven=proven,
        ask=ask or Form.of(Address, {"email": email} if email else None, prefix=PREFIX),
        wrong=wrong,
        sent=said == "sent",
        fresh=said == "fresh",
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
    inst: Installation, directory: Directory, place: Place, met: Visitor, typed: str
) -> bool | Wrong:
    """Let a browser be the entrant whose address it has confirmed; what it did before is claimed.

    Returns:
        True; False when somebody who said to have entered before has not, by that address; or why
        the code does not count.
    """
    team_id, now = place.campaign.team_id, inst.clock()
    with inst.db.write() as conn:
        wanted = (team_id, place.campaign.id, met.id)
        proven = codes.confirm(conn, inst.vault, wanted, typed, now)
        if isinstance(proven, Wrong):
            return proven
        new = entrants.find(conn, team_id, codes.EMAIL, proven.email) is None
        alone = new and met.entrant_id is None and proven.name is None
        entrant_id = recognise_address(conn, team_id, met.entrant_id, proven, now)
        entering.become(conn, met, entrant_id)
        bound = visitors.standing_for(conn, team_id, met.id)
    settle.claim(inst, directory, team_id, bound)
    return not alone


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
