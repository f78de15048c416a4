"""What the conformance kit needs to know of this plugin."""

from collections.abc import Mapping
from typing import Any, ClassVar

from tombola.testing import scenario


class Scenario(scenario.Scenario):
    """An action that is completed by either way uses everything there is."""

    configs: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "custom_tracking.custom": {
            "completed_by": "either",
            "question": "Which tea do you like?",
            "signals": ["Purchase"],
        }
    }
