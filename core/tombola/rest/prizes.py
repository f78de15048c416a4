"""Prizes of a campaign, codes in stock, and what people have claimed of a reward."""

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from tombola.campaigns import prizes
from tombola.campaigns.pages import campaign_of_address
from tombola.campaigns.prizes import PrizeForm
from tombola.campaigns.service import Campaign
from tombola.installation import current
from tombola.rest import inputs
from tombola.rest.actions import Move
from tombola.rest.registry import Api
from tombola.rest.shapes import Listing, Moment, Paged, Shape, changed, partial
from tombola.rewards import codes, deciding, listing
from tombola.rewards.listing import Filter
from tombola.rewards.rules import State
from tombola.teams import doors
from tombola.teams.rules import Role, Scope
from tombola.web import paging

api = Api("rest_prizes", __name__, tag="Prizes and rewards")
_HERE = "/campaigns/<campaign>/prizes"
_CLAIMS = "/campaigns/<campaign>/rewards"
#: Codes of one request.
MOST_CODES = 5_000


class NewPrize(PrizeForm):
    """What a team says of a prize."""


class Prize(PrizeForm):
    """A prize. Of a competition `winners` counts; of a reward `stock`, `needs` and codes."""

    id: str
    claimed: Annotated[int, Field(description="Of a reward: how many are claimed.")]
    position: Annotated[int, Field(description="Its place, rising.")]


class Prizes(Shape):
    """A campaign's prizes in their order."""

    items: list[Prize]


class NewCodes(Shape):
    """Codes to hand out, each to one person."""

    codes: Annotated[
        list[Annotated[str, StringConstraints(min_length=1, max_length=200)]],
        Field(min_length=1, max_length=MOST_CODES),
    ]


class Codes(Shape):
    """What became of them."""

    added: Annotated[int, Field(description="Those that were not there before.")]
    repeated: Annotated[int, Field(description="Those that were there already.")]
    too_long: Annotated[int, Field(description="Those that are longer than a code may be.")]
    total: Annotated[int, Field(description="All of the prize.")]
    free: Annotated[int, Field(description="Those that nobody has.")]


class ClaimsWanted(Paged):
    """Which claims."""

    prize: Annotated[str, Field(max_length=100, description="Of the prize with this id.")] = ""
    state: Annotated[State | None, Field(description="In this state.")] = None


class RewardClaim(Shape):
    """Somebody's claim of a reward."""

    id: str
    prize: Annotated[str, Field(description="Its title.")]
    delivery: str
    entrant: Annotated[str, Field(description="The id of who has it.")]
    name: str | None
    email: str | None
    erased: Annotated[bool, Field(description="The person was erased since.")]
    state: State
    code: Annotated[str | None, Field(description="The code that they have, if there is one.")]
    claimed_at: Moment
    shown_at: Moment | None
    delivered_at: Moment | None
    undone_at: Moment | None
    reason: str | None
    doubtful: Annotated[bool, Field(description="Entries it stands on were taken back since.")]


class RewardClaims(Listing):
    """A page of claims, the newest first."""

    items: list[RewardClaim]


class ClaimAct(Shape):
    """What to do with claims."""

    act: Literal["deliver", "undeliver", "take_back", "give_back"]
    claims: Annotated[
        list[Annotated[str, Field(max_length=100)]],
        Field(min_length=1, max_length=500, description="Their ids."),
    ]
    reason: Annotated[str, Field(max_length=300, description="To take back; they read it.")] = ""


class Changed(Shape):
    """How many changed."""

    changed: int


PrizeChange = partial(NewPrize, "PrizeChange", "What is to be changed of a prize.")


@api.get(_HERE, scope=Scope.CAMPAIGNS_READ, answer=Prizes)
def list_prizes(campaign: str) -> Prizes:
    """List a campaign's prizes in their order."""
    return _all(campaign_of_address(campaign))


@api.post(_HERE, scope=Scope.CAMPAIGNS_WRITE, body=NewPrize, answer=Prize)
def add_prize(campaign: str, body: NewPrize) -> Prize:
    """Add a prize at the end."""
    found = campaign_of_address(campaign)
    form = inputs.read(PrizeForm, body.model_dump())
    return _told(prizes.add(current(), doors.actor(), found.uid, form))


@api.patch(f"{_HERE}/<prize>", scope=Scope.CAMPAIGNS_WRITE, body=PrizeChange, answer=Prize)
def change_prize(campaign: str, prize: str, body: Any) -> Prize:
    """Change a prize. What is claimed already stays claimed."""
    found = campaign_of_address(campaign)
    with current().db.read() as conn:
        before = prizes.one(conn, found.id, prize)
    names = PrizeForm.model_fields
    form = PrizeForm.model_construct(**{name: getattr(before, name) for name in names})
    asked = inputs.read(PrizeForm, changed(form, body))
    return _told(prizes.change(current(), doors.actor(), found.uid, prize, asked))


@api.post(
    f"{_HERE}/<prize>/move", scope=Scope.CAMPAIGNS_WRITE, body=Move, answer=Prizes, status=200
)
def move_prize(campaign: str, prize: str, body: Move) -> Prizes:
    """Move a prize one place up or down."""
    found = campaign_of_address(campaign)
    prizes.move(current(), doors.actor(), found.uid, prize, body.step)
    return _all(found)


@api.delete(f"{_HERE}/<prize>", scope=Scope.CAMPAIGNS_WRITE)
def remove_prize(campaign: str, prize: str) -> None:
    """Take a prize out of its campaign. Who has it keeps it."""
    prizes.remove(current(), doors.actor(), campaign_of_address(campaign).uid, prize)


@api.post(
    f"{_HERE}/<prize>/codes", scope=Scope.CAMPAIGNS_WRITE, body=NewCodes, answer=Codes, status=200
)
def add_codes(campaign: str, prize: str, body: NewCodes) -> Codes:
    """Put codes in stock, in their order. One that is there already is not added again."""
    inst, actor = current(), doors.actor()
    found = campaign_of_address(campaign)
    kept = codes.take(inst, actor, found.uid, prize, body.codes)
    with inst.db.read() as conn:
        of = prizes.one(conn, found.id, prize)
        stock = codes.counts(conn, [of.id]).get(of.id, codes.NONE)
    return Codes(
        added=kept.new,
        repeated=kept.repeated,
        too_long=kept.too_long,
        total=stock.codes,
        free=stock.free,
    )


@api.delete(f"{_HERE}/<prize>/codes", scope=Scope.CAMPAIGNS_WRITE)
def remove_codes(campaign: str, prize: str) -> None:
    """Forget the codes that nobody has."""
    codes.clear(current(), doors.actor(), campaign_of_address(campaign).uid, prize)


@api.get(
    _CLAIMS, scope=Scope.ENTRANTS_READ, role=Role.EDITOR, query=ClaimsWanted, answer=RewardClaims
)
def list_rewards(campaign: str, query: ClaimsWanted) -> RewardClaims:
    """List who has claimed a reward, the newest first."""
    after = paging.decode(query.after)
    wanted = Filter(prize=query.prize, state=query.state)
    found = campaign_of_address(campaign)
    lines = listing.page(
        current(), doors.actor(), found.uid, wanted, after[1] if after else None, query.limit + 1
    )
    shown = lines[: query.limit]
    more = len(lines) > len(shown)
    following = paging.encode(shown[-1].claimed_at, shown[-1].id) if more else None
    names = RewardClaim.model_fields
    items = [
        RewardClaim(id=one.uid, **one.model_dump(include=set(names) - {"id"})) for one in shown
    ]
    return RewardClaims(items=items, next=following)


@api.post(f"{_CLAIMS}/acts", scope=Scope.ENTRANTS_WRITE, body=ClaimAct, answer=Changed, status=200)
def act_on_rewards(campaign: str, body: ClaimAct) -> Changed:
    """Note claims as delivered or not, take rewards back, or give them again.

    Of several to take back or to give, those before a refusal stay done.
    """
    inst, actor, found = current(), doors.actor(), campaign_of_address(campaign)
    if body.act == "deliver":
        return Changed(changed=deciding.deliver(inst, actor, found.uid, body.claims))
    if body.act == "undeliver":
        return Changed(changed=deciding.undeliver(inst, actor, found.uid, body.claims))
    for uid in body.claims:
        if body.act == "take_back":
            deciding.take_back(inst, actor, found.uid, uid, body.reason)
        else:
            deciding.give_back(inst, actor, found.uid, uid)
    return Changed(changed=len(body.claims))


def _all(found: Campaign) -> Prizes:
    listed = prizes.listing(current(), doors.actor(), found.uid)
    return Prizes.model_construct(items=[_told(one) for one in listed])


def _told(found: prizes.Prize) -> Prize:
    return Prize.model_construct(
        id=found.uid,
        claimed=found.claimed,
        position=found.position,
        **{name: getattr(found, name) for name in PrizeForm.model_fields},
    )
