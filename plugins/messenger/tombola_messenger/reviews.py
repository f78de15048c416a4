"""Utility templates at Meta: asked for, looked at again, and shown to the team."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import BaseModel
from sqlalchemy import ColumnElement, delete, insert, select

from tombola.api import Account, Ctx, FetchError, Invalid, Text
from tombola_messenger import client, wordings
from tombola_messenger.policy import TITLES
from tombola_messenger.tables import template
from tombola_meta.accounts import CONNECTOR, PAGE_KIND
from tombola_meta.reading import Raw, text, uid

#: Key of the job that looks again.
LOOK_AGAIN = "messenger.templates"
#: Longest reason that is kept. Ours.
WHY_MAX = 300


class LookAgain(BaseModel):
    """Nothing: the job looks at all pages of the team."""


@dataclass(frozen=True, slots=True)
class Line:
    """One template of a page, as the team sees it.

    Attributes:
        status: Meta's word; "" = was never asked for.
        why: Meta's reason for a rejection.
        asked_at: aware UTC; when Meta was asked last.
    """

    title: Text
    language: str
    text: str
    status: str
    why: str
    asked_at: datetime | None


def pages(ctx: Ctx) -> Sequence[Account]:
    """Give the team's connected pages."""
    return [each for each in ctx.accounts(CONNECTOR) if each.kind == PAGE_KIND]


def of_page(ctx: Ctx, page: str) -> Iterator[Line]:
    """Give every template of ours, and how it stands on a page."""
    with ctx.db() as db:
        found = db.execute(select(template).where(*_mine(ctx, page))).all()
    known = {(row.name, row.language): row for row in found}
    for each in wordings.ALL:
        row = known.get((each.name, each.language))
        yield Line(
            TITLES[each.purpose],
            each.language,
            each.text,
            row.status if row else "",
            row.why if row else "",
            datetime.fromtimestamp(row.asked_s, UTC) if row else None,
        )


def ask(ctx: Ctx, page: str, languages: Sequence[str]) -> None:
    """Ask Meta to approve what a page has not in these languages, and keep how all stand.

    Raises:
        Invalid: in words for the team; what was asked for before that stays asked for.
    """
    try:
        account = client.page_of(ctx, page)
        there = {(text(each.get("name")), text(each.get("language"))) for each in _list(ctx, page)}
        for each in wordings.ALL:
            if each.language in languages and (each.name, each.language) not in there:
                client.make_template(ctx, account, each.asked)
        look(ctx, page)
    except FetchError as error:
        raise Invalid({"": str(error)}) from error


def look(ctx: Ctx, page: str) -> None:
    """Ask Meta how a page's templates stand, and keep it. Raises FetchError. Idempotent."""
    ours = {(each.name, each.language) for each in wordings.ALL}
    rows = []
    for each in _list(ctx, page):
        name, language = text(each.get("name")) or "", text(each.get("language")) or ""
        if (name, language) in ours:
            rows.append(
                {
                    "team": ctx.team_id or "",
                    "page": page,
                    "name": name,
                    "language": language,
                    "uid": uid(each.get("id")) or "",
                    "status": (text(each.get("status")) or "").upper(),
                    "why": (text(each.get("rejected_reason")) or "")[:WHY_MAX],
                    "asked_s": int(ctx.now.timestamp()),
                }
            )
    kept = {(row["name"], row["language"]): row for row in rows}
    with ctx.db() as db:
        db.execute(delete(template).where(*_mine(ctx, page)))
        if kept:
            db.execute(insert(template), list(kept.values()))


def look_again(ctx: Ctx, asked: LookAgain) -> None:
    """Look at every page of the team with templates of ours; a page that fails is left out."""
    del asked
    with ctx.db() as db:
        mine = select(template.c.page).where(template.c.team == (ctx.team_id or "")).distinct()
        numbers = set(db.execute(mine).scalars())
    for page in pages(ctx):
        if page.uid in numbers:
            try:
                look(ctx, page.uid)
            except FetchError as error:
                ctx.log.warning("templates_unread", kind=type(error).__name__, why=str(error))


def _list(ctx: Ctx, page: str) -> Sequence[Raw]:
    return list(client.templates(ctx, client.page_of(ctx, page)))


def _mine(ctx: Ctx, page: str) -> tuple[ColumnElement[bool], ...]:
    return (template.c.team == (ctx.team_id or ""), template.c.page == page)
