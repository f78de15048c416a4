"""Claims of posts: people who say that a post without an author is theirs."""

from typing import Annotated, Literal

from pydantic import Field

from tombola.campaigns.pages import campaign_of_address
from tombola.claiming import deciding, listing
from tombola.claiming.listing import Line
from tombola.claiming.rules import State
from tombola.installation import current
from tombola.rest.prizes import Changed
from tombola.rest.registry import Api
from tombola.rest.shapes import Moment, Shape
from tombola.teams import doors
from tombola.teams.rules import Scope

api = Api("rest_claims", __name__, tag="Claims of posts")
_HERE = "/campaigns/<campaign>/claims"


class ClaimsOfState(Shape):
    """Which claims."""

    state: Annotated[State, Field(description="Where they stand.")] = State.PENDING


class PostClaim(Shape):
    """Somebody says that a post is theirs."""

    id: str
    action: Annotated[str, Field(description="The title of the action that imports such posts.")]
    permalink: str
    username: Annotated[str | None, Field(description="Which account they say it is from.")]
    code: Annotated[str, Field(description="What they put beneath the post to show that it is.")]
    state: State
    note: Annotated[str, Field(description="What was found out.")]
    reason: str | None
    entrant: Annotated[str, Field(description="The id of the claimant.")]
    rivals: Annotated[int, Field(description="Other claims of the same post.")]
    created_at: Moment
    decided_at: Moment | None


class PostClaims(Shape):
    """The first claims of a state: open ones by their coming, decided ones the newest first."""

    items: list[PostClaim]


class PostClaimAct(Shape):
    """What to do with claims."""

    act: Literal["approve", "reject", "take_back"]
    claims: Annotated[
        list[Annotated[str, Field(max_length=100)]],
        Field(min_length=1, max_length=100, description="Their ids."),
    ]
    reason: Annotated[
        str, Field(max_length=300, description="To reject; the claimant reads it.")
    ] = ""


@api.get(_HERE, scope=Scope.ENTRIES_READ, query=ClaimsOfState, answer=PostClaims)
def list_claims(campaign: str, query: ClaimsOfState) -> PostClaims:
    """List the claims of posts that stand somewhere."""
    found = campaign_of_address(campaign)
    lines = listing.page(current(), doors.actor(), found.uid, [query.state])
    return PostClaims(items=[_told(one) for one in lines])


@api.post(f"{_HERE}/acts", scope=Scope.ENTRIES_WRITE, body=PostClaimAct, answer=Changed, status=200)
def act_on_claims(campaign: str, body: PostClaimAct) -> Changed:
    """Approve or reject claims, or take approvals back: posts and counts are as before then."""
    inst, actor, found = current(), doors.actor(), campaign_of_address(campaign)
    if body.act == "approve":
        return Changed(changed=deciding.approve(inst, actor, found.uid, body.claims))
    if body.act == "reject":
        return Changed(changed=deciding.reject(inst, actor, found.uid, body.claims, body.reason))
    for uid in body.claims:
        deciding.take_back(inst, actor, found.uid, uid)
    return Changed(changed=len(body.claims))


def _told(one: Line) -> PostClaim:
    return PostClaim(
        id=one.uid,
        action=one.action,
        permalink=one.permalink,
        username=one.handle,
        code=one.code,
        state=one.state,
        note=one.note,
        reason=one.reason,
        entrant=one.who.uid,
        rivals=len(one.rivals),
        created_at=one.created_at,
        decided_at=one.decided_at,
    )
