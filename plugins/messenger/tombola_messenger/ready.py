"""Whether a page can be subscribed to: who may answer it, what it tells, and its first button."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final

from pydantic import BaseModel

from tombola.api import (
    Account,
    CredentialExpired,
    Ctx,
    FetchError,
    PermissionLost,
    Phrase,
    Retry,
    Text,
    Throttled,
)
from tombola_messenger import client
from tombola_meta import tokens
from tombola_meta.accounts import CONNECTOR, PAGE_KIND, page_token
from tombola_meta.permissions import MESSENGER

#: Either lets a person answer messages in a page's name.
#: Source: Meta, “Pages API”, tasks, read 2026-11-21.
ENOUGH: Final = frozenset({"MANAGE", "MESSAGING"})

#: What one form shows. Ours.
MOST: Final = 50

#: When Facebook is asked again that did not answer while the action was saved. Ours.
LATER: Final = timedelta(seconds=30)

#: Key of the job that does it.
PREPARE: Final = "messenger.prepare"


class PreparePage(BaseModel):
    """Which page to prepare."""

    page: str = ""


def pages(ctx: Ctx, query: str) -> list[tuple[str, str]]:
    """Give the connected pages whose messages may be answered, by title; those that fit."""
    wanted = query.strip().casefold()
    found = [
        (each.uid, each.title)
        for each in ctx.accounts(CONNECTOR)
        if each.kind == PAGE_KIND and not missing_task(each)
    ]
    return [each for each in found if wanted in " ".join(each).casefold()][:MOST]


def missing_task(page: Account) -> bool:
    """Tell whether who connected a page may not answer its messages."""
    tasks = page.facts.get("tasks")
    return isinstance(tasks, list) and not ENOUGH & {str(each) for each in tasks}


def prepare(ctx: Ctx, page_uid: str) -> Text | None:
    """Make a page tell us of messages and show its first button, or say what is missing.

    Where Facebook does not answer, a job tries again later. Idempotent.
    """
    try:
        return _prepared(ctx, page_uid)
    except (CredentialExpired, PermissionLost) as error:
        return _in_words(error)
    except (Retry, Throttled) as error:
        ctx.log.warning("page_unprepared", kind=type(error).__name__, why=str(error))
        ctx.enqueue(PREPARE, PreparePage(page=page_uid), delay=LATER)
        return None
    except FetchError as error:
        return _in_words(error)


def prepare_later(ctx: Ctx, asked: PreparePage) -> None:
    """Do what was put off; raises Retry to be tried again."""
    try:
        said = _prepared(ctx, asked.page)
    except (CredentialExpired, PermissionLost) as error:
        said = _in_words(error)
    if said is not None:
        ctx.log.warning("page_unprepared", why=str(said))


def _prepared(ctx: Ctx, page_uid: str) -> Text | None:
    page = client.page_of(ctx, page_uid)
    if missing_task(page):
        return Phrase(
            "Who connected “%(title)s” may not answer its messages. Ask an administrator of the "
            "page for the task “Messages” (MESSAGING), then connect the page again.",
            {"title": page.title},
        )
    lacking = list(_lacking(ctx, page))
    if lacking:
        return Phrase(
            "Not permitted for “%(title)s”: %(permissions)s. Connect the page again and leave "
            "every permission switched on; if Facebook does not ask for it, the app has to get it "
            "in Meta's App Review.",
            {"title": page.title, "permissions": ", ".join(lacking)},
        )
    client.subscribe(ctx, page)
    client.set_get_started(ctx, page)
    return None


def _lacking(ctx: Ctx, page: Account) -> Iterator[str]:
    """Name the permissions that were not granted."""
    facts = tokens.facts_of(ctx, page_token(page))
    if not facts.valid:
        raise CredentialExpired(f"Facebook no longer accepts the key to “{page.title}”")
    needed: Sequence[str] = MESSENGER
    yield from facts.lacks(needed, page.uid)


def _in_words(error: FetchError) -> Text:
    words = "Facebook does not let us: %(why)s. Look under “Connected accounts”, connect it again."
    return Phrase(words, {"why": str(error).rstrip(".")})
