"""The ledger of a campaign: its entries, one with its history, and giving new ones."""

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from tombola.api import Proof
from tombola.campaigns.pages import campaign_of_address
from tombola.entries import listing
from tombola.entries.filters import Filter
from tombola.entries.listing import Line, Position
from tombola.entries.record import Status
from tombola.entries.rules import State
from tombola.installation import current
from tombola.rest.registry import Api
from tombola.rest.shapes import At, Listing, Moment, Paged, Shape
from tombola.teams import doors
from tombola.teams.rules import Scope
from tombola.web import paging
from tombola.widget import giving
from tombola.widget.giving import Became, Gift

api = Api("rest_entries", __name__, tag="Entries")

#: Entries of one request, and its size. Ours: some seconds of work on a small machine.
MOST_GIVEN = 5_000
LARGEST_GIFT = 8 * 1024 * 1024
MOST_DETAILS = 20

Word = Annotated[str, Field(max_length=100)]


def _few(details: dict[str, str]) -> dict[str, str]:
    if len(details) > MOST_DETAILS:
        raise ValueError(f"An entry has at most {MOST_DETAILS} details.")
    return details


class Chosen(Shape):
    """Which entries are meant; without a word all of the campaign."""

    action: Annotated[Word, Field(description="Of the action with this id.")] = ""
    state: Annotated[State | None, Field(description="In this state.")] = None
    cause: Annotated[
        Word, Field(description="Brought by: import, event, submit, verify, api, and others.")
    ] = ""
    proof: Annotated[Proof | None, Field(description="Reported with this degree of proof.")] = None
    source: Annotated[Word, Field(description="Brought by the source with this id.")] = ""
    person: Annotated[
        Word, Field(description="Of people whose name, handle or address begins like this.")
    ] = ""
    entrant: Annotated[Word, Field(description="Of the entrant with this id.")] = ""
    alike: Annotated[Word, Field(description="That tell the same as the entry with this id.")] = ""
    since: Annotated[At | None, Field(description="Whose own time is this or later.")] = None
    until: Annotated[At | None, Field(description="Whose own time is before this.")] = None


class ChosenPage(Chosen, Paged):
    """Which entries, and which part of their list."""


class Entry(Shape):
    """One entry."""

    id: str
    entrant: Annotated[str, Field(description="The id of the person it counts for.")]
    name: Annotated[str, Field(description="What they are called, as far as it is known.")]
    network: Annotated[
        str, Field(description="What they are known by: email, external, a network's key, …")
    ]
    username: str | None
    claimed: Annotated[bool, Field(description="False: a post whose author nobody knows.")]
    action: Annotated[str, Field(description="The title of its action.")]
    type_key: Annotated[str, Field(description="The key of the action's type.")]
    state: Annotated[
        State,
        Field(
            description="valid counts; outside the dates, spent, refused, revoked, archived do not."
        ),
    ]
    worth: Annotated[int, Field(description="How many entries it counts for while valid.")]
    reason: Annotated[str | None, Field(description="Why it was revoked, archived or refused.")]
    cause: Annotated[str, Field(description="What has brought it.")]
    proof: Annotated[Proof | None, Field(description="How far a report can be believed.")]
    occurred_at: Annotated[Moment | None, Field(description="Its own time; null: unknown.")]
    sorted_at: Annotated[Moment, Field(description="By which it is sorted and judged.")]
    recorded_at: Annotated[Moment, Field(description="When it came here.")]
    details: dict[str, str]
    text: Annotated[str, Field(description="The words of the post behind it.")]
    permalink: str | None


class Entries(Listing):
    """A page of entries, newest own time first."""

    items: list[Entry]


class Step(Shape):
    """One line of an entry's history."""

    at: Moment
    what: Annotated[str, Field(description="record, revoke, archive, restore, dates, link, …")]
    from_state: str | None
    to_state: str
    reason: str | None


class EntryWithHistory(Entry):
    """One entry, and what happened to it, oldest first."""

    history: list[Step]


class Totals(Shape):
    """What a campaign holds; it costs the same for ten entries and for ten million."""

    entries: Annotated[int, Field(description="Entries that count.")]
    worth: Annotated[int, Field(description="What they are worth together.")]
    entrants: Annotated[int, Field(description="People who have at least one of them.")]
    by_state: Annotated[dict[str, int], Field(description="All entries by state.")]


class GivenEntry(Shape):
    """One entry to record, for somebody named by `email` or by `external_id`."""

    key: Annotated[
        str,
        StringConstraints(pattern=r"^[!-~]{1,100}$"),
        Field(
            description="Yours: the same key again in the same action is the same entry. It is "
            "kept with the entry, so take an order's number rather than a name."
        ),
    ]
    email: Annotated[
        str | None,
        Field(
            max_length=254,
            description="Their address. You vouch for it; it is theirs for good once they confirm "
            "it by a code.",
        ),
    ] = None
    external_id: Annotated[
        str | None,
        StringConstraints(min_length=1, max_length=200),
        Field(description="What you call them: a customer's number."),
    ] = None
    name: Annotated[str | None, StringConstraints(min_length=1, max_length=100)] = None
    occurred_at: Annotated[
        At | None,
        Field(description="Its own time, by which it is judged and sorted; now, if you say none."),
    ] = None
    worth: Annotated[
        int | None, Field(ge=0, le=1_000_000, description="Instead of the action's worth.")
    ] = None
    details: Annotated[
        dict[
            Annotated[str, StringConstraints(min_length=1, max_length=100)],
            Annotated[str, StringConstraints(max_length=1_000)],
        ],
        AfterValidator(_few),
        Field(default_factory=dict, description="Words for the Details column, by name."),
    ]


class GivenEntries(Shape):
    """Entries of one action."""

    action: Annotated[Word, Field(description="The action's id; its entries come from no network.")]
    entries: Annotated[list[GivenEntry], Field(min_length=1, max_length=MOST_GIVEN)]


class Given(Shape):
    """What became of one entry."""

    key: str
    result: Annotated[
        Status,
        Field(
            description="new: recorded, counts. known: recorded before. spent, outside, refused: "
            "recorded, does not count."
        ),
    ]
    state: Annotated[State, Field(description="What it is worth today.")]
    id: Annotated[str, Field(description="The entry.")]
    entrant: Annotated[str, Field(description="The person it counts for.")]


class GivenResults(Shape):
    """What became of each, in their order."""

    entries: list[Given]


@api.get(
    "/campaigns/<campaign>/entries", scope=Scope.ENTRIES_READ, query=ChosenPage, answer=Entries
)
def list_entries(campaign: str, query: ChosenPage) -> Entries:
    """List a campaign's entries, newest own time first.

    A later page costs what the first one does, whatever the campaign's size.
    """
    after = paging.decode(query.after)
    place = Position(sort_at=after[0], id=after[1]) if after else None
    found = campaign_of_address(campaign)
    page = listing.page(current(), doors.actor(), found.uid, filter_of(query), place, query.limit)
    following = paging.encode(page.next.sort_at, page.next.id) if page.next else None
    return Entries(items=[Entry(**_told(line)) for line in page.lines], next=following)


@api.get("/campaigns/<campaign>/totals", scope=Scope.ENTRIES_READ, answer=Totals)
def get_totals(campaign: str) -> Totals:
    """Count a campaign's entries."""
    found = listing.totals(current(), doors.actor(), campaign_of_address(campaign).uid)
    return Totals(**found.model_dump())


@api.get("/campaigns/<campaign>/entries/<entry>", scope=Scope.ENTRIES_READ, answer=EntryWithHistory)
def get_entry(campaign: str, entry: str) -> EntryWithHistory:
    """Read one entry with its history."""
    found = campaign_of_address(campaign)
    line, steps = listing.one(current(), doors.actor(), found.uid, entry)
    history = [
        Step(
            at=step.at,
            what=step.kind,
            from_state=step.from_state,
            to_state=step.to_state,
            reason=step.reason,
        )
        for step in steps
    ]
    return EntryWithHistory(**_told(line), history=history)


@api.post(
    "/campaigns/<campaign>/entries",
    scope=Scope.ENTRIES_WRITE,
    body=GivenEntries,
    answer=GivenResults,
    status=200,
    writes=False,
    largest_bytes=LARGEST_GIFT,
)
def give_entries(campaign: str, body: GivenEntries) -> GivenResults:
    """Give entries to people whom you name, up to 5,000 at a time.

    They are judged like all others: by dates, interval, plan and gates. Each entry's `key` makes
    this idempotent: a request that was cut off is sent again as it was, and what was recorded
    already is `known`. The actions of imports take none, since their entries come from a network.
    """
    found = campaign_of_address(campaign)
    gifts = [
        Gift(
            key=each.key,
            email=each.email,
            external_id=each.external_id,
            name=each.name,
            at=each.occurred_at,
            worth=each.worth,
            details=each.details,
        )
        for each in body.entries
    ]
    became = giving.give(current(), doors.actor(), found.uid, body.action, gifts)
    return GivenResults.model_construct(entries=[_became(each) for each in became])


def filter_of(wanted: Chosen) -> Filter:
    """The list's own filter."""
    said = wanted.model_dump(include=set(Chosen.model_fields) - {"entrant", "alike"})
    return Filter(**said, who=wanted.entrant, same=wanted.alike)


def _became(each: Became) -> Given:
    # A batch has thousands, and all is ours: no second check.
    return Given.model_construct(
        key=each.key,
        result=each.outcome.status,
        state=each.outcome.state,
        id=each.entry_uid,
        entrant=each.entrant_uid,
    )


def _told(line: Line) -> dict[str, object]:
    return {
        "id": line.uid,
        "entrant": line.person,
        "name": line.who,
        "network": line.network,
        "username": line.handle,
        "claimed": line.claimed,
        "action": line.action,
        "type_key": line.action_type,
        "state": line.state,
        "worth": line.worth,
        "reason": line.reason,
        "cause": line.cause,
        "proof": line.proof,
        "occurred_at": line.occurred_at,
        "sorted_at": line.sort_at,
        "recorded_at": line.recorded_at,
        "details": line.details,
        "text": line.text,
        "permalink": line.permalink,
    }
