"""A team's links to its own accounts outside: how they are made, checked and given up."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tombola.api.actions import Json, Redirect
from tombola.api.identity import Flow
from tombola.api.keyed import Keyed
from tombola.api.text import Text

if TYPE_CHECKING:
    from tombola.api.ctx import Ctx


@dataclass(frozen=True, slots=True)
class Account:
    """One account outside that a team has connected, or may connect.

    Attributes:
        uid: the network's own id, unique within the connector; webhooks name it, too.
        title: name shown to the team.
        kind: the plugin's word for what it is: ``page``, ``instagram``…
        handle: user name there.
        secrets: tokens and the like, by name; sealed by the core wherever they lie.
        facts: JSON that is no secret: tasks, a linked page, scopes, granted at. At most 16 KiB.
        missing: what keeps it from being used, each a sentence with its remedy; () = usable.
    """

    uid: str
    title: str
    kind: str
    handle: str | None = None
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    facts: Mapping[str, Json] = field(default_factory=dict)
    missing: Sequence[Text] = ()


class Connector(Keyed, ABC):
    """A way in which teams connect accounts. The core owns the pages, the flow and the keeping.

    Networks send members back to ``<address>/connected/<key>``; one address for all teams.
    An importer uses the accounts by ``connection = "<key>"``.
    """

    #: What has to be set before it works, shown to the team while ``ready`` says no.
    needs: Text = "The operator of this installation has to enter the app's keys in its settings."

    def ready(self, ctx: Ctx) -> bool:
        """Say whether a member can connect now: the app's keys are set. Asks no network."""
        return True

    @abstractmethod
    def begin(self, ctx: Ctx, flow: Flow) -> Redirect:
        """Say where the member's browser has to go. Pure; the core keeps ``flow``."""

    @abstractmethod
    def finish(self, ctx: Ctx, flow: Flow, params: Mapping[str, str]) -> Sequence[Account]:
        """Turn what came back into every account that the member administers there.

        The core has checked ``state``; the member then picks which to connect. Those that cannot
        be used are given, too, with ``missing``. May use the network; at most 500 accounts.

        Raises:
            Invalid: the person refused, or the network did; the message is shown.
        """

    def join(self, ctx: Ctx, account: Account) -> None:
        """Make a connected account send its events here (subscribe webhooks). Idempotent.

        Asked before ``check`` each time. Raises like ``check``.
        """

    def check(self, ctx: Ctx, account: Account) -> Text | None:
        """Complain about what does not work any more, or None. On demand and daily.

        A complaint is shown and stops nothing; ``CredentialExpired`` and ``PermissionLost`` stop
        what uses the account until a member reconnects it.

        Raises:
            FetchError: one of its kinds, and nothing else.
        """
        return None

    def leave(self, ctx: Ctx, account: Account) -> None:
        """Undo ``join`` when a team disconnects. Asked once; what it raises changes nothing.

        Not asked while another team still has the account connected.
        """
