"""Campaigns: the list, one, make, change, remove."""

import re
from typing import Annotated, Any

from flask import request
from pydantic import Field

from tombola.api import Invalid
from tombola.campaigns import service
from tombola.campaigns.pages import campaign_of_address
from tombola.campaigns.rules import CampaignForm, Kind, Phase, Prose, Title, Zone
from tombola.entries import editing
from tombola.entries.totals import counts
from tombola.installation import current
from tombola.privacy import deleting
from tombola.rest import inputs
from tombola.rest.registry import Api, Said
from tombola.rest.shapes import Listing, Local, Moment, Paged, Shape, changed, partial
from tombola.teams import doors
from tombola.teams.rules import Role, Scope

api = Api("rest_campaigns", __name__, tag="Campaigns")
_AT = "A moment with its offset; without one it is on the clock of the campaign's zone."


class NewCampaign(CampaignForm):
    """What a team says of a campaign."""

    title: Annotated[Title, Field(description="What people see first.")]
    kind: Annotated[
        Kind, Field(description="competition: winners are drawn; reward: who does enough gets it.")
    ] = Kind.COMPETITION
    description: Annotated[Prose, Field(description="What can be won, and what is to be done.")] = (
        ""
    )
    zone: Annotated[
        Zone, Field(description="An IANA time zone: its midnights are the campaign's.")
    ] = "UTC"
    starts_at: Annotated[Local, Field(description=f"First moment that counts. {_AT}")]
    ends_at: Annotated[Local, Field(description=f"First moment that counts no more. {_AT}")]
    count_history: Annotated[bool, Field(description="Count posts from before the start.")] = False
    confirm_email: Annotated[
        bool, Field(description="Ask for a code by mail before an entrant's acts count.")
    ] = False


class Campaign(NewCampaign):
    """A campaign."""

    id: Annotated[str, Field(description="Stays as long as the campaign.")]
    key: Annotated[str, Field(description="Five letters and digits: its name in addresses.")]
    phase: Annotated[Phase, Field(description="Where it stands in its dates at this moment.")]
    version: Annotated[int, Field(description="Counts its changes; the ETag is this number.")]
    starts_at: Moment
    ends_at: Moment
    created_at: Moment
    url: Annotated[str, Field(description="Its landing page.")]
    entries: Annotated[int, Field(description="Entries that count.")]
    entrants: Annotated[int, Field(description="People who have at least one of them.")]


class Campaigns(Listing):
    """The team's campaigns, the newest first."""

    items: list[Campaign]


class Effects(Shape):
    """What a change of dates would do to the entries that are there."""

    come_in: Annotated[int, Field(description="Entries outside the dates now that would count.")]
    drop_out: Annotated[int, Field(description="Entries that count now and would not.")]


CampaignChange = partial(
    NewCampaign, "CampaignChange", "What is to be changed of a campaign; the rest stays."
)


@api.get("/campaigns", scope=Scope.CAMPAIGNS_READ, query=Paged, answer=Campaigns)
def list_campaigns(query: Paged) -> Campaigns:
    """List the team's campaigns, the newest first."""
    found = service.of(current(), doors.actor())
    uids = [one.uid for one in found]
    if query.after is not None and query.after not in uids:
        raise Invalid({"after": "This is not the next of one of our lists."})
    begin = uids.index(query.after) + 1 if query.after else 0
    shown = found[begin : begin + query.limit]
    more = begin + len(shown) < len(found)
    return Campaigns(items=documents(shown), next=shown[-1].uid if more else None)


@api.post(
    "/campaigns", scope=Scope.CAMPAIGNS_WRITE, body=NewCampaign, answer=Campaign, versioned=True
)
def create_campaign(body: NewCampaign) -> Said:
    """Make a campaign."""
    made = service.create(current(), doors.actor(), form_of(body.model_dump()))
    return shown(made, Location=f"/api/v1/campaigns/{made.key}")


@api.get("/campaigns/<campaign>", scope=Scope.CAMPAIGNS_READ, answer=Campaign, versioned=True)
def get_campaign(campaign: str) -> Said:
    """Read one campaign."""
    return shown(campaign_of_address(campaign))


@api.patch(
    "/campaigns/<campaign>",
    scope=Scope.CAMPAIGNS_WRITE,
    body=CampaignChange,
    answer=Campaign,
    versioned=True,
)
def change_campaign(campaign: str, body: Any) -> Said:
    """Change a campaign.

    Its entries are decided anew by new dates, zone and history in the same act; “effects” tells
    beforehand how many. With If-Match nothing is changed that somebody else has changed since.
    """
    before = campaign_of_address(campaign)
    form = form_of(changed(_form(before), body))
    after = editing.update_campaign(
        current(), doors.actor(), before.uid, form, version=_expected(before)
    )
    return shown(after)


@api.post(
    "/campaigns/<campaign>/effects",
    scope=Scope.CAMPAIGNS_READ,
    body=CampaignChange,
    answer=Effects,
    status=200,
    writes=False,
)
def preview_change(campaign: str, body: Any) -> Effects:
    """Count what a change would do to the entries that are there. Nothing is changed."""
    before = campaign_of_address(campaign)
    form = form_of(changed(_form(before), body))
    found = editing.effects(current(), doors.actor(), before.uid, form)
    return Effects(come_in=found.come_in, drop_out=found.drop_out)


@api.delete("/campaigns/<campaign>", scope=Scope.CAMPAIGNS_WRITE, role=Role.OWNER)
def remove_campaign(campaign: str) -> None:
    """Take a campaign off the pages; after a week all of it is deleted but its draws' proofs."""
    deleting.delete_campaign(current(), doors.actor(), campaign_of_address(campaign).uid)


def form_of(values: dict[str, Any]) -> CampaignForm:
    """What the service takes. Raises Invalid."""
    return inputs.read(CampaignForm, values)


def _form(found: service.Campaign) -> CampaignForm:
    """A campaign as it was said; what is stored has been judged when it was."""
    names = CampaignForm.model_fields
    return CampaignForm.model_construct(**{name: getattr(found, name) for name in names})


def _expected(before: service.Campaign) -> int:
    """The version that a change is bound to: the one that If-Match names, or the one just read."""
    named = request.headers.get("If-Match")
    if named is None:
        return before.version
    if not re.fullmatch(r'"[0-9]{1,9}"', named, re.ASCII):
        raise Invalid({"If-Match": "Send the ETag as you have read it, with its quotation marks."})
    return int(named.strip('"'))


def shown(found: service.Campaign, **headers: str) -> Said:
    """A campaign with its ETag."""
    (document,) = documents([found])
    return Said(document, {"ETag": f'"{found.version}"', **headers})


def documents(found: list[service.Campaign]) -> list[Campaign]:
    """Campaigns with what counts in them."""
    inst = current()
    with inst.db.read() as conn:
        counted = counts(conn, [one.id for one in found])
    return [
        Campaign.model_construct(
            id=one.uid,
            key=one.key,
            phase=one.phase(inst.clock()),
            version=one.version,
            created_at=one.created_at,
            url=f"{inst.settings.address}/{one.key}",
            entries=counted[one.id][0],
            entrants=counted[one.id][1],
            **{name: getattr(one, name) for name in CampaignForm.model_fields},
        )
        for one in found
    ]
