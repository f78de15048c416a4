"""Codes of a prize: taken from a list, sealed, counted, handed out one by one."""

import hashlib
import hmac
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Row, func, select

from tombola.api import Invalid
from tombola.campaigns import prizes
from tombola.campaigns.service import of_team, touch
from tombola.db.sets import insert_ignore, insert_new
from tombola.installation import Installation
from tombola.rewards.models import reward_code, reward_stock
from tombola.rewards.rules import MOST_CODES, sort_codes
from tombola.teams.audit import audit
from tombola.teams.rules import Actor, Role
from tombola.toolkit.vault import Vault
from tombola.web.i18n import marked

_COLUMNS = ("team_id", "prize_id", "digest", "sealed")


@dataclass(frozen=True, slots=True)
class Kept:
    """What came of a list of codes.

    Attributes:
        new: Codes that are in stock now and were not before.
        repeated: Lines whose code stood in the list, or in stock, already.
        too_long: Lines longer than a code may be.
        empty: Lines without a code.
    """

    new: int
    repeated: int
    too_long: int
    empty: int


@dataclass(frozen=True, slots=True)
class Counts:
    """Codes of a prize: all that were ever given, and those that nobody has."""

    codes: int
    free: int


NONE = Counts(0, 0)


def take(
    inst: Installation,
    actor: Actor,
    campaign_uid: str,
    prize_uid: str,
    lines: Sequence[str],
    *,
    empty: int = 0,
) -> Kept:
    """Put codes in stock, in their order. The same list again adds nothing.

    Written in small transactions, so that claims go on meanwhile: what a broken-off call has
    written stays, and the same list once more brings the rest.

    Args:
        inst: The installation.
        actor: An editor or more.
        campaign_uid: The campaign.
        prize_uid: The prize.
        lines: One code each.
        empty: Blank lines that were left out before.

    Raises:
        NotFound: No such prize of the team.
        Invalid: More codes than one prize may have; the field is ``codes``.
    """
    actor.need(Role.EDITOR)
    sorted_lines = sort_codes(lines)
    with inst.db.write() as conn:
        prize = prizes.one(conn, of_team(conn, actor, campaign_uid).id, prize_uid)
        key = _key(conn, inst.vault, prize.team_id, prize.id)
        if (
            counts(conn, [prize.id]).get(prize.id, NONE).codes + len(sorted_lines.codes)
            > MOST_CODES
        ):
            said = marked("One prize may have at most 1,000,000 codes.")
            raise Invalid({"codes": said})
    new = 0
    for some in _sets(sorted_lines.codes, inst.db.set_size):
        rows = [_sealed(inst.vault, key, prize.team_id, prize.id, code) for code in some]
        with inst.db.write() as conn:
            lock(conn, prize.id)
            fresh = len(insert_new(conn, reward_code, _COLUMNS, rows))
            add(conn, prize.id, codes=fresh, free=fresh)
            new += fresh
    kept = Kept(
        new=new,
        repeated=sorted_lines.repeated + len(sorted_lines.codes) - new,
        too_long=sorted_lines.too_long,
        empty=sorted_lines.empty + empty,
    )
    with inst.db.write() as conn:
        audit(conn, actor, "codes.added", prize_uid, {"new": kept.new}, inst.clock())
    return kept


def clear(inst: Installation, actor: Actor, campaign_uid: str, prize_uid: str) -> int:
    """Forget the codes that nobody has. Returns how many. Raises NotFound."""
    actor.need(Role.EDITOR)
    now = inst.clock()
    with inst.db.write() as conn:
        found = of_team(conn, actor, campaign_uid)
        prize = prizes.one(conn, found.id, prize_uid)
        lock(conn, prize.id)
        gone = conn.execute(
            reward_code.delete().where(
                reward_code.c.prize_id == prize.id, reward_code.c.claim_id.is_(None)
            )
        ).rowcount
        if gone:
            add(conn, prize.id, codes=-gone, free=-gone)
            touch(conn, actor, found, now)
            audit(conn, actor, "codes.removed", prize_uid, {"codes": gone}, now)
        return gone


def counts(conn: Connection, prize_ids: Sequence[int]) -> dict[int, Counts]:
    """How many codes the prizes have; one without any is left out."""
    rows = conn.execute(
        select(reward_stock.c.prize_id, reward_stock.c.codes, reward_stock.c.free).where(
            reward_stock.c.prize_id.in_(prize_ids)
        )
    )
    return {row.prize_id: Counts(row.codes, row.free) for row in rows}


def lock(conn: Connection, prize_id: int) -> None:
    """Let nobody else move codes of this prize until the transaction ends."""
    wanted = select(reward_stock.c.prize_id).where(reward_stock.c.prize_id == prize_id)
    conn.execute(wanted.with_for_update())


def hand_out(conn: Connection, prize_id: int, claim_id: int) -> int | None:
    """Give a claim the first free code; the caller holds the prize. None when there is none.

    Returns:
        The code's number.
    """
    lock(conn, prize_id)
    free = (reward_code.c.prize_id == prize_id, reward_code.c.claim_id.is_(None))
    number = conn.execute(select(func.min(reward_code.c.id)).where(*free)).scalar()
    if number is None:
        return None
    conn.execute(reward_code.update().where(reward_code.c.id == number).values(claim_id=claim_id))
    add(conn, prize_id, free=-1)
    return int(number)


def put_back(conn: Connection, prize_id: int, code_id: int) -> None:
    """Let a code that nobody has seen be somebody else's."""
    lock(conn, prize_id)
    conn.execute(reward_code.update().where(reward_code.c.id == code_id).values(claim_id=None))
    add(conn, prize_id, free=1)


def opened(conn: Connection, vault: Vault, code_ids: Sequence[int]) -> dict[int, str]:
    """The codes themselves, by number."""
    rows = conn.execute(select(reward_code).where(reward_code.c.id.in_(code_ids)))
    return {row.id: vault.open(_place(row), row.sealed) for row in rows}


def add(conn: Connection, prize_id: int, *, codes: int = 0, free: int = 0) -> None:
    """Move the counts by so many."""
    conn.execute(
        reward_stock.update()
        .where(reward_stock.c.prize_id == prize_id)
        .values(codes=reward_stock.c.codes + codes, free=reward_stock.c.free + free)
    )


def _sets(codes: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(codes), size):
        yield codes[start : start + size]


def _sealed(
    vault: Vault, key: bytes, team_id: int, prize_id: int, code: str
) -> tuple[int, int, str, str]:
    digest = hmac.digest(key, code.encode(), hashlib.sha256).hex()
    return team_id, prize_id, digest, vault.seal(f"code {digest} of prize {prize_id}", code)


def _place(row: Row[tuple[object, ...]]) -> str:
    return f"code {row.digest} of prize {row.prize_id}"


def _key(conn: Connection, vault: Vault, team_id: int, prize_id: int) -> bytes:
    """The prize's own key, by which the same code is known again; made when it is first needed.

    It is not the vault's: that may be renewed, and the digests could not follow.
    """
    place = f"codes of prize {prize_id}"
    row = (team_id, prize_id, vault.seal(place, secrets.token_hex(32)), 0, 0)
    insert_ignore(conn, reward_stock, ("team_id", "prize_id", "sealed", "codes", "free"), [row])
    mine = reward_stock.c.prize_id == prize_id
    sealed = conn.execute(select(reward_stock.c.sealed).where(mine)).scalar_one()
    return bytes.fromhex(vault.open(place, sealed))
