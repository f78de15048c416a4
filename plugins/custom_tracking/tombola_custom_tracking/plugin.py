"""Custom actions, completed by a question, by tracking, or by either."""

from collections.abc import Iterable

from tombola.api import Ctx, Feature, Storage
from tombola.hookspecs import hookimpl
from tombola_custom_tracking import codes
from tombola_custom_tracking.actions import QUESTION, TRACKING, CustomAction


@hookimpl
def register_action_types() -> Iterable[type[CustomAction]]:
    """One action type."""
    return [CustomAction]


@hookimpl
def register_features() -> Iterable[Feature]:
    """The action itself is in every plan; what completes it decides."""
    return [
        Feature(CustomAction.key, "Custom action", plan="free"),
        Feature(QUESTION, "Custom action: completed by a question", plan="free"),
        Feature(TRACKING, "Custom action: completed by tracking", plan="business"),
    ]


@hookimpl
def register_storage() -> Storage:
    """Lists of right answers, who gave which, and guesses."""
    return Storage("tombola_custom_tracking.tables:metadata", "tombola_custom_tracking.migrations")


@hookimpl
def on_entrant_erased(ctx: Ctx, entrant_id: str) -> None:
    """Forget who gave an answer."""
    codes.forget_entrant(ctx, entrant_id)
