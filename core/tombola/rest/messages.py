"""Messages of a campaign: who can be told what today, broadcasts, and what became of each."""

from typing import Annotated, Any

from pydantic import Field

from tombola.api import Purpose, Text
from tombola.api.text import render
from tombola.campaigns.pages import campaign_of_address
from tombola.installation import current
from tombola.messages import audience, broadcasting, listing
from tombola.messages import rules as messaging
from tombola.messages.broadcasting import BroadcastForm
from tombola.messages.listing import Line
from tombola.messages.rules import State
from tombola.rest import inputs
from tombola.rest.registry import Api
from tombola.rest.shapes import Listing, Moment, Shape
from tombola.teams import doors
from tombola.teams.rules import Scope
from tombola.web import paging
from tombola.web.i18n import gettext as _

api = Api("rest_messages", __name__, tag="Messages")
_HERE = "/campaigns/<campaign>/broadcasts"


class MessagesWanted(Shape):
    """Which messages."""

    state: Annotated[State | None, Field(description="Where they stand.")] = None
    after: Annotated[
        str | None, Field(max_length=500, description="The `next` of the page before.")
    ] = None


class SentMessage(Shape):
    """A message to one person."""

    id: str
    channel: Annotated[str, Field(description="The key of the way it goes.")]
    purpose: Purpose
    state: Annotated[State, Field(description="unknown: it may have gone, and is not sent again.")]
    text: str
    reason: Annotated[str | None, Field(description="Why it waits, or was not sent.")]
    alternative: Annotated[str | None, Field(description="What is possible instead.")]
    due_at: Moment
    at: Annotated[Moment, Field(description="When it came to stand where it stands.")]
    entrant: str
    name: str | None


class SentMessages(Listing):
    """A page of messages, the newest first."""

    items: list[SentMessage]


class WhatFor(Shape):
    """Why something would be sent."""

    purpose: Purpose


class Hindered(Shape):
    """People who do not get it today, and why."""

    people: int
    reason: str
    alternative: str | None
    until: Annotated[Moment | None, Field(description="When that changes by itself.")]


class Reach(Shape):
    """Who would get a message today. Nothing is sent."""

    can: Annotated[int, Field(description="Those who get it today.")]
    cannot: list[Hindered]
    had: Annotated[int, Field(description="Those who have had it, or may have.")]
    more: Annotated[int, Field(description="Those who were not looked at.")]


class NewBroadcast(BroadcastForm):
    """What is said to many. Texts take {first_name}, {campaign} and {entries}."""


class Broadcast(Shape):
    """A broadcast and what became of its messages."""

    id: str
    purpose: Purpose
    text: str
    created_at: Moment
    given_out_at: Annotated[Moment | None, Field(description="Null while it is given out.")]
    stopped_at: Moment | None
    counts: Annotated[dict[str, int], Field(description="Its messages by state.")]


class Broadcasts(Shape):
    """A campaign's broadcasts, the newest first, at most 20."""

    items: list[Broadcast]


class Stopped(Shape):
    """How many messages were taken back before anybody began to send them."""

    taken_back: int


@api.get(
    "/campaigns/<campaign>/messages",
    scope=Scope.ENTRANTS_READ,
    query=MessagesWanted,
    answer=SentMessages,
)
def list_messages(campaign: str, query: MessagesWanted) -> SentMessages:
    """List a campaign's messages, the newest first."""
    found = campaign_of_address(campaign)
    after = paging.decode(query.after)
    states = (query.state,) if query.state else ()
    with current().db.read() as conn:
        lines = listing.page(conn, found.id, states, after[1] if after else None)
    shown = lines[: listing.PAGE]
    more = len(lines) > len(shown)
    following = paging.encode(shown[-1].at, shown[-1].id) if more else None
    return SentMessages(items=[_message(one) for one in shown], next=following)


@api.post(
    f"{_HERE}/preview",
    scope=Scope.ENTRANTS_READ,
    body=WhatFor,
    answer=Reach,
    status=200,
    writes=False,
)
def preview_broadcast(campaign: str, body: WhatFor) -> Reach:
    """Count who can get a message today, and who cannot and why. Nothing is sent."""
    found = campaign_of_address(campaign)
    seen = audience.preview(current(), doors.actor(), found.uid, body.purpose)
    cannot = [_hindered(one) for one in seen.reasons.values()]
    return Reach(can=seen.can, cannot=cannot, had=seen.had, more=seen.more)


@api.get(_HERE, scope=Scope.ENTRANTS_READ, answer=Broadcasts)
def list_broadcasts(campaign: str) -> Broadcasts:
    """List a campaign's broadcasts."""
    found = campaign_of_address(campaign)
    with current().db.read() as conn:
        listed = broadcasting.listing(conn, found.id)
    return Broadcasts(items=[_broadcast(one) for one in listed])


@api.post(_HERE, scope=Scope.ENTRANTS_WRITE, body=NewBroadcast, answer=Broadcast, status=202)
def begin_broadcast(campaign: str, body: NewBroadcast) -> Broadcast:
    """Begin to send a message to everybody whom the rules permit; whoever cannot get it waits.

    Each person gets one message of a purpose for a campaign. What has gone cannot be taken back.
    """
    found = campaign_of_address(campaign)
    form = inputs.read(BroadcastForm, body.model_dump())
    return _broadcast(broadcasting.begin(current(), doors.actor(), found.uid, form))


@api.post(f"{_HERE}/<broadcast>/stop", scope=Scope.ENTRANTS_WRITE, answer=Stopped, status=200)
def stop_broadcast(campaign: str, broadcast: str) -> Stopped:
    """Give nothing more out, and take back what nobody has begun to send."""
    found = campaign_of_address(campaign)
    return Stopped(taken_back=broadcasting.stop(current(), doors.actor(), found.uid, broadcast))


def _message(one: Line) -> SentMessage:
    return SentMessage(
        id=one.uid,
        channel=one.channel,
        purpose=one.purpose,
        state=one.state,
        text=one.text,
        reason=_words(one.reason),
        alternative=_words(one.alternative),
        due_at=one.due_at,
        at=one.at,
        entrant=one.entrant_uid,
        name=one.name,
    )


def _hindered(one: messaging.Hindered) -> Hindered:
    return Hindered(
        people=one.people,
        reason=render(one.reason.says, _),
        alternative=_words(one.reason.alternative),
        until=one.until,
    )


def _broadcast(one: broadcasting.Broadcast) -> Broadcast:
    values: dict[str, Any] = one.model_dump(
        include={"purpose", "text", "created_at", "given_out_at", "stopped_at"}
    )
    counts = {state.value: n for state, n in one.counts.items()}
    return Broadcast(id=one.uid, counts=counts, **values)


def _words(said: Text | None) -> str | None:
    return None if said is None else render(said, _)
