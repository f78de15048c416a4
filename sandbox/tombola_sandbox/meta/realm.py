"""Meta as a whole, as the world holds it."""

from collections.abc import Callable, Mapping
from typing import Any

from tombola.testing.network import Clock
from tombola_sandbox.meta.access import MetaAccess
from tombola_sandbox.meta.facebook_acts import FacebookActs
from tombola_sandbox.meta.hooks import Hooks
from tombola_sandbox.meta.instagram_acts import InstagramActs
from tombola_sandbox.meta.limits import Usage
from tombola_sandbox.meta.world import MetaWorld


class Meta:
    """What exists at Facebook and Instagram, and who does what there.

    Attributes:
        things: everything by kind.
        access: applications and tokens.
        facebook: what people and pages do.
        instagram: what accounts do.
        usage: calls counted against limits.
    """

    def __init__(self, clock: Clock, write: Callable[[str, str, Mapping[str, Any]], None]) -> None:
        self.things = MetaWorld(clock, write)
        self.access = MetaAccess(self.things)
        hooks = Hooks(self.things, self.access)
        self.facebook = FacebookActs(self.things, hooks)
        self.instagram = InstagramActs(self.things, hooks)
        self.usage = Usage(clock)
