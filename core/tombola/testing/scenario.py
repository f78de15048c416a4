"""What a plugin's author tells the conformance kit about the plugin."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from tombola.testing.ctx import FakeCtx

if TYPE_CHECKING:
    from tombola.api import Accepted, Who

#: Rules that may be bypassed, by name; the rest is not for discussion.
BYPASSABLE = frozenset({"imports", "light", "examples"})


class Scenario:
    """Subclass it as ``Scenario`` in the module ``scenario`` beside the plugin's module.

    A plugin without one is checked with what its models' defaults allow.

    Attributes:
        configs: for each action type and importer, a configuration that works, as JSON.
        old_configs: for each kind, by version, a configuration stored then.
        events: for each importer that hears, an example of an event for each of its topics.
        bypass: rules that do not hold, each with the reason, which is printed.
    """

    configs: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    old_configs: ClassVar[Mapping[str, Mapping[int, Mapping[str, Any]]]] = {}
    events: ClassVar[Mapping[str, Sequence[Accepted]]] = {}
    bypass: ClassVar[Mapping[str, str]] = {}

    def make_ctx(self) -> FakeCtx:
        """Make the world in which ``fetch`` is tried; mount the plugin's fake network here."""
        return FakeCtx()

    def who(self) -> Who | None:
        """Give an entrant for ``start`` and ``view``; None tries neither with one."""
        return None

    #: Whether ``make_ctx`` mounts a network that answers ``fetch``.
    has_network: ClassVar[bool] = False


Maker = Callable[[], Scenario]
