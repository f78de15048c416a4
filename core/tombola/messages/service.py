"""What a team does about single messages: a winner's news, and those of which nobody knows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection, select, update

from tombola.api import Invalid, Message, NotFound, PluginFailed, PluginUnavailable, Purpose, Text
from tombola.campaigns import service as campaigns
from tombola.campaigns.service import Campaign
from tombola.db import new_uid
from tombola.db.rows import first
from tombola.db.sets import insert_new
from tombola.entrants import service as entrants
from tombola.entrants.codes import EMAIL
from tombola.entrants.models import entrant
from tombola.installation import Installation
from tombola.mail import service as mail
from tombola.messages import listing, queueing, rules
from tombola.messages.judging import judge
from tombola.messages.listing import MAIL, Line
from tombola.messages.models import message
from tombola.messages.people import people
from tombola.messages.promises import promised
from tombola.messages.rules import State
from tombola.queue.kinds import Parked
from tombola.teams.audit import audit
from tombola.teams.rules import Actor, Role
from tombola.web.i18n import gettext as _
from tombola.web.i18n import marked

_COLUMNS = (
    "uid", "team_id", "campaign_id", "channel", "account", "identity_id", "entrant_id", "purpose",
    "subject", "text", "locale", "state", "urgency", "tries", "due_at", "created_at", "good_until",
    "began_at",
)  # fmt: skip


class Way(BaseModel):
    """A way to reach somebody, as it stands now.

    Attributes:
        channel: a channel's key, or ``mail``.
        identity_id: who they are there.
        may: whether the message can go now.
        reason: why not, or the rule that permits it.
    """

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    channel: str
    title: Text
    identity_id: int
    may: bool
    reason: Text = ""
    alternative: Text | None = None


@dataclass(frozen=True, slots=True)
class _Winner:
    campaign: Campaign
    entrant_id: int
    entrant_uid: str
    email: str | None
    known: Sequence[entrants.Known]


def ways(inst: Installation, actor: Actor, campaign_uid: str, entrant_uid: str) -> list[Way]:
    """The ways to tell somebody that they have won, those that work now first.

    Asks channels, so never inside a transaction. Raises NotFound.
    """
    actor.need(Role.VIEWER)
    with inst.db.read() as conn:
        who = _winner(conn, actor, campaign_uid, entrant_uid)
    found = [*_by_channels(inst, actor, who), *_by_mail(inst, who)]
    return sorted(found, key=lambda way: not way.may)


def send_winner(
    inst: Installation,
    actor: Actor,
    campaign_uid: str,
    entrant_uid: str,
    text: str,
    *,
    subject: str,
    channel: str = "",
) -> Line:
    """Tell somebody that they have won: by the first way that works now, or by a chosen one.

    Idempotent by campaign, person and subject: who has had it, or may have, or is about to, gets no
    second one, by whatever way; one that was rejected or taken back may be sent by another way.

    Args:
        inst: The installation.
        actor: An editor or more.
        campaign_uid: The campaign.
        entrant_uid: The winner.
        text: With placeholders, as in any message.
        subject: What was won: a public name of the draw and the prize, for example.
        channel: A way of ``ways``; "" the first that works now.

    Returns:
        The message with its state.

    Raises:
        NotFound: No such campaign or person of this team.
        Invalid: There is no way, or the text names an unknown placeholder; with words for the
            member, under ``channel`` and ``text``.
    """
    actor.need(Role.EDITOR)
    if not text.strip() or rules.strange_places(text):
        says = _(
            "Write what they should read. Known placeholders are first_name, campaign, entries."
        )
        raise Invalid({"text": says})
    chosen = _chosen(ways(inst, actor, campaign_uid, entrant_uid), channel)
    now = inst.clock()
    with inst.db.read() as conn:
        who = _winner(conn, actor, campaign_uid, entrant_uid)
    to = _address(inst, actor, who, chosen)
    with inst.db.write() as conn:
        before = _standing(conn, who, subject)
        if before is None:
            _write(conn, actor, who, to, text, subject, now)
            detail = {"campaign": campaign_uid, "channel": to.channel}
            audit(conn, actor, "messages.winner", entrant_uid, detail, now)
    inst.bell.ring(queueing.MOUTH)
    inst.bell.ring(mail.MAIL)
    with inst.db.read() as conn:
        return told(conn, who.campaign.id, subject)[entrant_uid]


def told(conn: Connection, campaign_id: int, subject: str) -> dict[str, Line]:
    """What became of winners' messages about one thing, by the winner's public name."""
    return listing.of_subject(conn, campaign_id, Purpose.WINNER, subject)


def settle(inst: Installation, actor: Actor, campaign_uid: str, uid: str, *, arrived: bool) -> None:
    """Decide about a message of which nobody knows whether it went.

    Args:
        inst: The installation.
        actor: An editor or more.
        campaign_uid: The campaign.
        uid: The message.
        arrived: A person has seen that it arrived; else it is sent again.

    Raises:
        NotFound: There is no such message, or somebody has decided already.
    """
    actor.need(Role.EDITOR)
    now = inst.clock()
    with inst.db.write() as conn:
        campaign = campaigns.of_team(conn, actor, campaign_uid)
        mine = (message.c.campaign_id == campaign.id, message.c.uid == uid)
        unknown = (message.c.state == State.UNKNOWN, message.c.channel != MAIL)
        row = first(conn, select(message).where(*mine, *unknown).with_for_update())
        if row is None:
            raise NotFound(_("Somebody has decided about this message already."))
        sent = {"state": State.SENT, "reason": None}
        again = {
            "state": State.PLANNED,
            "reason": None,
            "entrant_id": None,
            "due_at": now,
            "ended_at": None,
            "good_until": max(row["good_until"], now + rules.GOOD_FOR_AGAIN),
        }
        values = sent if arrived else again
        conn.execute(update(message).where(message.c.id == row["id"]).values(**values))
        if not arrived:
            queueing.wake_mouth(conn, row["team_id"], row["channel"], row["account"], now)
        audit(conn, actor, "messages.settled", uid, {"arrived": arrived}, now)
    inst.bell.ring(queueing.MOUTH)


def _winner(conn: Connection, actor: Actor, campaign_uid: str, entrant_uid: str) -> _Winner:
    campaign = campaigns.of_team(conn, actor, campaign_uid)
    mine = (entrant.c.team_id == actor.team_id, entrant.c.uid == entrant_uid)
    row = first(conn, select(entrant).where(*mine, entrant.c.erased_at.is_(None)))
    if row is None:
        raise NotFound(_("There is no such person."))
    known = entrants.identities_of(conn, actor.team_id, row["id"])
    proven = [each.value for each in known if each.kind == EMAIL and each.proven_at is not None]
    return _Winner(campaign, row["id"], row["uid"], proven[0] if proven else row["email"], known)


def _by_channels(inst: Installation, actor: Actor, who: _Winner) -> list[Way]:
    found = []
    for channel in inst.plugins.channels():
        theirs = [each.id for each in who.known if each.kind == channel.identity]
        if not theirs:
            continue
        now = inst.clock()
        with inst.db.read() as conn:
            promises = promised(conn, who.campaign)
            seen = people(
                conn, inst.vault, actor.team_id, channel.key, who.campaign.id, theirs, now
            )
        persons = list(seen.values())
        try:
            verdicts = judge(inst, actor, channel, persons, Purpose.WINNER, promises, now)
        except (PluginFailed, PluginUnavailable) as away:
            found += [
                Way(
                    channel=channel.key,
                    title=channel.title,
                    identity_id=each.identity_id,
                    may=False,
                    reason=str(away),
                )
                for each in persons
            ]
            continue
        found += [
            Way(
                channel=channel.key,
                title=channel.title,
                identity_id=each.identity_id,
                may=verdict.may,
                reason=verdict.by if verdict.may else verdict.says,
                alternative=verdict.alternative,
            )
            for each, verdict in zip(persons, verdicts, strict=True)
        ]
    return found


def _by_mail(inst: Installation, who: _Winner) -> list[Way]:
    if not who.email or not who.known:
        return []
    on = mail.is_on(inst)
    own = next((each.id for each in who.known if each.kind == EMAIL), who.known[0].id)
    why: Text = "" if on else marked("This installation sends no mail.")
    return [Way(channel=MAIL, title=marked("E-mail"), identity_id=own, may=on, reason=why)]


def _chosen(found: Sequence[Way], channel: str) -> Way:
    fit = [each for each in found if each.may and channel in {"", each.channel}]
    if fit:
        return fit[0]
    why = next((each.reason for each in found if channel in {"", each.channel}), None)
    nothing = _("There is no address and no account by which they can be written to.")
    raise Invalid({"channel": why or nothing})


def _address(inst: Installation, actor: Actor, who: _Winner, way: Way) -> queueing.Addressed:
    if way.channel == MAIL:
        return queueing.Addressed(way.identity_id, MAIL, "")
    known = next(each for each in who.known if each.id == way.identity_id)
    to = queueing.To(way.identity_id, way.channel, known.api)
    try:
        (address,) = queueing.addressed(inst, actor, [to])
    except Parked as away:
        raise Invalid({"channel": str(away)}) from away
    return address


def _standing(conn: Connection, who: _Winner, subject: str) -> Line | None:
    """A message about it that has gone, may have, or is about to."""
    line = told(conn, who.campaign.id, subject).get(who.entrant_uid)
    if line is None or line.state in {State.REJECTED, State.CANCELLED}:
        return None
    return line


def _write(
    conn: Connection,
    actor: Actor,
    who: _Winner,
    to: queueing.Addressed,
    text: str,
    subject: str,
    now: datetime,
) -> None:
    place = queueing.Place(actor.team_id, who.campaign.id, Purpose.WINNER, subject)
    theirs = message.c.identity_id.in_([each.id for each in who.known])
    about = (message.c.purpose == Purpose.WINNER.value, message.c.subject == subject)
    here = message.c.campaign_id == who.campaign.id
    conn.execute(message.delete().where(here, *about, theirs))  # rejected or taken back
    if to.channel != MAIL:
        queueing.queue(conn, place, [to], Message(text, locale=who.campaign.language or "en"), now)
        return
    name = next((each.name for each in who.known if each.name), None)
    facts = {"first_name": rules.first_name(name), "campaign": who.campaign.title}
    said = rules.fill(text, facts)
    uid = new_uid(now)
    row = (
        uid, actor.team_id, who.campaign.id, MAIL, "", to.identity_id, who.entrant_id,
        Purpose.WINNER.value, subject, said, who.campaign.language or "en", State.SENT.value,
        1, 1, now, now, rules.good_until(Purpose.WINNER, now), now,
    )  # fmt: skip
    insert_new(conn, message, _COLUMNS, [row])
    line = _("You have won: %(campaign)s") % {"campaign": who.campaign.title}
    mail.post(conn, actor.team_id, Purpose.WINNER.value, uid, who.email or "", line, said, now)
