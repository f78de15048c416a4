"""A member's own account: name, address, password. What could cost somebody theirs asks twice."""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import SecretStr
from sqlalchemy import Connection, RowMapping, select

from tombola.api import Invalid, NotFound
from tombola.db.rows import first, insert_one
from tombola.installation import Installation
from tombola.mail import service as mail
from tombola.mail.rules import address as checked_address
from tombola.teams import sessions
from tombola.teams.audit import audit
from tombola.teams.models import mailed_link, member
from tombola.teams.passwords import hasher, need_good
from tombola.teams.rules import token_hash
from tombola.teams.service import Member, operator_actor
from tombola.web.i18n import gettext as _


class Purpose(StrEnum):
    """What a mailed link is good for, once."""

    PASSWORD = "password"  # noqa: S105 # a word, no password
    EMAIL = "email"


#: How long links are good (OWASP ASVS 5.0, 6.4 and 6.5: as short as mail allows). Ours.
LIVES: Mapping[Purpose, timedelta] = {
    Purpose.PASSWORD: timedelta(hours=1),
    Purpose.EMAIL: timedelta(days=1),
}
#: What mails about an account are for, in the mail room's words.
MAILS = "account"


def rename(inst: Installation, who: Member, name: str) -> None:
    """Be called something else from now on."""
    now = inst.clock()
    with inst.db.write() as conn:
        conn.execute(member.update().where(member.c.id == who.id).values(name=name))
        audit(conn, operator_actor(who), "member.renamed", who.uid, {}, now)


def change_password(inst: Installation, who: Member, new: SecretStr, token: str) -> None:
    """Take another password; all sessions but that of ``token`` end, and a mail says so.

    The caller has asked for the old one.

    Raises:
        Invalid: it is too easy, or the old one; the field is ``new``.
    """
    digest = _digest(inst, who, new, field="new")
    now = inst.clock()
    with inst.db.write() as conn:
        _set_password(conn, inst, who, digest, now, but=token)
        audit(conn, operator_actor(who), "member.password_changed", who.uid, {}, now)
    inst.bell.ring(mail.MAIL)


def ask_email(inst: Installation, who: Member, wanted: str) -> None:
    """Write to another address of the member's; it counts once the link has come back.

    An address that has an account gets nothing, and the answer is the same.

    Raises:
        Invalid: it is no address, or this installation sends no mail.
    """
    to = checked_address(wanted)
    if not mail.is_on(inst):
        raise Invalid({"email": _("This installation sends no mail; its operator can set it up.")})
    now = inst.clock()
    with inst.db.write() as conn:
        taken = conn.execute(select(member.c.id).where(member.c.email == wanted)).first()
        if taken is None:
            link = make_link(conn, inst, who.id, Purpose.EMAIL, now, email=wanted)
            text = _(
                "Hello %(name)s,\n\nfollow this link within a day to log in with this address "
                "from now on:\n%(link)s\n\nIf that was not you, do nothing."
            ) % {"name": who.name, "link": link}
            subject = _("Confirm your new address")
            until = now + LIVES[Purpose.EMAIL]
            key = f"email {token_hash(link)}"
            mail.post(conn, None, MAILS, key, to, subject, text, now, good_until=until)
        audit(conn, operator_actor(who), "member.email_asked", who.uid, {}, now)
    inst.bell.ring(mail.MAIL)


def confirm_email(inst: Installation, token: str) -> Member:
    """The link has come back: the address is the member's now. The old one is told.

    Raises:
        NotFound: the link was used, or is too old, or somebody has that address meanwhile.
    """
    now = inst.clock()
    with inst.db.write() as conn:
        row = use_link(conn, token, Purpose.EMAIL, now)
        taken = conn.execute(select(member.c.id).where(member.c.email == row["email"])).first()
        if taken is not None:
            raise NotFound(GONE)
        who = of_id(conn, row["member_id"])
        tell(conn, inst, who, _("Your address was changed"), _EMAIL_CHANGED, now)
        mine = member.update().where(member.c.id == who.id)
        conn.execute(mine.values(email=row["email"]))
        sessions.revoke_all(conn, who.id, now)
        audit(conn, operator_actor(who), "member.email_changed", who.uid, {}, now)
        found = of_id(conn, who.id)
    inst.bell.ring(mail.MAIL)
    return found


def reset_password(inst: Installation, token: str, new: SecretStr) -> Member:
    """Take another password by a mailed link. All sessions end; the second step stays.

    Raises:
        NotFound: the link was used or is too old.
        Invalid: the password is too easy.
    """
    now = inst.clock()
    with inst.db.read() as conn:
        who = of_id(conn, _link_row(conn, token, Purpose.PASSWORD, now)["member_id"])
    digest = _digest(inst, who, new, field="new")
    with inst.db.write() as conn:
        use_link(conn, token, Purpose.PASSWORD, now)
        _set_password(conn, inst, who, digest, now)
        audit(conn, operator_actor(who), "member.password_reset", who.uid, {}, now)
    inst.bell.ring(mail.MAIL)
    return who


def is_good(inst: Installation, token: str, purpose: Purpose) -> bool:
    """Whether a link still opens something."""
    with inst.db.read() as conn:
        try:
            _link_row(conn, token, purpose, inst.clock())
        except NotFound:
            return False
    return True


def make_link(
    conn: Connection,
    inst: Installation,
    member_id: int,
    purpose: Purpose,
    now: datetime,
    *,
    email: str = "",
) -> str:
    """Make a link for a member, good once; those of the same purpose before it are void."""
    token = secrets.token_urlsafe(32)
    older = (mailed_link.c.member_id == member_id, mailed_link.c.purpose == purpose.value)
    conn.execute(mailed_link.delete().where(*older))
    insert_one(
        conn, mailed_link, member_id=member_id, purpose=purpose.value, email=email,
        token_hash=token_hash(token), created_at=now, expires_at=now + LIVES[purpose],
    )  # fmt: skip
    page = {Purpose.PASSWORD: "new-password", Purpose.EMAIL: "new-address"}[purpose]
    return f"{inst.settings.address}/{page}/{token}"


def use_link(conn: Connection, token: str, purpose: Purpose, now: datetime) -> RowMapping:
    """Use a link up. Raises NotFound for one that is good no more."""
    row = _link_row(conn, token, purpose, now)
    used = conn.execute(
        mailed_link.update()
        .where(mailed_link.c.id == row["id"], mailed_link.c.used_at.is_(None))
        .values(used_at=now, email="")
    )
    if used.rowcount != 1:
        raise NotFound(GONE)
    return row


def tell(
    conn: Connection, inst: Installation, who: Member, subject: str, text: str, now: datetime
) -> None:
    """Write to a member that something about their account has changed, if mail goes out."""
    if mail.is_on(inst):
        key = f"{who.uid} {now.isoformat()} {subject}"
        said = text % {"name": who.name, "address": inst.settings.address}
        mail.post(conn, None, MAILS, key, who.email, subject, said, now)


GONE = "This link was used, or is too old. Ask for another one."
_CHANGED = (
    "Hello %(name)s,\n\nyour password was changed, and you were logged out elsewhere.\n\n"
    "If that was not you, ask for another at %(address)s/forgotten and tell the operator."
)
_EMAIL_CHANGED = (
    "Hello %(name)s,\n\nanother address is used to log in to your account from now on.\n\n"
    "If that was not you, tell the operator of %(address)s at once."
)


def of_id(conn: Connection, number: int) -> Member:
    """A member who is not disabled. Raises NotFound."""
    mine = (member.c.id == number, member.c.disabled_at.is_(None))
    row = first(conn, select(member).where(*mine))
    if row is None:
        raise NotFound(GONE)
    return Member.model_validate(dict(row))


def _link_row(conn: Connection, token: str, purpose: Purpose, now: datetime) -> RowMapping:
    row = first(
        conn,
        select(mailed_link).where(
            mailed_link.c.token_hash == token_hash(token),
            mailed_link.c.purpose == purpose.value,
            mailed_link.c.used_at.is_(None),
            mailed_link.c.expires_at > now,
        ),
    )
    if row is None:
        raise NotFound(GONE)
    return row


def _digest(inst: Installation, who: Member, new: SecretStr, *, field: str) -> str:
    need_good(new, who.name, who.email, field=field)
    return hasher(inst.settings).hash(new.get_secret_value())


def _set_password(
    conn: Connection, inst: Installation, who: Member, digest: str, now: datetime, *, but: str = ""
) -> None:
    conn.execute(member.update().where(member.c.id == who.id).values(password_hash=digest))
    conn.execute(mailed_link.delete().where(mailed_link.c.member_id == who.id,
                                            mailed_link.c.used_at.is_(None)))  # fmt: skip
    sessions.revoke_all(conn, who.id, now, but=but)
    tell(conn, inst, who, _("Your password was changed"), _CHANGED, now)
