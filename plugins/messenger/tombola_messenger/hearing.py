"""From an event to what the core is told: who did what, and which action it completes."""

from collections.abc import Iterator
from typing import Final

from tombola.api import (
    Accepted,
    Answered,
    Completes,
    Ctx,
    Delivered,
    FetchError,
    Granted,
    Happening,
    Identity,
    Interacted,
    Message,
    OptedIn,
    OptedOut,
    Purpose,
    Read,
)
from tombola_messenger import answers, client, links, standing, words
from tombola_messenger.links import Found
from tombola_messenger.mapping import TOKEN_LIVES, Heard, heard_from, seen_on_page
from tombola_messenger.sending import ONE_TIME_GRANT
from tombola_meta.events import MESSAGING
from tombola_meta.linking import link_ids, page_person
from tombola_meta.reading import mapping, text

#: Topics of ``tombola_meta``: what people say to a page, and what they write on it.
FEED: Final = "meta.page.feed"
HEARD: Final = (MESSAGING, FEED)


def happenings(ctx: Ctx, event: Accepted) -> Iterator[Happening]:
    """Tell what an event means. Repeatable: it means the same again."""
    page = text(event.payload.get("account")) or ""
    if event.topic == FEED:
        heard = seen_on_page(mapping(event.payload.get("value")), page, ctx.now)
    else:
        heard = heard_from(mapping(event.payload.get("event")), page, ctx.now)
    if heard.enforcement is not None:
        standing.note(ctx, page, heard.enforcement)
    if heard.person is None or not page:
        return
    found = _followed(ctx, page, heard.person, heard)
    name = client.name_of(ctx, page, heard.person) if found else None
    identity = page_person(page, heard.person, name)
    if heard.act:
        yield Interacted(identity, heard.at, heard.act)
    yield from _receipts(identity, heard)
    yield from _said(identity, heard)
    if found is not None:
        # Whoever presses the button again after a STOP has agreed anew.
        yield OptedIn(identity, heard.at)
        yield _completion(identity, heard, found)


def _receipts(identity: Identity, heard: Heard) -> Iterator[Happening]:
    if heard.delivered or heard.delivered_through is not None:
        yield Delivered(identity, heard.at, heard.delivered, heard.delivered_through)
    if heard.read_through is not None:
        yield Read(identity, heard.at, through=heard.read_through)


def _said(identity: Identity, heard: Heard) -> Iterator[Happening]:
    typed = heard.typed or ""
    if words.is_stop(typed):
        yield OptedOut(identity, heard.at, "They wrote STOP.")
    elif words.is_start(typed):
        yield OptedIn(identity, heard.at)
    answer = answers.read(heard.payload)
    if answer is not None:
        yield Answered(identity, answer.about, answer.campaign, yes=answer.yes, at=heard.at)
    if heard.token is not None:
        until = heard.at + TOKEN_LIVES
        yield Granted(identity, ONE_TIME_GRANT, heard.token.value, heard.at, until)
        asked = answers.read(heard.token.payload)
        if asked is not None:
            yield Answered(identity, Purpose.INTEREST, asked.campaign, yes=True, at=heard.at)


def _followed(ctx: Ctx, page: str, person: str, heard: Heard) -> Found | None:
    """Give the link that somebody came by, bound to them from now on."""
    codes = words.codes_in(heard.typed or "")
    if not (heard.ref or codes):
        return None
    found = links.find(ctx, page, person, heard.ref, codes)
    if found is None or not _is_who_logged_in(ctx, page, person, found):
        ctx.log.info("link_unknown", by="ref" if heard.ref else "code")
        return None
    return found if links.use(ctx, found, person, heard.at) else None


def _is_who_logged_in(ctx: Ctx, page: str, person: str, found: Found) -> bool:
    """Tell whether a link that needed a log-in was followed by the same person.

    Where Facebook does not tell who that is on the page, the link itself is the proof.
    """
    if found.wanted.account is None:
        return True
    try:
        known = link_ids(ctx, found.wanted.account, page)
    except FetchError as error:
        ctx.log.warning("person_unasked", kind=type(error).__name__, why=str(error))
        return True
    return known in {None, person}


def _completion(identity: Identity, heard: Heard, found: Found) -> Completes:
    wanted = found.wanted
    reply = Message(
        wanted.reply,
        tag=wanted.keyword or None,
        purpose=Purpose.CONFIRMATION,
        campaign_id=wanted.campaign,
        locale=wanted.locale,
    )
    return Completes(
        wanted.action,
        wanted.entrant,
        identity,
        heard.at,
        # One account counts once in an interval, whoever's link it came by.
        proof=f"messenger:{identity.uid}",
        details={"Messenger": identity.name or "", "By": "link" if heard.ref else "code"},
        reply=reply if wanted.reply.strip() else None,
    )
