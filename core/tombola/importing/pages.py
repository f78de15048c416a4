"""How addresses of sources name what they show, and in which words."""

from tombola.api import NotFound
from tombola.campaigns import service as campaigns
from tombola.campaigns.service import Action, Campaign
from tombola.importing import service, shut
from tombola.importing.views import Source
from tombola.installation import current
from tombola.teams import doors


def title_of(importer_key: str) -> str:
    """The title of an importer; its key once its plugin is gone."""
    importer = current().plugins.importer(importer_key)
    return str(importer.title) if importer else importer_key


def action_of(found: Campaign, uid: str) -> Action:
    """An action of this campaign. Raises NotFound."""
    with current().db.read() as conn:
        listed = campaigns.actions_of(conn, found.id)
    for action in listed:
        if action.uid == uid:
            return action
    raise NotFound("There is no such action.")


def source_of(found: Campaign, uid: str) -> Source:
    """A source of this campaign, as it stands now. Raises NotFound for any other."""
    inst, actor = current(), doors.actor()
    for source in service.of_campaign(inst, actor, found.id):
        if source.uid == uid:
            return shut.as_it_stands(inst, actor, found.id, source)
    raise NotFound("There is no such source.")


def label_of(source: Source) -> str:
    """What a source reads, in a few words: the lists in its configuration."""
    lists = [
        ", ".join(map(str, value))
        for name, value in source.config.items()
        if isinstance(value, list) and value and name != "words"
    ]
    return " · ".join(lists) or title_of(source.importer_key)
