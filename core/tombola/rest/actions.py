"""Actions of a campaign, and the types of action that a team can add."""

from typing import Annotated, Any, Literal

from pydantic import Field

from tombola.api import NotFound, PluginFailed, PluginUnavailable
from tombola.campaigns import actions, service
from tombola.campaigns.pages import campaign_of_address
from tombola.campaigns.rules import ActionForm, Interval, Prose, Title
from tombola.entries import editing
from tombola.installation import current
from tombola.rest import inputs
from tombola.rest.registry import Api, Said
from tombola.rest.shapes import Moment, Shape, changed, partial
from tombola.teams import doors
from tombola.teams.rules import Role, Scope

api = Api("rest_actions", __name__, tag="Actions")


class NewAction(ActionForm):
    """What a team says of an action."""

    type_key: Annotated[str, Field(max_length=100, description="The key of its type; it stays.")]
    title: Annotated[Title, Field(description="The heading of its card in the widget.")]
    description: Annotated[Prose, Field(description="Plain text beneath the title.")] = ""
    config: Annotated[
        dict[str, Any],
        Field(
            default_factory=dict,
            description="By the type's own schema, see “Read an action type”. The action of an "
            "import has none, since its sources say what is read.",
        ),
    ]
    interval: Annotated[Interval, Field(description="How often one person earns its worth.")] = (
        Interval.ONCE
    )
    worth: Annotated[
        int, Field(ge=0, le=1_000_000, description="How many entries one completion counts for.")
    ] = 1
    mandatory: Annotated[bool, Field(description="Others open once this one is done.")] = False
    replaces: Annotated[
        str | None,
        Field(max_length=100, description="The id of the action that it is the free one of."),
    ] = None


class Action(NewAction):
    """An action of a campaign."""

    id: str
    position: Annotated[int, Field(description="Its place in the campaign, rising.")]
    config: Annotated[  # type: ignore[assignment] # an answer is not sent back
        dict[str, Any] | None,
        Field(
            description="As its type reads it now, secrets as stars; null while its plugin is away."
        ),
    ]


class Actions(Shape):
    """A campaign's actions in their order."""

    items: list[Action]


class GoneAction(Shape):
    """An action that was taken out of its campaign."""

    id: str
    title: str
    removed_at: Moment


class GoneActions(Shape):
    """Removed actions, the last one first."""

    items: list[GoneAction]


class Move(Shape):
    """Where to move something in its order."""

    step: Annotated[Literal[-1, 1], Field(description="-1: one place up; 1: one place down.")]


class ActionType(Shape):
    """A type of action that a plugin offers."""

    key: str
    title: str
    imports: Annotated[bool, Field(description="Its entries come from sources.")]
    denied: Annotated[str | None, Field(description="Why the team may not add it; null: it may.")]


class ActionTypes(Shape):
    """All types of action, those that may be added first."""

    items: list[ActionType]


class ActionTypeWithSchema(ActionType):
    """A type of action, and what is to be said of one."""

    config_schema: Annotated[
        dict[str, Any],
        Field(
            description="JSON Schema of an action's config; of a source's, for one that imports."
        ),
    ]


ActionChange = partial(
    NewAction,
    "ActionChange",
    "What is to be changed of an action, and of its config; the rest stays.",
)


@api.get("/campaigns/<campaign>/actions", scope=Scope.CAMPAIGNS_READ, answer=Actions)
def list_actions(campaign: str) -> Actions:
    """List a campaign's actions in their order."""
    return _all(campaign_of_address(campaign))


@api.post(
    "/campaigns/<campaign>/actions", scope=Scope.CAMPAIGNS_WRITE, body=NewAction, answer=Action
)
def add_action(campaign: str, body: NewAction) -> Said:
    """Add an action at the end of a campaign."""
    found = campaign_of_address(campaign)
    form = inputs.read(ActionForm, body.model_dump())
    made = actions.add(current(), doors.actor(), found.uid, form)
    return Said(_told(made), {"Location": f"/api/v1/campaigns/{found.key}/actions/{made.uid}"})


@api.get("/campaigns/<campaign>/actions/<action>", scope=Scope.CAMPAIGNS_READ, answer=Action)
def get_action(campaign: str, action: str) -> Action:
    """Read one action."""
    return _told(_one(campaign, action))


@api.patch(
    "/campaigns/<campaign>/actions/<action>",
    scope=Scope.CAMPAIGNS_WRITE,
    body=ActionChange,
    answer=Action,
)
def change_action(campaign: str, action: str, body: Any) -> Action:
    """Change an action.

    Another interval decides its entries anew; another worth is for new entries only. Its type
    stays what it is.
    """
    found = campaign_of_address(campaign)
    before = _one(campaign, action)
    values = {name: getattr(before, name) for name in ActionForm.model_fields}
    form = ActionForm.model_construct(**{**values, "interval": Interval(before.interval)})
    said = changed(form, body)
    if "config" in body.model_fields_set:
        said["config"] = {**_stored(before), **said["config"]}
    else:
        said["config"] = _stored(before)
    asked = inputs.read(ActionForm, said)
    return _told(editing.update_action(current(), doors.actor(), found.uid, before.uid, asked))


@api.post(
    "/campaigns/<campaign>/actions/<action>/move",
    scope=Scope.CAMPAIGNS_WRITE,
    body=Move,
    answer=Actions,
    status=200,
)
def move_action(campaign: str, action: str, body: Move) -> Actions:
    """Move an action one place up or down."""
    found = campaign_of_address(campaign)
    actions.shift(current(), doors.actor(), found.uid, action, body.step)
    return _all(found)


@api.delete("/campaigns/<campaign>/actions/<action>", scope=Scope.CAMPAIGNS_WRITE)
def remove_action(campaign: str, action: str) -> None:
    """Take an action out of its campaign. Its entries stay as they are."""
    actions.remove(current(), doors.actor(), campaign_of_address(campaign).uid, action)


@api.get("/campaigns/<campaign>/removed-actions", scope=Scope.CAMPAIGNS_READ, answer=GoneActions)
def list_removed_actions(campaign: str) -> GoneActions:
    """List the actions that were taken out of a campaign, the last one first."""
    found = campaign_of_address(campaign)
    with current().db.read() as conn:
        gone = actions.removed(conn, found.id)
    return GoneActions(
        items=[GoneAction(id=one.uid, title=one.title, removed_at=one.removed_at) for one in gone]
    )


@api.post(
    "/campaigns/<campaign>/actions/<action>/restore",
    scope=Scope.CAMPAIGNS_WRITE,
    answer=Action,
    status=200,
)
def restore_action(campaign: str, action: str) -> Action:
    """Bring a removed action back to the end of its campaign."""
    found = campaign_of_address(campaign)
    return _told(actions.restore(current(), doors.actor(), found.uid, action))


@api.get("/action-types", scope=Scope.CAMPAIGNS_READ, answer=ActionTypes)
def list_action_types() -> ActionTypes:
    """List the types of action of the installed plugins."""
    offers = actions.offers(current(), doors.actor())
    return ActionTypes(items=[ActionType(**offer.model_dump()) for offer in offers])


@api.get(
    "/action-types/<type_key>",
    scope=Scope.CAMPAIGNS_READ,
    role=Role.EDITOR,
    answer=ActionTypeWithSchema,
)
def get_action_type(type_key: str) -> ActionTypeWithSchema:
    """Read an action type, with the schema of what is said of one."""
    inst = current()
    part = inst.plugins.action_type(type_key) or inst.plugins.importer(type_key)
    offers = {one.key: one for one in actions.offers(inst, doors.actor())}
    if part is None or part.key not in offers:
        raise NotFound("No installed plugin knows this type.")
    schema = part.config_model.model_json_schema()
    return ActionTypeWithSchema(**offers[part.key].model_dump(), config_schema=schema)


def _all(found: service.Campaign) -> Actions:
    with current().db.read() as conn:
        listed = service.actions_of(conn, found.id)
    return Actions.model_construct(items=[_told(one) for one in listed])


def _one(campaign: str, uid: str) -> service.Action:
    found = campaign_of_address(campaign)
    with current().db.read() as conn:
        return actions.of_campaign(conn, found.id, uid)


def _stored(found: service.Action) -> dict[str, Any]:
    """What its plugin keeps, secrets opened, to be said again. Raises PluginUnavailable."""
    if current().plugins.action_type(found.type_key) is None:
        return {}
    config = current().plugins.config_of(
        found.type_key, found.config, found.config_version, doors.actor()
    )
    return config.model_dump()


def _told(found: service.Action) -> Action:
    config: dict[str, Any] | None = {}
    if current().plugins.importer(found.type_key) is None:
        config = shown_config(found.type_key, found.config, found.config_version)
    names = set(ActionForm.model_fields) - {"config", "interval"}
    return Action.model_construct(
        id=found.uid,
        position=found.position,
        interval=Interval(found.interval),
        config=config,
        **{name: getattr(found, name) for name in names},
    )


def shown_config(key: str, document: dict[str, Any], version: int) -> dict[str, Any] | None:
    """A stored configuration as its plugin reads it, secrets as stars; None while it is away."""
    try:
        config = current().plugins.config_of(key, document, version, doors.actor())
    except (PluginFailed, PluginUnavailable):
        return None
    shown: dict[str, Any] = config.model_dump(mode="json")
    return shown
