"""How a browser becomes an entrant: with a name, or with a log-in at a network."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel
from sqlalchemy import Connection

from tombola.admission import service as admission
from tombola.api import (
    Ctx,
    Flow,
    Identity,
    Invalid,
    NotFound,
    PluginFailed,
    PluginUnavailable,
    Proven,
    Redirect,
    Who,
)
from tombola.claiming import service as claiming
from tombola.claiming import settling
from tombola.entrants import service as entrants
from tombola.entrants.service import Known
from tombola.entries.linking import recognise, recognise_also
from tombola.handshakes import service as handshakes
from tombola.handshakes.service import NETWORK_DEADLINE, Purpose
from tombola.installation import Installation
from tombola.web.i18n import marked
from tombola.widget import settle, visitors
from tombola.widget.directory import Directory, Place
from tombola.widget.tokens import cookie_hash
from tombola.widget.visitors import Visitor

#: Names that one log-in may prove besides the account itself.
MOST_NAMES = 20


class Stopped(StrEnum):
    """Why a log-in at a network came to nothing."""

    CANCELLED = "cancelled"
    UNANSWERED = "unanswered"
    LATE = "late"
    ELSEWHERE = "elsewhere"


def known(inst: Installation, team_id: int, secret: str | None) -> Visitor | None:
    """The visitor with that cookie, or None."""
    if not secret:
        return None
    hashed = cookie_hash(team_id, secret)
    with inst.db.read() as conn:
        return visitors.find(conn, [hashed]).get(hashed)


def seen(inst: Installation, met: Visitor) -> bool:
    """Note that a visitor is here, once a day; whether that was done now."""
    now = inst.clock()
    if now - met.seen_at < visitors.NOTED:
        return False
    with inst.db.write() as conn:
        visitors.note(conn, met.id, now)
    return True


def visitor(inst: Installation, team_id: int, secret: str) -> Visitor:
    """The visitor with that cookie, made if it is new."""
    found = known(inst, team_id, secret)
    if found is not None:
        return found
    hashed = cookie_hash(team_id, secret)
    with inst.db.write() as conn:
        return visitors.meet(conn, {hashed: team_id}, inst.clock())[hashed]


def who_is(conn: Connection, team_id: int, entrant_id: int, locale: str = "en") -> Who:
    """An entrant as plugins see it: proven identities only."""
    person = entrants.get(conn, team_id, entrant_id)
    proven = [each for each in entrants.identities_of(conn, team_id, entrant_id) if each.proven_at]
    return Who(person.uid, tuple(each.api for each in proven), person.name, locale)


def enter(
    inst: Installation,
    directory: Directory,
    place: Place,
    secret: str,
    name: str,
    email: str,
    said: BaseModel | None = None,
) -> None:
    """Make an entrant of the browser with that cookie; what it did before is claimed.

    The address is kept as given: without a confirmation it proves nothing. ``said`` is what the
    campaign asks with joining in.
    """
    team_id = place.campaign.team_id
    met = visitor(inst, team_id, secret)
    if met.entrant_id is not None:
        return
    now = inst.clock()
    with inst.db.write() as conn:
        person = entrants.enter(conn, team_id, met.id, name or None, email or None, now)
        if said is not None:
            admission.keep(conn, place.campaign, person.id, None, said, now)
        visitors.become(conn, team_id, met.id, person.entrant_id)
        bound = visitors.standing_for(conn, team_id, met.id)
    settle.claim(inst, directory, team_id, bound)


def begin(
    inst: Installation,
    place: Place,
    secret: str,
    provider: str,
    back_to: str,
    *,
    consented: bool,
) -> str:
    """Send the browser with that cookie to a network.

    Args:
        inst: The installation.
        place: The campaign that is entered.
        secret: The browser's.
        provider: Key of the identity provider.
        back_to: Path of ours to go to in the end.
        consented: Whether the person agreed to what the provider asks. It is about connecting
            the account with what they are known by already; a newcomer has nothing to connect.

    Returns:
        The network's address.

    Raises:
        NotFound: No installed plugin offers this provider.
        Invalid: It cannot be used now; the message is the entrant's.
    """
    offered = inst.plugins.provider(provider)
    if offered is None:
        raise NotFound(marked("This way to log in is not there."))
    team = place.team
    met = visitor(inst, team.team_id, secret)
    agreed = offered.consent is None or (consented and met.entrant_id is not None)

    def leave(flow: Flow) -> Redirect:
        step = inst.plugins.call(
            provider, team, "begin", lambda ctx: offered.begin(ctx, flow), passes=(Invalid,)
        )
        if not isinstance(step, Redirect):
            raise Invalid({"": marked("This way to log in cannot be used here.")})
        return step

    details = {"consented": agreed}
    holder = str(met.id)
    return handshakes.begin(
        inst, Purpose.LOG_IN, provider, team, holder, back_to, details, leave
    ).url


def finish(
    inst: Installation,
    directory: Directory,
    secret: str | None,
    provider: str,
    params: Mapping[str, str],
) -> str:
    """Take back a browser that a network sends, and keep who it has proven to be.

    Returns:
        The path of ours to go to.

    Raises:
        NotFound: Nobody left for this network with that state.
        Invalid: The person or the network refused, it was used, time ran out, or another browser
            brought it. ``errors["back_to"]`` is where to go, ``errors["stopped"]`` says why as a
            word of ``Stopped``.
    """
    try:
        left = handshakes.take(inst, Purpose.LOG_IN, provider, params.get("state", ""))
    except handshakes.Late as late:
        raise _stopped(late.back_to, Stopped.LATE) from late
    met = known(inst, left.team.team_id, secret)
    if met is None or str(met.id) != left.holder:
        raise _stopped(left.back_to, Stopped.ELSEWHERE)
    offered = inst.plugins.provider(provider)
    if offered is None:
        raise NotFound(marked("This way to log in is not there."))

    def ask(ctx: Ctx) -> Proven:
        return offered.finish(ctx, left.flow, params)

    try:
        proven = inst.plugins.call(
            provider, left.team, "finish", ask, deadline=NETWORK_DEADLINE, passes=(Invalid,)
        )
    except Invalid as refused:
        denied = params.get("error") == "access_denied"
        why = Stopped.CANCELLED if denied else Stopped.UNANSWERED
        raise _stopped(left.back_to, why, refused) from refused
    except (PluginFailed, PluginUnavailable) as failed:
        raise _stopped(left.back_to, Stopped.UNANSWERED) from failed
    _become(inst, directory, met, proven, consented=left.details["consented"])
    _own(inst, met.team_id, proven)
    return left.back_to


def become(conn: Connection, met: Visitor, entrant_id: int) -> None:
    """Let a browser be this entrant; so are the others of one that has become it altogether."""
    if met.entrant_id is not None and met.entrant_id != entrant_id:
        _follow(conn, met.team_id, met.entrant_id, entrant_id)
    visitors.become(conn, met.team_id, met.id, entrant_id)


def leave(inst: Installation, team_id: int, secret: str) -> None:
    """Log the browser with that cookie out. The cookie itself is the caller's to take away."""
    met = known(inst, team_id, secret)
    if met is not None:
        with inst.db.write() as conn:
            visitors.forget(conn, team_id, met.id)


def _become(
    inst: Installation, directory: Directory, met: Visitor, proven: Proven, *, consented: bool
) -> None:
    now = inst.clock()
    team_id, seen = met.team_id, proven.identity
    with inst.db.write() as conn:
        before = entrants.find(conn, team_id, seen.provider, seen.uid)
        entrant_id = recognise(conn, team_id, met.entrant_id, seen, now, consented=consented)
        become(conn, met, entrant_id)
        if before is not None and before.entrant_id != entrant_id:
            _follow(conn, team_id, before.entrant_id, entrant_id)
        for other in proven.also[:MOST_NAMES]:
            _know(conn, team_id, seen, before, other, now)
        bound = visitors.standing_for(conn, team_id, met.id)
    settle.claim(inst, directory, team_id, bound)


def _know(
    conn: Connection,
    team_id: int,
    seen: Identity,
    before: Known | None,
    other: Identity,
    now: datetime,
) -> None:
    """Let what an account is known by, too, count for whom the account does."""
    account = entrants.find(conn, team_id, seen.provider, seen.uid)
    if account is None:
        return
    left = entrants.find(conn, team_id, other.provider, other.uid)
    before_id = before.entrant_id if before is not None else None
    recognise_also(conn, team_id, account, before_id, other, now)
    if left is not None and left.entrant_id != account.entrant_id:
        _follow(conn, team_id, left.entrant_id, account.entrant_id)


def _own(inst: Installation, team_id: int, proven: Proven) -> None:
    """Give the account, by each of its names, what the log-in has shown to be its own."""
    if not proven.owns:
        return
    for seen in (proven.identity, *proven.also[:MOST_NAMES]):
        with inst.db.read() as conn:
            known = entrants.find(conn, team_id, seen.provider, seen.uid)
        if known is not None and known.proven_at is not None:
            claiming.own(inst, team_id, seen.provider, known.id, proven.owns)


def _stopped(back_to: str, why: Stopped, refused: Invalid | None = None) -> Invalid:
    said = refused.errors if refused is not None else {"": marked("This log-in came to nothing.")}
    return Invalid({**said, "back_to": back_to, "stopped": why.value})


def _follow(conn: Connection, team_id: int, from_id: int, to_id: int) -> None:
    """Let browsers and claims of an entrant that has lost its last identity follow it."""
    if not entrants.identities_of(conn, team_id, from_id):
        visitors.move(conn, team_id, from_id, to_id)
        settling.follow(conn, team_id, from_id, to_id)
