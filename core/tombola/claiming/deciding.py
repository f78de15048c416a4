"""Decisions on claims: a moderator's, proof's, and their undo; the claimant is told once."""

from collections.abc import Callable, Sequence

from sqlalchemy import Connection, RowMapping, select

from tombola.api import Invalid, NotFound
from tombola.campaigns import service as campaigns
from tombola.claiming import settling
from tombola.claiming.models import claim
from tombola.claiming.rules import OPEN, State
from tombola.db.rows import first
from tombola.entrants import service as entrants
from tombola.entries.changes import Act
from tombola.installation import Installation
from tombola.mail import service as mail
from tombola.teams.audit import audit
from tombola.teams.rules import Actor, Role
from tombola.web.i18n import gettext as _

#: What the mails are for.
PURPOSE = "claim"
LONGEST_REASON = 300


def approve(inst: Installation, actor: Actor, campaign_uid: str, uids: Sequence[str]) -> int:
    """Let the posts of these claims count for their claimants.

    Each is decided by itself; of two on the same post the first one named wins. Idempotent.

    Returns:
        How many were approved now.

    Raises:
        NotFound: there is no such campaign.
    """
    actor.need(Role.EDITOR)

    def decide(conn: Connection, row: RowMapping, act: Act) -> bool:
        return settling.approve(conn, actor.team_id, row["id"], act)

    return _each(inst, actor, campaign_uid, uids, "link", decide)


def reject(
    inst: Installation, actor: Actor, campaign_uid: str, uids: Sequence[str], reason: str
) -> int:
    """Say no to claims that are open, with a reason that the claimant reads. Idempotent.

    Returns:
        How many were rejected now.

    Raises:
        Invalid: there is no reason, or it is too long; the field is ``reason``.
        NotFound: there is no such campaign.
    """
    actor.need(Role.EDITOR)
    told = " ".join(reason.split())
    if not told or len(told) > LONGEST_REASON:
        raise Invalid({"reason": _("Say why, in at most 300 characters; the claimant reads it.")})

    def decide(conn: Connection, row: RowMapping, act: Act) -> bool:
        held = settling.row_of(conn, actor.team_id, row["id"])
        if held is None or held["state"] not in OPEN:
            return False
        settling.decide(conn, held, State.REJECTED, told, act)
        audit(conn, actor, "claim.rejected", held["uid"], {"reason": told}, act.at)
        return True

    return _each(inst, actor, campaign_uid, uids, "reject", decide)


def take_back(inst: Installation, actor: Actor, campaign_uid: str, uid: str) -> None:
    """Undo an approval: posts, counts and other people's claims are as they were before.

    Raises:
        NotFound: there is no such approval, or the posts have been moved on meanwhile.
    """
    actor.need(Role.EDITOR)
    now = inst.clock()
    with inst.db.write() as conn:
        row = _row(conn, actor, campaign_uid, uid)
        if row is None:
            raise NotFound("There is no such approval to take back.")
        settling.take_back(conn, actor.team_id, row["id"], Act("unlink", actor, "", uid, now))


def settle(inst: Installation, team_id: int, claim_id: int, act: Act, proof: str) -> bool:
    """Approve a claim that is proven. Idempotent; returns whether it was approved now."""
    with inst.db.write() as conn:
        done = settling.approve(conn, team_id, claim_id, act, note=proof)
        if done:
            _tell(conn, inst, team_id, claim_id, act)
    inst.bell.ring(mail.MAIL)
    return done


def _each(
    inst: Installation,
    actor: Actor,
    campaign_uid: str,
    uids: Sequence[str],
    kind: str,
    decide: Callable[[Connection, RowMapping, Act], bool],
) -> int:
    done = 0
    for uid in dict.fromkeys(uids):
        act = Act(kind, actor, "", uid, inst.clock())
        with inst.db.write() as conn:
            row = _row(conn, actor, campaign_uid, uid)
            if row is not None and decide(conn, row, act):
                _tell(conn, inst, actor.team_id, row["id"], act)
                done += 1
    inst.bell.ring(mail.MAIL)
    return done


def _row(conn: Connection, actor: Actor, campaign_uid: str, uid: str) -> RowMapping | None:
    found = campaigns.of_team(conn, actor, campaign_uid)
    mine = (claim.c.team_id == actor.team_id, claim.c.campaign_id == found.id, claim.c.uid == uid)
    return first(conn, select(claim).where(*mine))


def _tell(conn: Connection, inst: Installation, team_id: int, claim_id: int, act: Act) -> None:
    """Write to the claimant, if they have an address and mail is sent here; once a claim."""
    row = first(conn, select(claim).where(claim.c.id == claim_id))
    if row is None or not mail.is_on(inst):
        return
    person = entrants.get(conn, team_id, row["entrant_id"])
    if not person.email:
        return
    campaign = campaigns.by_id(conn, row["campaign_id"])
    facts = {
        "post": row["permalink"],
        "campaign": " ".join(campaign.title.split()),
        "reason": _(row["reason"] or ""),
        "address": f"{inst.settings.address}/{campaign.key}",
    }
    if row["state"] == State.APPROVED:
        subject = _("Your post counts: %(campaign)s") % facts
        text = _("This post counts for you now:\n%(post)s\n\n%(address)s\n") % facts
    else:
        subject = _("Your post could not be taken: %(campaign)s") % facts
        text = (
            _("You said that this post is yours:\n%(post)s\n\n%(reason)s\n\n%(address)s\n") % facts
        )
    try:
        mail.post(conn, team_id, PURPOSE, row["uid"], person.email, subject, text, act.at)
    except Invalid:
        return  # what they gave is no address that can be written to
