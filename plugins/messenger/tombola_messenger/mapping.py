"""One event of Messenger's, from JSON of which every part may be missing to what it says. Pure.

Source: Messenger Platform, “Webhook Events” (messages, messaging_postbacks, messaging_referrals,
messaging_optins, message_reactions, message_deliveries, message_reads, messaging_handovers,
messaging_policy_enforcement) and “Messaging Window”; recorded deliveries; read 2026-11-21.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from tombola_meta.reading import Raw, mapping, text, uid, words
from tombola_meta.times import time_from

ONE_TIME_OPTIN: Final = "one_time_notif_req"

#: What a referral from an advertisement is called: it opens nothing until the person writes.
ADVERTISED: Final = frozenset({"ADS", "ADS_THREAD"})

#: What people write on a page, by Meta's words for it.
#: Source: Meta, Graph API, “Webhooks: Page”, feed, item; read 2026-11-21.
WRITTEN: Final = frozenset({"comment", "photo", "post", "status", "video"})

#: The two names under which Meta may tell of its measures; recorded is the one with a hyphen.
ENFORCEMENTS: Final = ("policy-enforcement", "policy_enforcement")

#: A token of One-Time Notification can be used for a year.
#: Source: Messenger Platform, “One-Time Notification”, read 2026-11-21.
TOKEN_LIVES: Final = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Token:
    """What permits one message more, and what was asked when it was given."""

    value: str
    payload: str | None


@dataclass(frozen=True, slots=True)
class Enforcement:
    """A measure of Meta's against the page: ``block``, ``unblock``, ``warning``."""

    action: str
    reason: str


@dataclass(frozen=True, slots=True)
class Heard:
    """What an event says.

    Attributes:
        person: the id that the page has for whom it is about; None where nobody is named.
        at: aware UTC.
        act: what the person did, where the platform counts it as contact; "" where it does not.
        ref: what stood in the link that was followed.
        typed: words of a message.
        payload: of the button or quick answer that was tapped.
        token: given to be written to once more.
        delivered: ids of messages that have arrived.
        delivered_through: and all that were sent up to then.
        read_through: everything that was sent up to then was read.
        enforcement: a measure against the page.
    """

    person: str | None
    at: datetime
    act: str = ""
    ref: str | None = None
    typed: str | None = None
    payload: str | None = None
    token: Token | None = None
    delivered: Sequence[str] = ()
    delivered_through: datetime | None = None
    read_through: datetime | None = None
    enforcement: Enforcement | None = None


def heard_from(event: Raw, page: str, now: datetime) -> Heard:
    """Read an event; what is unknown in it, or unknown as a whole, says nothing.

    Args:
        event: one of ``messaging`` or ``standby``, as Meta sent it, ids as text.
        page: id of the page that it happened on.
        now: aware UTC; stands in for a missing time, and no event is later.
    """
    person = uid(mapping(event.get("sender")).get("id"))
    at = min(time_from(event.get("timestamp")) or now, now)
    if person == page:
        # The page's own sends come back as echoes, where sender and recipient have changed places.
        return Heard(None, at)
    enforcement = _enforcement(event)
    if enforcement is not None:
        return Heard(None, at, enforcement=enforcement)
    if person is None:
        return Heard(None, at)
    for name, read in _READ.items():
        inside = event.get(name)
        if isinstance(inside, dict):
            return read(person, at, inside)
    return Heard(person, at)


def seen_on_page(value: Raw, page: str, now: datetime) -> Heard:
    """Read a piece of news of the page's: somebody's comment or post is contact, too.

    Args:
        value: of the field ``feed``, as Meta sent it.
        page: the page's id.
        now: as for ``heard_from``.
    """
    person = uid(mapping(value.get("from")).get("id")) or uid(value.get("sender_id"))
    at = min(time_from(value.get("created_time")) or now, now)
    is_new = text(value.get("verb")) == "add" and text(value.get("item")) in WRITTEN
    if person is None or person == page or not is_new:
        return Heard(None, at)
    return Heard(person, at, act=text(value.get("item")) or "")


def _message(person: str, at: datetime, said: Raw) -> Heard:
    if said.get("is_echo") is True:
        return Heard(None, at)
    if said.get("is_deleted") is True:
        return Heard(person, at)
    return Heard(
        person,
        at,
        act="message",
        ref=text(mapping(said.get("referral")).get("ref")),
        typed=text(said.get("text")),
        payload=text(mapping(said.get("quick_reply")).get("payload")),
    )


def _postback(person: str, at: datetime, tapped: Raw) -> Heard:
    return Heard(
        person,
        at,
        act="postback",
        ref=text(mapping(tapped.get("referral")).get("ref")),
        payload=text(tapped.get("payload")),
    )


def _referral(person: str, at: datetime, came: Raw) -> Heard:
    is_advert = (text(came.get("source")) or "") in ADVERTISED
    return Heard(person, at, act="" if is_advert else "referral", ref=text(came.get("ref")))


def _optin(person: str, at: datetime, given: Raw) -> Heard:
    """Read a consent. It is no contact, also not where the old button on a site brings a ref."""
    kind = text(given.get("type"))
    if kind == ONE_TIME_OPTIN:
        token = text(given.get("one_time_notif_token"))
        kept = Token(token, text(given.get("payload"))) if token else None
        return Heard(person, at, token=kept)
    return Heard(person, at, ref=text(given.get("ref")) if kind is None else None)


def _reaction(person: str, at: datetime, shown: Raw) -> Heard:
    return Heard(person, at, act="reaction" if text(shown.get("action")) == "react" else "")


def _delivery(person: str, at: datetime, told: Raw) -> Heard:
    ids = words(told.get("mids"))
    return Heard(person, at, delivered=ids, delivered_through=time_from(told.get("watermark")))


def _read(person: str, at: datetime, told: Raw) -> Heard:
    return Heard(person, at, read_through=time_from(told.get("watermark")) or at)


_READ: Final = {
    "message": _message,
    "postback": _postback,
    "referral": _referral,
    "optin": _optin,
    "reaction": _reaction,
    "delivery": _delivery,
    "read": _read,
}


def _enforcement(event: Raw) -> Enforcement | None:
    for name in ENFORCEMENTS:
        told = mapping(event.get(name))
        if told:
            return Enforcement(text(told.get("action")) or "", text(told.get("reason")) or "")
    return None
