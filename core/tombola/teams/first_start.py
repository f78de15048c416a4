"""The first operator: made once, by whoever can read the installation's own folder."""

import contextlib
import os
import secrets
from pathlib import Path

from tombola.api import Invalid
from tombola.installation import Installation
from tombola.settings import Settings
from tombola.teams import service
from tombola.teams.service import Member, NewMember
from tombola.web.security import same_token

_FILE = "first-start-token"


def token_file(settings: Settings) -> Path:
    """Where the token stands until the first operator is made."""
    return settings.data_dir.resolve() / _FILE


def offer_token(inst: Installation) -> Path:
    """Make the token if there is none; only the owner of the folder can read it. Idempotent."""
    path = token_file(inst.settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY
    with contextlib.suppress(FileExistsError), os.fdopen(os.open(path, flags, 0o600), "w") as file:
        file.write(secrets.token_urlsafe(24) + "\n")
    return path


def create(inst: Installation, token: str, form: NewMember) -> Member:
    """Make the first operator and take the token away.

    Raises:
        Invalid: the token is not the one in the file.
        Conflict: there is an operator already.
    """
    path = offer_token(inst)
    if not same_token(token.strip(), path.read_text().strip()):
        raise Invalid({"token": "This is not the text in that file. Copy it once more."})
    made = service.create_first_operator(inst, form)
    path.unlink(missing_ok=True)
    return made
