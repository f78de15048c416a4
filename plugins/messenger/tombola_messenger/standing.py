"""How things stand for a page: its templates, and whether Meta lets it write at all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select

from tombola.api import Ctx, Purpose
from tombola_messenger import wordings
from tombola_messenger.mapping import Enforcement
from tombola_messenger.policy import Review
from tombola_messenger.tables import template

#: Where Meta's last measure against a page is kept.
_ENFORCED: Final = "enforced:"
#: What a page is told when it may write again, or was only warned.
_HARMLESS: Final = frozenset({"unblock", "warning"})

#: How long what was read of a page is good for: whole lists of people are asked about. Ours.
FRESH: Final = timedelta(seconds=5)
#: Pages that are remembered. Ours.
REMEMBERED: Final = 200

#: Meta's words for a template's state; any other says that it cannot be used.
#: Source: Messenger Platform, “Utility Messages”, status, read 2026-11-21.
STATES: Final = {"APPROVED": Review.APPROVED, "PENDING": Review.PENDING}


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a page.

    Attributes:
        reviews: by purpose; one that is absent was never asked for.
        approved: languages by purpose.
        blocked: Meta's reason why the page may not write; None = it may.
    """

    reviews: Mapping[Purpose, Review] = field(default_factory=dict)
    approved: Mapping[Purpose, Sequence[str]] = field(default_factory=dict)
    blocked: str | None = None


class Standings:
    """Remembers pages for a moment, since people are asked about by the thousand."""

    def __init__(self) -> None:
        self._known: dict[tuple[str | None, str], tuple[datetime, Standing]] = {}

    def of(self, ctx: Ctx, page: str) -> Standing:
        """Say how things stand for a page."""
        key = (ctx.team_id, page)
        known = self._known.get(key)
        if known is None or not known[0] <= ctx.now < known[0] + FRESH:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            known = self._known[key] = (ctx.now, read(ctx, page))
        return known[1]


def read(ctx: Ctx, page: str) -> Standing:
    """Read how things stand for a page."""
    purposes = {(each.name, each.language): each.purpose for each in wordings.ALL}
    reviews: dict[Purpose, Review] = {}
    approved: dict[Purpose, list[str]] = {}
    with ctx.db() as db:
        rows = db.execute(
            select(template.c.name, template.c.language, template.c.status)
            .where(template.c.team == (ctx.team_id or ""), template.c.page == page)
            .order_by(template.c.name, template.c.language)
        ).all()
    for name, language, status in rows:
        purpose = purposes.get((name, language))
        if purpose is None:
            continue
        review = STATES.get(status, Review.REJECTED)
        if review is Review.APPROVED:
            approved.setdefault(purpose, []).append(language)
        before = reviews.get(purpose, Review.REJECTED)
        reviews[purpose] = max(before, review, key=_RANK.index)
    return Standing(reviews, approved, _blocked(ctx, page))


_RANK: Final = (Review.MISSING, Review.REJECTED, Review.PENDING, Review.APPROVED)


def note(ctx: Ctx, page: str, measure: Enforcement) -> None:
    """Keep what Meta told of a measure against a page."""
    ctx.log.warning("page_enforced", page=page, action=measure.action)
    if measure.action in _HARMLESS:
        ctx.kv.delete(_ENFORCED + page)
    else:
        ctx.kv.put(_ENFORCED + page, {"reason": measure.reason, "at": ctx.now.isoformat()})


def _blocked(ctx: Ctx, page: str) -> str | None:
    kept = ctx.kv.get(_ENFORCED + page)
    return str(kept.get("reason") or "") if isinstance(kept, dict) else None
