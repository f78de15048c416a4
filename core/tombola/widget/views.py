"""What plugins say about a campaign's actions, read for one page; a broken one takes none along."""

from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel
from sqlalchemy import select

from tombola.api import (
    Ctx,
    Importer,
    PluginFailed,
    PluginUnavailable,
    View,
    Who,
)
from tombola.campaigns.service import Action
from tombola.importing.models import source
from tombola.importing.states import SourceState
from tombola.installation import Installation
from tombola.teams.rules import Actor
from tombola.widget.gates import config_of


@dataclass(frozen=True, slots=True)
class Seen:
    """An action as its plugin describes it.

    Attributes:
        broken: nothing can be said now; the page shows a neutral place.
        imports: entries come from a network by themselves.
        every_s: how often the network is asked; None while no source is being asked.
        needs: providers that the entrant has to log in with first.
    """

    view: View = field(default_factory=View)
    broken: bool = False
    imports: bool = False
    every_s: int | None = None
    needs: tuple[str, ...] = ()

    @property
    def ask(self) -> type[BaseModel] | None:
        """The form that is shown at once."""
        return self.view.ask


def look(inst: Installation, team: Actor, action: Action, who: Who | None) -> Seen:
    """Ask an action's plugin what to show."""
    kind = inst.plugins.action_type(action.type_key)
    importer = inst.plugins.importer(action.type_key)
    try:
        if kind is not None:
            view = inst.plugins.call(
                action.type_key,
                team,
                "view",
                lambda ctx: kind.view(ctx, config_of(inst, kind, action), who),
            )
            return Seen(view, needs=tuple(kind.identities))
        if importer is not None:
            return _import(inst, team, importer, action, who)
    except (PluginFailed, PluginUnavailable):
        return Seen(broken=True)
    return Seen(broken=True)


def _import(
    inst: Installation, team: Actor, importer: Importer[Any, Any], action: Action, who: Who | None
) -> Seen:
    with inst.db.read() as conn:
        columns = (source.c.config, source.c.config_version, source.c.every_seconds, source.c.state)
        rows = conn.execute(
            select(*columns)
            .where(source.c.action_id == action.id, source.c.removed_at.is_(None))
            .order_by(source.c.id)
        ).all()
    if not rows:
        return Seen(imports=True)
    asked = [row for row in rows if row.state == SourceState.ACTIVE]
    row = (asked or rows)[0]
    every_s = min((each.every_seconds for each in asked), default=None)

    def ask(ctx: Ctx) -> View:
        config = inst.plugins.read_config(importer, row.config, row.config_version, team.team_id)
        return importer.view(ctx, config, who)

    view = inst.plugins.call(action.type_key, team, "view", ask)
    return Seen(view, imports=True, every_s=every_s)
