"""The second step of a log-in: an app's six digits, or a code that was put away for bad days."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from tombola.api import Invalid, NotFound
from tombola.db.rows import first
from tombola.installation import Installation
from tombola.teams import failures
from tombola.teams import second_step_rules as rules
from tombola.teams.audit import audit
from tombola.teams.models import half_log_in, member, recovery_code, role, second_step, team
from tombola.teams.rules import token_hash
from tombola.teams.service import Member, operator_actor
from tombola.web.i18n import gettext as _

#: How long somebody may take from the password to the digits, and how often they may mistype.
PATIENCE = timedelta(minutes=10)
TRIES = 5
ISSUER = "Tombola"


@dataclass(frozen=True, slots=True)
class SetUp:
    """What an app is told: as a text for typing, and as an address for a picture."""

    secret: str
    address: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What a member has: since when, and how many codes are left."""

    since: datetime | None
    codes: int


def standing(inst: Installation, who: Member) -> Standing:
    """What the member has set up."""
    with inst.db.read() as conn:
        since = conn.execute(
            select(second_step.c.confirmed_at).where(second_step.c.member_id == who.id)
        ).scalar()
        unused = (recovery_code.c.member_id == who.id, recovery_code.c.used_at.is_(None))
        codes = conn.execute(
            select(func.count()).select_from(recovery_code).where(*unused)
        ).scalar_one()
    return Standing(since, codes)


def is_on(conn: Connection, member_id: int) -> bool:
    """Whether the member's log-in asks for it."""
    mine = (second_step.c.member_id == member_id, second_step.c.confirmed_at.is_not(None))
    return conn.execute(select(second_step.c.member_id).where(*mine)).first() is not None


def begin(inst: Installation, who: Member) -> SetUp:
    """Make a secret for the member's app, or show the one that waits to be confirmed.

    Raises Invalid when one is in use: it is taken away first.
    """
    now = inst.clock()
    with inst.db.write() as conn:
        row = first(conn, select(second_step).where(second_step.c.member_id == who.id))
        if row is not None and row["confirmed_at"] is not None:
            raise Invalid({"": _("You have a second step already. Take it away first.")})
        if row is None:
            secret = rules.new_secret()
            sealed = inst.vault.seal(_place(who.id), secret)
            values = {"member_id": who.id, "sealed": sealed, "last_step": 0, "created_at": now}
            conn.execute(second_step.insert().values(**values))
        else:
            secret = inst.vault.open(_place(who.id), row["sealed"])
    return SetUp(secret, rules.address(secret, ISSUER, who.email))


def confirm(inst: Installation, who: Member, typed: str) -> list[str]:
    """Switch it on: the app shows the digits that are expected.

    Returns:
        Recovery codes. They are never to be had again.

    Raises:
        Invalid: the digits are wrong; the field is ``code``.
    """
    now = inst.clock()
    with inst.db.write() as conn:
        if is_on(conn, who.id) or not _digits_are_right(conn, inst, who.id, typed, now):
            raise Invalid({"code": _("These digits are not those of the app. Is its clock right?")})
        mine = second_step.update().where(second_step.c.member_id == who.id)
        conn.execute(mine.values(confirmed_at=now))
        codes = _give_codes(conn, who.id)
        audit(conn, operator_actor(who), "second_step.switched_on", who.uid, {}, now)
    return codes


def fresh_codes(inst: Installation, who: Member) -> list[str]:
    """New recovery codes in place of the old ones. Raises NotFound without a second step."""
    now = inst.clock()
    with inst.db.write() as conn:
        if not is_on(conn, who.id):
            raise NotFound("There is no second step.")
        codes = _give_codes(conn, who.id)
        audit(conn, operator_actor(who), "second_step.codes_made", who.uid, {}, now)
    return codes


def take_away(conn: Connection, member_id: int) -> bool:
    """Forget app and codes, in the caller's transaction. Returns whether there was any."""
    for table in (recovery_code, half_log_in):
        conn.execute(table.delete().where(table.c.member_id == member_id))
    gone = conn.execute(second_step.delete().where(second_step.c.member_id == member_id))
    return bool(gone.rowcount)


def switch_off(inst: Installation, who: Member) -> None:
    """The member does without it. Raises Invalid where somebody asks for it of everybody."""
    now = inst.clock()
    with inst.db.write() as conn:
        if inst.settings.second_step or _asked_by_teams(conn, who.id):
            raise Invalid({"": _("A team of yours, or this installation, asks for it.")})
        if take_away(conn, who.id):
            audit(conn, operator_actor(who), "second_step.switched_off", who.uid, {}, now)


def half_way(conn: Connection, member_id: int, now: datetime) -> str:
    """Remember that the password was right. Returns the token that the second step is sent with."""
    token = secrets.token_urlsafe(32)
    values = {"token_hash": token_hash(token), "member_id": member_id, "tries": 0}
    conn.execute(half_log_in.insert().values(**values, expires_at=now + PATIENCE))
    return token


def finish(inst: Installation, token: str, typed: str) -> Member:
    """Check the second step of a log-in, once.

    Returns:
        Who it is; the caller opens the session.

    Raises:
        NotFound: this log-in has ended, or took too long: it begins anew.
        Invalid: the digits or code are wrong, or were tried too often.
    """
    now = inst.clock()
    hashed = token_hash(token)
    with inst.db.write() as conn:
        row = first(conn, select(half_log_in).where(half_log_in.c.token_hash == hashed))
        if row is None or row["expires_at"] <= now or row["tries"] >= TRIES:
            raise NotFound(_("This log-in took too long. Please begin anew."))
        number = row["member_id"]
        key = failures.key_of("second step", str(number))
        blocked = failures.is_blocked(conn, key, now)
        right = not blocked and _is_right(conn, inst, number, typed, now)
        if right:
            conn.execute(half_log_in.delete().where(half_log_in.c.token_hash == hashed))
            failures.forget(conn, key)
            found = first(conn, select(member).where(member.c.id == number))
        else:
            mine = half_log_in.update().where(half_log_in.c.token_hash == hashed)
            conn.execute(mine.values(tries=half_log_in.c.tries + 1))
            failures.count(conn, key, now)
            found = None
    if found is None:
        raise Invalid({"code": _("This is not right, was used before, or comes too soon.")})
    if found["disabled_at"] is not None:
        raise NotFound(_("This log-in took too long. Please begin anew."))
    return Member.model_validate(dict(found))


def is_missing(inst: Installation, who: Member, *, wanted: bool) -> bool:
    """Whether a member has to set it up first: asked for by their team, or by the operator."""
    if not wanted and not inst.settings.second_step:
        return False
    with inst.db.read() as conn:
        return not is_on(conn, who.id)


def _is_right(
    conn: Connection, inst: Installation, member_id: int, typed: str, now: datetime
) -> bool:
    plain = rules.plain_code(typed)
    if plain.isdigit():
        return _digits_are_right(conn, inst, member_id, plain, now)
    unused = recovery_code.c.used_at.is_(None)
    mine = (recovery_code.c.member_id == member_id, recovery_code.c.code_hash == token_hash(plain))
    used = conn.execute(recovery_code.update().where(*mine, unused).values(used_at=now))
    return used.rowcount == 1


def _digits_are_right(
    conn: Connection, inst: Installation, member_id: int, typed: str, now: datetime
) -> bool:
    row = first(conn, select(second_step).where(second_step.c.member_id == member_id))
    if row is None:
        return False
    secret = inst.vault.open(_place(member_id), row["sealed"])
    step = rules.matching_step(secret, rules.plain_code(typed), now, row["last_step"])
    if step is None:
        return False
    # Whoever is second with the same digits changes no row.
    newer = (second_step.c.member_id == member_id, second_step.c.last_step < step)
    taken = conn.execute(second_step.update().where(*newer).values(last_step=step))
    return taken.rowcount == 1


def _give_codes(conn: Connection, member_id: int) -> list[str]:
    conn.execute(recovery_code.delete().where(recovery_code.c.member_id == member_id))
    codes = rules.new_codes()
    hashes = [token_hash(rules.plain_code(code)) for code in codes]
    rows = [{"member_id": member_id, "code_hash": each} for each in hashes]
    conn.execute(recovery_code.insert(), rows)
    return codes


def _asked_by_teams(conn: Connection, member_id: int) -> bool:
    asked = (
        select(team.c.id)
        .join(role, role.c.team_id == team.c.id)
        .where(role.c.member_id == member_id, team.c.second_step, team.c.removed_at.is_(None))
    )
    return conn.execute(asked).first() is not None


def _place(member_id: int) -> str:
    return f"second step of member {member_id}"
