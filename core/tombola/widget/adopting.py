"""A name that nearly was one becomes one: the action that was meant takes it as well."""

from tombola.api import Invalid
from tombola.campaigns import actions
from tombola.campaigns.rules import ActionForm
from tombola.campaigns.service import Campaign
from tombola.entries import editing
from tombola.installation import Installation
from tombola.teams.rules import Actor, Role
from tombola.widget.models import near_miss
from tombola.widget.rules import Miss


def adopt(inst: Installation, actor: Actor, found: Campaign, uid: str, name: str) -> None:
    """Give an action one more tracking name. What comes from now on completes it.

    Raises:
        NotFound: there is no such action.
        NotAllowed: the plan does not have it.
        Invalid: its kind takes no further name.
        PluginUnavailable, PluginFailed: its plugin cannot be asked.
    """
    actor.need(Role.EDITOR)
    with inst.db.read() as conn:
        action = actions.of_campaign(conn, found.id, uid)
    kind = inst.plugins.action_type(action.type_key)
    if kind is None:
        raise Invalid({"": "The plugin of this action is not there."})
    config = inst.plugins.config_of(action.type_key, action.config, action.config_version, actor)
    more = inst.plugins.call(
        action.type_key, actor, "with_signal", lambda _: kind.with_signal(config, name)
    )
    if more is None:
        raise Invalid({"": "This action takes no further name."})
    form = ActionForm(
        type_key=action.type_key,
        title=action.title,
        description=action.description,
        config=more.model_dump(),
        interval=action.interval,
        worth=action.worth,
        mandatory=action.mandatory,
    )
    editing.update_action(inst, actor, found.uid, uid, form)
    with inst.db.write() as conn:
        conn.execute(
            near_miss.delete().where(
                near_miss.c.campaign_id == found.id,
                near_miss.c.name == name,
                near_miss.c.reason == Miss.UNKNOWN.value,
            )
        )
