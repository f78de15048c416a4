"""Mails to those of a team who can mend something: its owners and editors."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, select

from tombola.api import Phrase, render
from tombola.installation import Installation
from tombola.mail import service as mail
from tombola.teams.models import member, role, team
from tombola.teams.rules import Role


def tell(
    conn: Connection,
    inst: Installation,
    team_id: int,
    purpose: str,
    key: str,
    subject: Phrase,
    text: Phrase,
    now: datetime,
) -> bool:
    """Write to every owner and editor of a team, each once for a key. Idempotent.

    Args:
        conn: The transaction of whoever found out; nobody is written to unless it commits.
        inst: The installation.
        team_id: The team.
        purpose: What for, one word.
        key: The cause. The same purpose and key are told once ever.
        subject: One line.
        text: May name ``name``, the recipient's, and ``home``, the address of the team's pages.
        now: The moment.

    Returns:
        False when this installation sends no mail. The caller rings ``MAIL`` after the commit.
    """
    if not mail.is_on(inst):
        return False
    slug = conn.execute(select(team.c.slug).where(team.c.id == team_id)).scalar_one()
    people = conn.execute(
        select(member.c.uid, member.c.email, member.c.name)
        .join(role, role.c.member_id == member.c.id)
        .where(
            role.c.team_id == team_id,
            role.c.role.in_([Role.OWNER.value, Role.EDITOR.value]),
            member.c.disabled_at.is_(None),
        )
        .order_by(member.c.id)
    ).all()
    home = f"{inst.settings.address}/team/{slug}"
    for person in people:
        words = {**text.values, "name": person.name, "home": home}
        said = render(replace(text, values=words))
        line = render(subject)
        mail.post(conn, team_id, purpose, f"{key} {person.uid}", person.email, line, said, now)
    return True
