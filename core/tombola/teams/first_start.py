"""The first operator: made once, by whoever can read the installation's own folder."""

import contextlib
import os
import secrets
from collections.abc import Collection
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from tombola.api import Invalid
from tombola.installation import Installation
from tombola.settings import Settings
from tombola.teams import service
from tombola.teams.service import Member, NewMember
from tombola.web.security import same_token


def token_file(settings: Settings) -> Path:
    """Where the token stands until the first operator is made."""
    return settings.first_start_token


def is_near(settings: Settings, visitor: str | None, headers: Collection[str]) -> bool:
    """Whether a visitor sits at this machine, so that a place on its disk is no secret.

    Behind a proxy every visitor seems to; so the installation's own address has to be local too.
    """
    host = urlsplit(settings.address).hostname or ""
    passed_on = "X-Forwarded-For" in headers or "Forwarded" in headers
    return not passed_on and _is_loopback(host) and _is_loopback(visitor or "")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


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
