"""Which of a team's accounts a form offers for something that uses them."""

from typing import Any

from tombola.api import ActionType, Ctx, Importer, PluginFailed, PluginUnavailable
from tombola.connections.service import choices
from tombola.installation import Installation
from tombola.teams.rules import Actor

#: Where a configuration keeps the account's uid.
FIELD = "account"
#: Values that a plugin offers for a field, at most.
MOST_OFFERED = 50


def accounts_for(
    inst: Installation, actor: Actor, part: ActionType[Any] | Importer[Any, Any]
) -> list[tuple[str, str]] | None:
    """The accounts that something can use, as (uid, words); None where it uses none.

    Those that its plugin offers for the field ``account``, if it says so, else all of the
    connector's that work.
    """
    if part.connection is None:
        return None
    usable = choices(inst, actor, part.connection)
    if type(part).options in {Importer.options, ActionType.options}:
        return usable

    def ask(ctx: Ctx) -> set[str]:
        return {uid for uid, _label in part.options(ctx, FIELD, "")}

    try:
        offered = inst.plugins.call(part.key, actor, "options", ask)
    except (PluginFailed, PluginUnavailable):
        return usable
    # A plugin offers fifty at most: so many may not be all.
    return [each for each in usable if each[0] in offered or len(offered) >= MOST_OFFERED]
