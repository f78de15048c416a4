"""People: the list, one with all that they are known by, merging, erasing, their file."""

from typing import Annotated

from flask import Response
from pydantic import Field

from tombola.api import Invalid
from tombola.api.text import render
from tombola.campaigns.pages import campaign_of_address
from tombola.entrants import codes, service
from tombola.entrants.service import EXTERNAL, VISITOR, Known
from tombola.installation import current
from tombola.people import contact, listing, merging
from tombola.people import service as people
from tombola.people.service import Part
from tombola.privacy import exporting
from tombola.privacy import service as privacy
from tombola.privacy.service import AskedBy
from tombola.rest.registry import Api
from tombola.rest.shapes import Listing, Moment, Paged, Shape
from tombola.teams import doors
from tombola.teams.rules import Role, Scope
from tombola.web import paging
from tombola.web.i18n import gettext as _

api = Api("rest_entrants", __name__, tag="Entrants")
_HERE = "/entrants/<entrant>"


class EntrantsWanted(Paged):
    """Which people."""

    campaign: Annotated[
        str, Field(max_length=100, description="Who has taken part in the campaign of this key.")
    ] = ""
    email: Annotated[str, Field(max_length=254, description="Known by this address.")] = ""
    external_id: Annotated[str, Field(max_length=200, description="Whom you call this.")] = ""
    search: Annotated[
        str,
        Field(
            max_length=100,
            description="Whose name, address or handle begins like this; at most 20, alone.",
        ),
    ] = ""


class Entrant(Shape):
    """Somebody, or a post that nobody has claimed."""

    id: str
    kind: Annotated[str, Field(description="person, or item for an unclaimed post.")]
    name: str | None
    email: Annotated[str | None, Field(description="As given; see email_confirmed of one.")]
    created_at: Moment


class Entrants(Listing):
    """A page of people, in the order of their coming."""

    items: list[Entrant]


class Identity(Shape):
    """What somebody is known by."""

    id: str
    kind: Annotated[str, Field(description="email, external, visitor, item, or a network's key.")]
    value: Annotated[str | None, Field(description="There; null for a browser.")]
    username: str | None
    name: str | None
    proven_at: Annotated[Moment | None, Field(description="When they have shown it is theirs.")]


class Participation(Shape):
    """What somebody has in a campaign."""

    campaign: Annotated[str, Field(description="Its key.")]
    title: str
    entries: Annotated[int, Field(description="All, whatever their state.")]
    valid: Annotated[int, Field(description="Those that count.")]
    worth: Annotated[int, Field(description="What those are worth.")]


class Link(Shape):
    """A move of an identity to or from somebody."""

    id: str
    identity: str
    other: Annotated[str, Field(description="The id of the entrant on the other side.")]
    why: Annotated[str, Field(description="log-in, claim, merge, …")]
    came: Annotated[bool, Field(description="It came to this person; else it went.")]
    at: Moment
    undone_at: Moment | None
    undoable: bool


class Person(Entrant):
    """Everything that the team sees of somebody."""

    email_confirmed: bool
    identities: list[Identity]
    campaigns: list[Participation]
    links: Annotated[list[Link], Field(description="The newest first, at most 100.")]


class Merge(Shape):
    """Whom to merge into somebody."""

    other: Annotated[
        str, Field(max_length=100, description="The id of the entrant who is the same person.")
    ]


class MergePreview(Shape):
    """What a merge would move."""

    identities: list[Identity]
    entries: Annotated[int, Field(description="Entries that would move.")]
    theirs: Annotated[list[Participation], Field(description="What the other one has.")]
    mine: Annotated[list[Participation], Field(description="What this one has.")]


class Erasure(Shape):
    """An erasure; it cannot be undone. Proofs of draws stay valid without the person."""

    id: str
    asked_at: Moment
    finished_at: Annotated[Moment | None, Field(description="Null while it is under way.")]


class Consequences(Shape):
    """What an erasure will leave without a name."""

    entries: int
    campaigns: int


class Contact(Shape):
    """How whoever made an entry is reached."""

    entrant: str
    network: str
    unclaimed: Annotated[bool, Field(description="Nobody is known: answer the post in public.")]
    email: str | None
    profile_url: str | None
    post_url: str | None
    note: Annotated[str | None, Field(description="What is possible there.")]
    draft: Annotated[str, Field(description="A message to begin with.")]


@api.get("/entrants", scope=Scope.ENTRANTS_READ, query=EntrantsWanted, answer=Entrants)
def list_entrants(query: EntrantsWanted) -> Entrants:
    """List the team's entrants in the order of their coming; unclaimed posts are entrants, too."""
    inst, actor = current(), doors.actor()
    if query.search:
        return _searched(query)
    if query.email and query.external_id:
        raise Invalid({"external_id": "Name somebody by email or by external_id, not by both."})
    kind, value = "", ""
    if query.email:
        kind, value = codes.EMAIL, codes.normal(query.email)
    elif query.external_id:
        kind, value = EXTERNAL, query.external_id
    after = paging.decode(query.after)
    found = listing.page(
        inst, actor, key=query.campaign, kind=kind, value=value,
        after=after[1] if after else 0, size=query.limit + 1,
    )  # fmt: skip
    shown = found[: query.limit]
    more = len(found) > len(shown)
    following = paging.encode(shown[-1].created_at, shown[-1].id) if more else None
    return Entrants(items=[Entrant(**_told(one)) for one in shown], next=following)


@api.get(_HERE, scope=Scope.ENTRANTS_READ, answer=Person)
def get_entrant(entrant: str) -> Person:
    """Read everything about one entrant."""
    return _person(people.person(current(), doors.actor(), entrant))


@api.post(
    f"{_HERE}/merge/preview",
    scope=Scope.ENTRANTS_READ,
    role=Role.EDITOR,
    body=Merge,
    answer=MergePreview,
    status=200,
    writes=False,
)
def preview_merge(entrant: str, body: Merge) -> MergePreview:
    """Say what a merge would move. Nothing is changed."""
    found = merging.preview(current(), doors.actor(), entrant, body.other)
    return MergePreview(
        identities=[_identity(one) for one in found.moving],
        entries=found.entries,
        theirs=[_part(one) for one in found.theirs],
        mine=[_part(one) for one in found.mine],
    )


@api.post(f"{_HERE}/merge", scope=Scope.ENTRANTS_WRITE, body=Merge, answer=Person, status=200)
def merge_entrants(entrant: str, body: Merge) -> Person:
    """Let everything that another entrant is and did count for this one. Each link has its undo."""
    merging.merge(current(), doors.actor(), entrant, body.other)
    return _person(people.person(current(), doors.actor(), entrant))


@api.post(f"{_HERE}/links/<link>/undo", scope=Scope.ENTRANTS_WRITE, answer=Person, status=200)
def undo_link(entrant: str, link: str) -> Person:
    """Take a link back: the identity and its entries go where they were."""
    people.undo(current(), doors.actor(), entrant, link)
    return _person(people.person(current(), doors.actor(), entrant))


@api.get(
    f"{_HERE}/export",
    scope=Scope.ENTRANTS_READ,
    role=Role.EDITOR,
    file=("application/zip",),
)
def export_entrant(entrant: str) -> Response:
    """Download all that is kept about somebody, to be given to them."""
    made = exporting.export(current(), doors.actor(), entrant)
    answer = Response(made.parts(), mimetype="application/zip")
    answer.headers["Content-Disposition"] = f'attachment; filename="{made.name}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


@api.get(f"{_HERE}/erasure/preview", scope=Scope.ENTRANTS_READ, answer=Consequences)
def preview_erasure(entrant: str) -> Consequences:
    """Say what an erasure would leave without a name."""
    found = privacy.consequences(current(), doors.actor(), entrant)
    return Consequences(**found.model_dump())


@api.post(f"{_HERE}/erasure", scope=Scope.ENTRANTS_WRITE, answer=Erasure, status=202)
def erase_entrant(entrant: str) -> Erasure:
    """Have somebody erased, for good, in the background. Asked again, it says how far it is."""
    made = privacy.erase(current(), doors.actor(), entrant, asked_by=AskedBy.PROGRAM)
    return Erasure(id=made.uid, asked_at=made.asked_at, finished_at=made.finished_at)


@api.get("/campaigns/<campaign>/entries/<entry>/contact", scope=Scope.ENTRANTS_READ, answer=Contact)
def get_contact(campaign: str, entry: str) -> Contact:
    """Say how the person behind an entry is reached."""
    found = contact.reach(current(), doors.actor(), campaign_of_address(campaign), entry)
    return Contact(
        entrant=found.entrant.uid,
        network=render(found.network, _),
        unclaimed=found.unclaimed,
        email=found.entrant.email,
        profile_url=found.card.profile_url,
        post_url=found.card.post_url,
        note=None if found.card.note is None else render(found.card.note, _),
        draft=found.draft,
    )


def _searched(query: EntrantsWanted) -> Entrants:
    inst, actor = current(), doors.actor()
    found = people.search(inst, actor, query.search)
    with inst.db.read() as conn:
        listed = [people.of_uid(conn, actor, one.uid) for one in found]
    return Entrants(items=[Entrant(**_told(one)) for one in listed], next=None)


def _told(found: service.Entrant) -> dict[str, object]:
    return {
        "id": found.uid,
        "kind": found.kind,
        "name": found.name,
        "email": found.email,
        "created_at": found.created_at,
    }


def _identity(known: Known) -> Identity:
    return Identity(
        id=known.uid,
        kind=known.kind,
        value=None if known.kind == VISITOR else known.value,
        username=known.handle,
        name=known.name,
        proven_at=known.proven_at,
    )


def _part(part: Part) -> Participation:
    return Participation(
        campaign=part.key,
        title=part.title,
        entries=part.entries,
        valid=part.valid,
        worth=part.worth,
    )


def _person(found: people.Person) -> Person:
    links = [
        Link(
            id=one.uid,
            identity=one.identity.uid,
            other=one.other_uid,
            why=one.why,
            came=one.came,
            at=one.at,
            undone_at=one.undone_at,
            undoable=one.undoable,
        )
        for one in found.links
    ]
    return Person(
        **_told(found.entrant),
        email_confirmed=found.proven_email,
        identities=[_identity(one) for one in found.identities],
        campaigns=[_part(one) for one in found.parts],
        links=links,
    )
