"""Beginning campaigns from others and from templates; starting and ending them now."""

from typing import Annotated

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from tombola.api import Conflict
from tombola.campaigns import service, starters
from tombola.campaigns.copying import Built
from tombola.campaigns.pages import campaign_of_address
from tombola.campaigns.rules import Phase, Title, Zone
from tombola.entries import editing
from tombola.importing import copying
from tombola.importing.copying import CopyForm
from tombola.installation import current
from tombola.rest import inputs
from tombola.rest.campaigns import Campaign, documents, shown
from tombola.rest.registry import Api, Said
from tombola.rest.shapes import At, Moment, Shape
from tombola.teams import doors
from tombola.teams.rules import Scope

api = Api("rest_beginning", __name__, tag="Beginning and ending campaigns")


class Copy(Shape):
    """A campaign that is begun from another."""

    title: Annotated[Title, Field(description="What people see first.")]
    starts_at: Annotated[At, Field(description="It runs as long as the one it is made from.")]


class NewTemplate(Shape):
    """A campaign is kept as a template."""

    title: Annotated[str, Field(min_length=1, max_length=120)]


class FromTemplate(Copy):
    """A campaign from a template: one of the team's own, or a ready one."""

    template: Annotated[
        str | None, Field(max_length=100, description="The id of one of the team's own.")
    ] = None
    ready: Annotated[str | None, Field(max_length=100, description="The key of a ready one.")] = (
        None
    )
    zone: Annotated[Zone, Field(description="Of a ready one; the team's own have theirs.")] = "UTC"

    @model_validator(mode="after")
    def _one(self) -> "FromTemplate":
        if (self.template is None) == (self.ready is None):
            said = "Say which: give template or ready, one of them."
            raise PydanticCustomError("which", said, {"field": "template"})
        return self


class Template(Shape):
    """A template of the team's own."""

    id: str
    title: str
    created_at: Moment


class Ready(Shape):
    """A ready template."""

    key: str
    title: str
    about: str


class Templates(Shape):
    """The team's own templates, the newest first, and the ready ones."""

    own: list[Template]
    ready: list[Ready]


class Begun(Shape):
    """A campaign that was begun, and what could not be taken over. Its sources rest."""

    campaign: Campaign
    left_out: Annotated[dict[str, str], Field(description="Actions that were not, and why.")]
    lists: Annotated[
        list[str], Field(description="Actions whose lists of lines have to be given again.")
    ]


class Until(Shape):
    """Another end."""

    ends_at: At


@api.post("/campaigns/<campaign>/duplicate", scope=Scope.CAMPAIGNS_WRITE, body=Copy, answer=Begun)
def duplicate_campaign(campaign: str, body: Copy) -> Begun:
    """Make a campaign like another: actions, prizes, words and pictures, without its entries."""
    found = campaign_of_address(campaign)
    built = copying.duplicate(current(), doors.actor(), found.uid, _form(body))
    return _begun(built, [])


@api.get("/templates", scope=Scope.CAMPAIGNS_READ, answer=Templates)
def list_templates() -> Templates:
    """List what campaigns can be begun from."""
    own = copying.templates(current(), doors.actor())
    return Templates(
        own=[Template(id=one.uid, title=one.title, created_at=one.created_at) for one in own],
        ready=[Ready(key=one.key, title=one.title, about=one.about) for one in starters.STARTERS],
    )


@api.post(
    "/campaigns/<campaign>/template",
    scope=Scope.CAMPAIGNS_WRITE,
    body=NewTemplate,
    answer=Template,
)
def save_template(campaign: str, body: NewTemplate) -> Template:
    """Keep a campaign as a template, as it is now."""
    found = campaign_of_address(campaign)
    made = copying.save_template(current(), doors.actor(), found.uid, body.title)
    return Template(id=made.uid, title=made.title, created_at=made.created_at)


@api.post("/templates/begin", scope=Scope.CAMPAIGNS_WRITE, body=FromTemplate, answer=Begun)
def begin_from_template(body: FromTemplate) -> Begun:
    """Begin a campaign from a template."""
    inst, actor, form = current(), doors.actor(), _form(body)
    if body.template is not None:
        return _begun(copying.from_template(inst, actor, body.template, form), [])
    built, left = copying.from_starter(inst, actor, str(body.ready), form, body.zone)
    return _begun(built, left)


@api.delete("/templates/<template>", scope=Scope.CAMPAIGNS_WRITE)
def remove_template(template: str) -> None:
    """Take a template of the team's own away. What was begun from it stays."""
    copying.remove_template(current(), doors.actor(), template)


@api.post(
    "/campaigns/<campaign>/start",
    scope=Scope.CAMPAIGNS_WRITE,
    answer=Campaign,
    status=200,
    versioned=True,
)
def start_campaign(campaign: str) -> Said:
    """Let a scheduled campaign start now."""
    found = _in_phase(campaign, Phase.SCHEDULED, "It has started already.")
    return _with(found, starts_at=current().clock())


@api.post(
    "/campaigns/<campaign>/end",
    scope=Scope.CAMPAIGNS_WRITE,
    answer=Campaign,
    status=200,
    versioned=True,
)
def end_campaign(campaign: str) -> Said:
    """Let a running campaign end now."""
    found = _in_phase(campaign, Phase.RUNNING, "It does not run.")
    return _with(found, ends_at=current().clock())


@api.post(
    "/campaigns/<campaign>/extend",
    scope=Scope.CAMPAIGNS_WRITE,
    body=Until,
    answer=Campaign,
    status=200,
    versioned=True,
)
def extend_campaign(campaign: str, body: Until) -> Said:
    """Move a campaign's end; an ended one runs again."""
    return _with(campaign_of_address(campaign), ends_at=body.ends_at)


@api.post(
    "/campaigns/<campaign>/undo-dates",
    scope=Scope.CAMPAIGNS_WRITE,
    answer=Campaign,
    status=200,
    versioned=True,
)
def undo_dates(campaign: str) -> Said:
    """Give a campaign the dates back that it had before they were changed last."""
    inst, actor = current(), doors.actor()
    found = campaign_of_address(campaign)
    form = editing.last_dates(inst, actor, found.uid)
    if form is None:
        raise Conflict("The dates were never changed.")
    return shown(editing.update_campaign(inst, actor, found.uid, form, version=found.version))


def _in_phase(campaign: str, phase: Phase, else_said: str) -> service.Campaign:
    found = campaign_of_address(campaign)
    if found.phase(current().clock()) is not phase:
        raise Conflict(else_said)
    return found


def _with(found: service.Campaign, **dates: object) -> Said:
    inst, actor = current(), doors.actor()
    form = inputs.judged(lambda: editing.form_of(found, **dates))
    return shown(editing.update_campaign(inst, actor, found.uid, form, version=found.version))


def _form(body: Copy) -> CopyForm:
    return CopyForm(title=body.title, starts_at=body.starts_at)


def _begun(built: Built, left: list[str]) -> Begun:
    refused = dict.fromkeys(left, "Your plan does not have it.")
    (document,) = documents([built.campaign])
    return Begun.model_construct(
        campaign=document, left_out={**refused, **dict(built.left_out)}, lists=built.lists
    )
