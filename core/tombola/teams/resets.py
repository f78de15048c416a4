"""A forgotten password: the wish is written down for any address, and a duty finds out whose it is.

So the answer and its time are the same whoever asks, and for whom.
"""

from datetime import timedelta

from sqlalchemy import Connection, func, select

from tombola.api import Invalid
from tombola.db.rows import first, insert_one
from tombola.installation import Installation
from tombola.mail import service as mail
from tombola.queue import tasks
from tombola.queue.kinds import Done, Result
from tombola.queue.tasks import Claim
from tombola.teams.accounts import LIVES, MAILS, Purpose, make_link
from tombola.teams.audit import audit
from tombola.teams.models import member, reset_wish
from tombola.teams.rules import token_hash
from tombola.teams.service import Member, operator_actor
from tombola.web.i18n import gettext as _

#: The kind of duty that writes the mail; its key is the wish's number.
RESET = "password_reset"
#: Wishes an hour, for an address and from a client. Ours.
WINDOW = timedelta(hours=1)
MOST_FOR_ADDRESS, MOST_FROM_CLIENT = 3, 20


def ask(inst: Installation, email: str, client: str) -> None:
    """Somebody has forgotten the password of an address. Too many wishes are not heard.

    Raises:
        Invalid: this installation sends no mail.
    """
    if not mail.is_on(inst):
        raise Invalid({"": _("This installation sends no mail. Its operator can let you in.")})
    now = inst.clock()
    plain = email.strip().lower()[:254]
    hashed, origin = token_hash(plain), token_hash(client)
    with inst.db.write() as conn:
        heard = _is_heard(conn, inst, hashed, origin)
        number = insert_one(
            conn, reset_wish, email=plain if heard else "", email_hash=hashed, client=origin, at=now
        )
        tasks.put(conn, RESET, str(number), now)
    inst.bell.ring(RESET)


def write(inst: Installation, held: Claim) -> Result:
    """Write to the member of a wish's address, if there is one. Idempotent: the wish is used up."""
    now = inst.clock()
    with inst.db.write() as conn:
        tasks.guard(conn, held, now=now)
        mine = reset_wish.c.id == int(held.key)
        email = conn.execute(select(reset_wish.c.email).where(mine)).scalar()
        conn.execute(reset_wish.update().where(mine).values(email=""))
        there = (member.c.email == email, member.c.disabled_at.is_(None))
        row = first(conn, select(member).where(*there)) if email else None
        if row is not None:
            _post(conn, inst, Member.model_validate(dict(row)), held.key)
    inst.bell.ring(mail.MAIL)
    return Done()


def _post(conn: Connection, inst: Installation, who: Member, key: str) -> None:
    now = inst.clock()
    link = make_link(conn, inst, who.id, Purpose.PASSWORD, now)
    text = _(
        "Hello %(name)s,\n\nfollow this link within an hour to choose a new password; it is good "
        "once:\n%(link)s\n\nIf you have not asked for it, do nothing: your password stays."
    ) % {"name": who.name, "link": link}
    until = now + LIVES[Purpose.PASSWORD]
    subject = _("Choose a new password")
    mail.post(conn, None, MAILS, f"reset {key}", who.email, subject, text, now, good_until=until)
    audit(conn, operator_actor(who), "member.reset_asked", who.uid, {}, now)


def _is_heard(conn: Connection, inst: Installation, hashed: str, origin: str) -> bool:
    since = reset_wish.c.at > inst.clock() - WINDOW
    for condition, most in (
        (reset_wish.c.email_hash == hashed, MOST_FOR_ADDRESS),
        (reset_wish.c.client == origin, MOST_FROM_CLIENT),
    ):
        counted = select(func.count()).select_from(reset_wish).where(condition, since)
        if conn.execute(counted).scalar_one() >= most:
            return False
    return True
