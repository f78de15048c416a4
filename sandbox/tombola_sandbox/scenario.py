"""What the conformance kit needs to know of the sandbox."""

from collections.abc import Mapping
from typing import ClassVar

from tombola.testing import scenario


class Scenario(scenario.Scenario):
    """The sandbox brings commands and no kind of action."""

    bypass: ClassVar[Mapping[str, str]] = {
        "imports": "it is built of tombola.testing.network, as everybody's fake network is"
    }
