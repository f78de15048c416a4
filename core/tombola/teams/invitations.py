"""Asking people into a team: a link in a mail, good once and for a week."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr
from sqlalchemy import Connection, RowMapping, func, select

from tombola.api import Invalid, NotFound
from tombola.db import new_uid
from tombola.db.rows import first, insert_one
from tombola.installation import Installation
from tombola.mail import service as mail
from tombola.mail.rules import address as checked_address
from tombola.teams import membership
from tombola.teams.audit import audit
from tombola.teams.models import invitation, member, role, team
from tombola.teams.passwords import hasher, need_good
from tombola.teams.rules import Actor, Role, token_hash
from tombola.teams.service import Email, Member, Name, NewMember, add_member, operator_actor
from tombola.web.i18n import gettext as _

#: How long an invitation is good, and how many a team may have open. Ours.
LIVES = timedelta(days=7)
MOST_OPEN = 100
#: How soon after another the same person is written to again.
PAUSE = timedelta(minutes=5)
PURPOSE = "invitation"
_ROLES: Any = {
    "labels": {
        Role.OWNER.value: "Owner: everything, members too",
        Role.EDITOR.value: "Editor: campaigns, entries, draws",
        Role.VIEWER.value: "Viewer: looks and changes nothing",
    }
}


class NewInvitation(BaseModel):
    """Who is asked, and what they may do."""

    model_config = ConfigDict(frozen=True)

    email: Annotated[Email, Field(title="E-mail address", examples=["sam@example.com"])]
    role: Annotated[Role, Field(title="Role", json_schema_extra=_ROLES)] = Role.EDITOR


class Invitation(BaseModel):
    """An open invitation as the team sees it."""

    model_config = ConfigDict(frozen=True)

    uid: str
    email: str
    role: Role
    invited_by: str
    sent_at: datetime
    expires_at: datetime
    over: bool


class NewAccount(BaseModel):
    """What is asked of somebody who has no account yet."""

    model_config = ConfigDict(frozen=True)

    name: Annotated[Name, Field(title="Your name")]
    password: Annotated[
        SecretStr, Field(title="Password", min_length=10, description="At least ten characters.")
    ]


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody with the link sees: which team, as what, and whether they have an account."""

    team: str
    team_slug: str
    role: Role
    email: str
    invited_by: str
    has_account: bool


def invite(inst: Installation, actor: Actor, asked: NewInvitation) -> str:
    """Ask somebody into the actor's team.

    Returns:
        The link, for an installation that sends no mail; nobody is told it a second time.

    Raises:
        Invalid: it is no address, they are in the team, or are asked already.
    """
    actor.need(Role.OWNER)
    now = inst.clock()
    to = checked_address(asked.email)
    with inst.db.write() as conn:
        _need_new(conn, actor.team_id, asked.email, now)
        token, uid = secrets.token_urlsafe(32), new_uid(now)
        insert_one(
            conn, invitation, uid=uid, team_id=actor.team_id, email=asked.email,
            role=asked.role.value, token_hash=token_hash(token), member_id=actor.member_id,
            created_at=now, sent_at=now, expires_at=now + LIVES,
        )  # fmt: skip
        link = _link(inst, token)
        _post(conn, inst, actor, f"{uid} {now:%Y%m%d%H%M%S}", to, link, now)
        audit(conn, actor, "member.invited", uid, {"role": asked.role.value}, now)
    inst.bell.ring(mail.MAIL)
    return link


def resend(inst: Installation, actor: Actor, uid: str) -> str:
    """Send another link; the one before is void, and the week begins anew. Returns the link.

    Raises:
        NotFound: there is no such open invitation.
        Invalid: the last one went minutes ago.
    """
    actor.need(Role.OWNER)
    now = inst.clock()
    with inst.db.write() as conn:
        row = _open_row(conn, actor.team_id, uid)
        if now - row["sent_at"] < PAUSE:
            raise Invalid({"": _("It was sent minutes ago. Let it arrive first.")})
        token = secrets.token_urlsafe(32)
        values = {"token_hash": token_hash(token), "sent_at": now, "expires_at": now + LIVES}
        conn.execute(invitation.update().where(invitation.c.id == row["id"]).values(**values))
        link = _link(inst, token)
        to = checked_address(row["email"])
        _post(conn, inst, actor, f"{uid} {now:%Y%m%d%H%M%S}", to, link, now)
        audit(conn, actor, "invitation.sent_again", uid, {}, now)
    inst.bell.ring(mail.MAIL)
    return link


def withdraw(inst: Installation, actor: Actor, uid: str) -> None:
    """Take an invitation back; its link opens nothing. Raises NotFound."""
    actor.need(Role.OWNER)
    now = inst.clock()
    with inst.db.write() as conn:
        row = _open_row(conn, actor.team_id, uid)
        _end(conn, row["id"], now)
        audit(conn, actor, "invitation.withdrawn", uid, {}, now)


def open_ones(inst: Installation, actor: Actor) -> list[Invitation]:
    """The team's invitations that nobody has taken, newest first."""
    actor.need(Role.VIEWER)
    now = inst.clock()
    with inst.db.read() as conn:
        rows = conn.execute(
            select(invitation, member.c.name.label("invited_by"))
            .join(member, member.c.id == invitation.c.member_id)
            .where(invitation.c.team_id == actor.team_id, invitation.c.ended_at.is_(None))
            .order_by(invitation.c.id.desc())
        ).mappings()
        return [
            Invitation.model_validate({**row, "over": row["expires_at"] <= now}) for row in rows
        ]


def look(inst: Installation, token: str) -> Asked:
    """What a link is about. Raises NotFound for one that is used, withdrawn or too old."""
    with inst.db.read() as conn:
        return _asked(conn, _row(conn, token, inst.clock()))


def join(inst: Installation, token: str, who: Member) -> str:
    """A member takes an invitation that went to their address. Returns the team's slug.

    Raises:
        NotFound: the link is good no more.
        Invalid: it went to another address.
    """
    now = inst.clock()
    with inst.db.write() as conn:
        row = _row(conn, token, now)
        if row["email"] != who.email:
            raise Invalid({"": _("This invitation went to another address than yours.")})
        return _take(conn, row, who, now)


def create_account(inst: Installation, token: str, form: NewAccount) -> tuple[Member, str]:
    """Somebody new takes an invitation. Returns them and the team's slug.

    Raises:
        NotFound: the link is good no more.
        Invalid: the password is too easy, or the address has an account: they log in instead.
    """
    now = inst.clock()
    with inst.db.read() as conn:
        email = _row(conn, token, now)["email"]
    need_good(form.password, form.name, email)
    digest = hasher(inst.settings).hash(form.password.get_secret_value())
    new = NewMember(name=form.name, email=email, password=form.password)
    with inst.db.write() as conn:
        row = _row(conn, token, now)
        made = add_member(conn, new, digest, operator=False, now=now)
        return made, _take(conn, row, made, now)


def _take(conn: Connection, row: RowMapping, who: Member, now: datetime) -> str:
    used = conn.execute(
        invitation.update()
        .where(invitation.c.id == row["id"], invitation.c.ended_at.is_(None))
        .values(ended_at=now, email="")
    )
    if used.rowcount != 1:
        raise NotFound(_GONE)
    membership.add(conn, row["team_id"], who.id, Role(row["role"]))
    found = first(conn, select(team.c.uid, team.c.slug).where(team.c.id == row["team_id"]))
    if found is None:
        raise NotFound(_GONE)
    actor = operator_actor(who).within(row["team_id"], found["uid"])
    audit(conn, actor, "member.joined", who.uid, {"role": row["role"]}, now)
    slug: str = found["slug"]
    return slug


_GONE = "This invitation was used, withdrawn, or is too old. Ask for another one."


def _row(conn: Connection, token: str, now: datetime) -> RowMapping:
    good = (invitation.c.token_hash == token_hash(token), invitation.c.ended_at.is_(None))
    joined = (
        select(invitation, team.c.name.label("team"), team.c.slug, member.c.name.label("by"))
        .join(team, team.c.id == invitation.c.team_id)
        .join(member, member.c.id == invitation.c.member_id)
        .where(*good, invitation.c.expires_at > now, team.c.removed_at.is_(None))
    )
    row = first(conn, joined)
    if row is None:
        raise NotFound(_GONE)
    return row


def _asked(conn: Connection, row: RowMapping) -> Asked:
    account = conn.execute(select(member.c.id).where(member.c.email == row["email"])).first()
    return Asked(
        row["team"], row["slug"], Role(row["role"]), row["email"], row["by"], account is not None
    )


def _open_row(conn: Connection, team_id: int, uid: str) -> RowMapping:
    mine = (invitation.c.team_id == team_id, invitation.c.uid == uid)
    row = first(conn, select(invitation).where(*mine, invitation.c.ended_at.is_(None)))
    if row is None:
        raise NotFound("There is no such invitation any more.")
    return row


def _end(conn: Connection, number: int, now: datetime) -> None:
    values = {"ended_at": now, "email": ""}
    conn.execute(invitation.update().where(invitation.c.id == number).values(**values))


def _need_new(conn: Connection, team_id: int, email: str, now: datetime) -> None:
    conn.execute(select(team.c.id).where(team.c.id == team_id).with_for_update())
    there = (
        select(role.c.member_id)
        .join(member, member.c.id == role.c.member_id)
        .where(role.c.team_id == team_id, member.c.email == email)
    )
    if conn.execute(there).first() is not None:
        raise Invalid({"email": _("They are in the team already.")})
    waiting = (invitation.c.team_id == team_id, invitation.c.ended_at.is_(None))
    same = conn.execute(
        select(invitation.c.id, invitation.c.expires_at).where(
            *waiting, invitation.c.email == email
        )
    ).first()
    if same is not None and same.expires_at > now:
        raise Invalid({"email": _("They were asked already. Send that invitation again below.")})
    if same is not None:
        _end(conn, same.id, now)
    count = conn.execute(select(func.count()).select_from(invitation).where(*waiting)).scalar_one()
    if count >= MOST_OPEN:
        raise Invalid({"email": _("Too many invitations are open. Withdraw some first.")})


def _link(inst: Installation, token: str) -> str:
    return f"{inst.settings.address}/invitation/{token}"


def _post(
    conn: Connection, inst: Installation, actor: Actor, key: str, to: str, link: str, now: datetime
) -> None:
    if not mail.is_on(inst):
        return
    name = conn.execute(select(team.c.name).where(team.c.id == actor.team_id)).scalar_one()
    subject = _("%(who)s asks you into %(team)s") % {"who": actor.member_name, "team": name}
    text = _(
        "Hello,\n\n%(who)s asks you to work with the team “%(team)s” on its competitions.\n\n"
        "Follow this link within a week to join; it is good once:\n%(link)s\n\n"
        "If you do not know them, do nothing: without the link nobody joins in your name."
    ) % {"who": actor.member_name, "team": name, "link": link}
    until = now + LIVES
    mail.post(conn, None, PURPOSE, key, to, subject, text, now, good_until=until)
