"""People whom only a file names. Nobody can log in with it."""

from collections.abc import Mapping
from typing import ClassVar

from tombola.api import Ctx, Flow, IdentityProvider, Invalid, Proven, Redirect, Text
from tombola_csv_import.rows import PROVIDER

NO_LOG_IN: Text = "Nobody can log in with this."


class FileName(IdentityProvider):
    """Somebody known by a network and a name or number there, as a file has it."""

    key: ClassVar[str] = PROVIDER
    title: ClassVar[Text] = "Name in a file"

    def ready(self, ctx: Ctx) -> bool:
        """Never offered."""
        return False

    def begin(self, ctx: Ctx, flow: Flow) -> Redirect:
        """Refuse."""
        raise Invalid({"": NO_LOG_IN})

    def finish(self, ctx: Ctx, flow: Flow, params: Mapping[str, str]) -> Proven:
        """Refuse."""
        raise Invalid({"": NO_LOG_IN})
