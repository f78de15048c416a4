"""Links to a page, each made for one entrant and one action, kept unreadable, and used once.

Link and code are made from a random seed and the app's secret. What lies in the database gives
neither without the secret, and the same entrant who asks again is given the same ones.
"""

import base64
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pydantic import BaseModel
from sqlalchemy import and_, delete, func, insert, or_, select, update

from tombola.api import Ctx, Invalid
from tombola_messenger import words
from tombola_messenger.tables import link
from tombola_meta.settings import settings_of

#: How long a link waits for its person; the widget gives a new one after it. Ours.
LIVES: Final = timedelta(days=30)
#: Used ones are kept so long that an event which is told again means the same again. Ours.
KEPT: Final = timedelta(days=60)

SEED_BYTES: Final = 16
REF_BYTES: Final = 24


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whom a link is for, where it leads, and what is said at its end.

    Attributes:
        page: id of the page.
        action: uid of the action.
        campaign: uid of its campaign.
        entrant: uid of the entrant.
        account: the entrant's proven id at Facebook, where one was asked for.
        reply: confirmation with placeholders; "" = none.
        keyword: for the team's own bot; "" = none.
        locale: of the widget's page.
    """

    page: str
    action: str
    campaign: str
    entrant: str
    account: str | None = None
    reply: str = ""
    keyword: str = ""
    locale: str = "en"


@dataclass(frozen=True, slots=True)
class Given:
    """What the entrant is given: for the link's ``ref``, and to be typed."""

    ref: str
    code: str


def give(ctx: Ctx, wanted: Wanted) -> Given:
    """Give an entrant's link to a page; the one that still waits, or a new one."""
    key = _key(ctx)
    now_s = int(ctx.now.timestamp())
    with ctx.db() as db:
        waiting = db.execute(
            select(link.c.seed, link.c.ref)
            .where(
                link.c.entrant == wanted.entrant,
                link.c.action == wanted.action,
                link.c.page == wanted.page,
                link.c.used_by.is_(None),
                link.c.made_s > now_s - int(LIVES.total_seconds()) // 2,
            )
            .order_by(link.c.made_s.desc())
            .limit(1)
        ).one_or_none()
        if waiting is not None:
            given = _from_seed(key, waiting.seed)
            if _kept(key, given.ref) == waiting.ref:
                changed = {"reply": wanted.reply, "keyword": wanted.keyword}
                known = {"account": wanted.account, "locale": wanted.locale}
                db.execute(update(link).where(link.c.ref == waiting.ref).values(**changed, **known))
                return given
        seed = secrets.token_hex(SEED_BYTES)
        given = _from_seed(key, seed)
        db.execute(
            insert(link).values(
                ref=_kept(key, given.ref),
                code=_kept(key, given.code),
                seed=seed,
                team=ctx.team_id or "",
                page=wanted.page,
                action=wanted.action,
                campaign=wanted.campaign,
                entrant=wanted.entrant,
                account=wanted.account,
                reply=wanted.reply,
                keyword=wanted.keyword,
                locale=wanted.locale,
                made_s=now_s,
            )
        )
    return given


@dataclass(frozen=True, slots=True)
class Found:
    """A link that was followed, or whose code was typed."""

    key: str
    wanted: Wanted


def find(ctx: Ctx, page: str, person: str, ref: str | None, codes: Sequence[str]) -> Found | None:
    """Look up a link that this person may use: unused and young enough, or used by them before.

    Args:
        ctx: the plugin's world.
        page: id of the page that was written to.
        person: id that the page has for them.
        ref: what stood in the link that they followed.
        codes: what they typed that may be one.
    """
    key = _key(ctx)
    tried = [link.c.ref == _kept(key, ref)] if ref else []
    tried += [link.c.code == _kept(key, code) for code in codes]
    if not tried:
        return None
    young_s = int((ctx.now - LIVES).timestamp())
    unused = and_(link.c.used_by.is_(None), link.c.made_s > young_s)
    with ctx.db() as db:
        row = db.execute(
            select(link)
            .where(link.c.page == page, link.c.team == (ctx.team_id or ""))
            .where(or_(*tried), or_(unused, link.c.used_by == person))
            .limit(1)
        ).one_or_none()
    if row is None:
        return None
    return Found(
        row.ref,
        Wanted(
            page,
            action=row.action,
            campaign=row.campaign,
            entrant=row.entrant,
            account=row.account,
            reply=row.reply,
            keyword=row.keyword,
            locale=row.locale,
        ),
    )


def use(ctx: Ctx, found: Found, person: str, at: datetime) -> bool:
    """Bind a link to who came by it first. Idempotent; False when it was somebody else."""
    with ctx.db() as db:
        changed = db.execute(
            update(link)
            .where(link.c.ref == found.key)
            .where(or_(link.c.used_by.is_(None), link.c.used_by == person))
            .values(used_by=person, used_s=func.coalesce(link.c.used_s, int(at.timestamp())))
        )
        return bool(changed.rowcount)


#: Key of the job that forgets.
SWEEP: Final = "messenger.sweep"


class Sweep(BaseModel):
    """Nothing to say."""


def sweep(ctx: Ctx, asked: Sweep) -> None:
    """Forget links that are too old to mean anything, in every team."""
    del asked
    with ctx.db() as db:
        old_s = int((ctx.now - KEPT).timestamp())
        db.execute(delete(link).where(link.c.made_s < old_s))


def forget_entrant(ctx: Ctx, entrant: str) -> None:
    """Forget the links of an entrant who was erased. Idempotent."""
    with ctx.db() as db:
        db.execute(delete(link).where(link.c.entrant == entrant))


def _from_seed(key: bytes, seed: str) -> Given:
    digest = hmac.digest(key, seed.encode(), "sha512")
    ref = base64.urlsafe_b64encode(digest[:REF_BYTES]).decode()
    # The rest of the digest, read as a number, gives the letters of the code.
    rest, code = int.from_bytes(digest[REF_BYTES:]), ""
    for _ in range(words.CODE_LENGTH):
        rest, place = divmod(rest, len(words.ALPHABET))
        code += words.ALPHABET[place]
    return Given(ref, code)


def _kept(key: bytes, shown: str) -> str:
    """Give what is stored of a link or a code."""
    return hmac.digest(key, b"kept:" + shown.encode("utf-8", "replace"), "sha256").hex()


def _key(ctx: Ctx) -> bytes:
    secret = settings_of(ctx).app_secret.get_secret_value()
    if not secret:
        raise Invalid({"": "There is no app at Meta here: its App ID and App secret are missing."})
    return hmac.digest(secret.encode(), b"tombola messenger link", "sha256")
