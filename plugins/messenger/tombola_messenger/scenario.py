"""What the conformance kit needs to know of this plugin."""

from collections.abc import Mapping
from typing import Any, ClassVar

from tombola.testing import scenario


class Scenario(scenario.Scenario):
    """An action that uses everything there is."""

    configs: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "messenger.subscribe": {
            "account": "104934236741601",
            "require_auth": True,
            "confirmation": "Thank you, {first_name|friend}! You are in “{campaign}”.",
            "keyword": "tea-2026",
        }
    }
