"""Pictures that imports have brought: the grid, and showing, hiding or removing them."""

from typing import Annotated

from pydantic import Field

from tombola.campaigns.pages import campaign_of_address
from tombola.importing import media_list, media_review
from tombola.importing.media_list import Filter, Position, Tile
from tombola.importing.media_review import Review, Rule, Verb
from tombola.installation import current
from tombola.rest.prizes import Changed
from tombola.rest.registry import Api
from tombola.rest.shapes import Listing, Moment, Paged, Shape
from tombola.teams import doors
from tombola.teams.rules import Scope
from tombola.web import paging

api = Api("rest_moderation", __name__, tag="Imported pictures")
_HERE = "/campaigns/<campaign>/imported-pictures"


class PicturesWanted(Paged):
    """Which pictures."""

    state: Annotated[
        str,
        Field(
            pattern="^(shown|hidden|removed|waiting|failed)?$",
            description="shown, hidden, removed, waiting or failed; empty: all that are kept.",
        ),
    ] = ""
    action: Annotated[str, Field(max_length=100, description="Of the action with this id.")] = ""
    source: Annotated[str, Field(max_length=100, description="Of the source with this id.")] = ""


class ImportedPicture(Shape):
    """A picture with its post."""

    id: str
    state: Annotated[str, Field(description="How far it was fetched.")]
    review: Review
    reason: str | None
    alt: str
    width: int | None
    height: int | None
    sorted_at: Moment
    who: str
    text: str
    permalink: str | None
    entry: Annotated[str | None, Field(description="The id of the entry of its post.")]


class ImportedPictures(Listing):
    """A page of pictures, those of the newest posts first."""

    items: list[ImportedPicture]


class PictureAct(Shape):
    """What to do with pictures."""

    act: Annotated[Verb, Field(description="show, hide, remove for good, or fetch again.")]
    pictures: Annotated[
        list[Annotated[str, Field(max_length=100)]],
        Field(min_length=1, max_length=media_review.MOST, description="Their ids."),
    ]


class PictureRule(Shape):
    """What a campaign wants of its pictures."""

    approve_first: Annotated[bool, Field(description="Others see only what was let through.")]
    takes_back: Annotated[
        bool, Field(description="The entry of a picture that is hidden or removed goes with it.")
    ]


@api.get(_HERE, scope=Scope.ENTRIES_READ, query=PicturesWanted, answer=ImportedPictures)
def list_imported_pictures(campaign: str, query: PicturesWanted) -> ImportedPictures:
    """List the pictures that a campaign's imports have brought."""
    found = campaign_of_address(campaign)
    wanted = Filter(state=query.state, action=query.action, source=query.source)
    after = paging.decode(query.after)
    place = Position(sort_at=after[0], id=after[1]) if after else None
    grid = media_list.page(current(), doors.actor(), found.uid, wanted, place, query.limit)
    following = paging.encode(grid.next.sort_at, grid.next.id) if grid.next else None
    return ImportedPictures(items=[_told(one) for one in grid.tiles], next=following)


@api.post(f"{_HERE}/acts", scope=Scope.ENTRIES_WRITE, body=PictureAct, answer=Changed, status=200)
def act_on_pictures(campaign: str, body: PictureAct) -> Changed:
    """Show, hide or remove pictures, or fetch them again; entries follow by the campaign's rule."""
    found = campaign_of_address(campaign)
    return Changed(
        changed=media_review.judge(current(), doors.actor(), found.uid, body.pictures, body.act)
    )


@api.get("/campaigns/<campaign>/picture-rule", scope=Scope.CAMPAIGNS_READ, answer=PictureRule)
def get_picture_rule(campaign: str) -> PictureRule:
    """Read what a campaign wants of its pictures."""
    found = campaign_of_address(campaign)
    with current().db.read() as conn:
        return PictureRule(**media_review.rule_of(conn, found.id).model_dump())


@api.route(
    "PUT",
    "/campaigns/<campaign>/picture-rule",
    scope=Scope.CAMPAIGNS_WRITE,
    body=PictureRule,
    answer=PictureRule,
)
def change_picture_rule(campaign: str, body: PictureRule) -> PictureRule:
    """Say what a campaign wants of its pictures; those that were judged stay as they are."""
    found = campaign_of_address(campaign)
    media_review.set_rule(current(), doors.actor(), found.uid, Rule(**body.model_dump()))
    return body


def _told(one: Tile) -> ImportedPicture:
    return ImportedPicture(
        id=one.uid,
        state=one.state,
        review=one.review,
        reason=one.reason,
        alt=one.alt,
        width=one.width,
        height=one.height,
        sorted_at=one.sort_at,
        who=one.who,
        text=one.text,
        permalink=one.permalink,
        entry=one.entry,
    )
