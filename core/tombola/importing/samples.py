"""Pictures of a preview: passed on to the team's browser, and kept nowhere.

The browser never asks the network itself, which would learn who looks. The bytes go through as they
came, since pictures of strangers are decoded in workers only; the answer forbids everything else
that a file could be.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tombola.api import HttpError, NotFound
from tombola.installation import Installation
from tombola.teams.rules import Actor, Role
from tombola.toolkit import pictures
from tombola.toolkit.fetch import Wanted
from tombola.toolkit.vault import SealBroken

#: How long the pictures of a preview can be seen.
LIVES = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class SamplePicture:
    """A picture as its host gave it. ``media_type`` is what the bytes are, not what was said."""

    data: bytes
    media_type: str


def token(inst: Installation, team_uid: str, importer_key: str, url: str) -> str:
    """What a page carries in place of a picture's address; good for this team, for a while."""
    until = int((inst.clock() + LIVES).timestamp())
    return inst.vault.seal(_context(team_uid), f"{until} {importer_key} {url}")


def fetch(inst: Installation, actor: Actor, sealed: str) -> SamplePicture:
    """Fetch the picture that a token stands for.

    Raises:
        NotFound: no such token, too old, or its host does not give a picture.
    """
    actor.need(Role.EDITOR)
    try:
        text = inst.vault.open(_context(actor.team_uid), sealed)
    except SealBroken as broken:
        raise NotFound("There is no such picture.") from broken
    until, importer_key, url = text.split(" ", 2)
    importer = inst.plugins.importer(importer_key)
    if importer is None or inst.clock() >= datetime.fromtimestamp(int(until), UTC):
        raise NotFound("There is no such picture.")
    wanted = Wanted(types=pictures.TYPES, hosts=tuple(importer.media_hosts))
    try:
        answer = inst.fetcher.get(url, wanted=wanted)
    except HttpError as error:
        raise NotFound("The network does not show this picture.") from error
    kind = pictures.kind_of(answer.body)
    if not answer.ok or kind is None:
        raise NotFound("The network does not show this picture.")
    return SamplePicture(answer.body, kind)


def _context(team_uid: str) -> str:
    return f"sample {team_uid}"
