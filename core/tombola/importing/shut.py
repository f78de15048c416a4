"""Whether a source may run at this moment: asked for its pages, before a worker finds out."""

from tombola.api import Denied, PluginFailed, PluginUnavailable, Text
from tombola.importing.accounts import why_not
from tombola.importing.states import SourceState
from tombola.importing.views import Source
from tombola.installation import Installation
from tombola.plans.service import allows
from tombola.teams.rules import Actor


def as_it_stands(inst: Installation, actor: Actor, campaign_id: int, found: Source) -> Source:
    """The source, or the same as shut by plugin, switch, plan or gate."""
    if found.state in {SourceState.PAUSED, SourceState.ENDED}:
        return found
    shut = _shut(inst, actor, campaign_id, found)
    if shut is None:
        return found
    state, reason = shut
    told = {"state": state, "reason": reason, "said": "", "tried_at": None, "dead": False}
    return found.model_copy(update=told)


def _shut(
    inst: Installation, actor: Actor, campaign_id: int, found: Source
) -> tuple[SourceState, Text] | None:
    plugins, key = inst.plugins, found.importer_key
    away = plugins.why_not(key, actor, campaign_id)
    if away is not None:
        return SourceState.AWAY, away
    try:
        config = plugins.config_of(key, found.config, found.config_version, actor)
        features = plugins.features_of(key, config, actor)
    except PluginUnavailable as gone:
        return SourceState.AWAY, gone.reason
    except PluginFailed as failed:
        return SourceState.FAILING, str(failed)
    if (broken := _broken(inst, found)) is not None:
        return SourceState.RECONNECT, broken
    for feature in features:
        answer = allows(inst, actor.team_id, feature, running=True)
        if isinstance(answer, Denied):
            return SourceState.GATED, answer.reason
    return None


def _broken(inst: Installation, found: Source) -> Text | None:
    importer = inst.plugins.importer(found.importer_key)
    if importer is None or importer.connection is None:
        return None
    with inst.db.read() as conn:
        return why_not(conn, importer, found.connection_id)
