"""The custom action."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import ClassVar

from pydantic import BaseModel

from tombola.api import (
    ActionType,
    Ask,
    Complaint,
    Completed,
    Ctx,
    Pending,
    Proof,
    Rejected,
    Step,
    Suggestion,
    Text,
    Upload,
    Uploaded,
    Verdict,
    View,
    Who,
)
from tombola.toolkit.redaction import redacted
from tombola_custom_tracking import listed
from tombola_custom_tracking.answers import answer_model, fingerprint
from tombola_custom_tracking.config import CustomConfig

QUESTION = "custom_tracking.question"
TRACKING = "custom_tracking.tracking"
_WAIT = timedelta(seconds=15)
_HINT = "Completes by itself once you have done it."


class CustomAction(ActionType[CustomConfig]):
    """Anything a team can think of: it tells people what to do and where.

    Pushes are the core's. This class only names them, in ``signal_names``.
    """

    key = "custom_tracking.custom"
    title = "Custom action"
    config_model = CustomConfig
    starters: ClassVar[Mapping[str, Sequence[Suggestion]]] = {
        "launch_list": (
            Suggestion(
                "Tell us what you hope for",
                worth=2,
                config={"question": "What should it do for you?", "answer": "long"},
            ),
        ),
        "refer_and_buy": (
            Suggestion(
                "Order in our shop",
                "Follow the link. It completes by itself with your order.",
                config={"completed_by": "tracking", "signals": ["Purchase"]},
            ),
        ),
        "check_in": (
            Suggestion(
                "Type in the word of the day",
                "It stands on the wall where we are.",
                interval="daily",
                config={"question": "Which word do you see?"},
            ),
        ),
        "grown_ups": (
            Suggestion(
                "Answer our question",
                interval="daily",
                config={"question": "What do you like best about us?"},
            ),
        ),
    }

    def features(self, config: CustomConfig) -> Sequence[str]:
        """Question and tracking are two features; an action that takes either uses both."""
        used = ((QUESTION, config.asked), (TRACKING, config.tracked))
        return (self.key, *(feature for feature, is_used in used if is_used))

    def check(self, ctx: Ctx, config: CustomConfig) -> Iterable[Complaint]:
        """Complain about a name that is there twice. Capitals and small letters are two names."""
        del ctx
        for name in config.signals:
            if config.signals.count(name) > 1:
                yield Complaint(f"{name!r} is there twice.", "signals")
                return

    def signal_names(self, config: CustomConfig) -> Iterable[str]:
        """The names that complete it; none while only a question does."""
        return config.signals if config.tracked else ()

    def with_signal(self, config: CustomConfig, name: str) -> CustomConfig | None:
        """Take one more name, such as the spelling that a page uses by mistake."""
        if not config.tracked or name in config.signals:
            return None
        return config.model_copy(update={"signals": (*config.signals, name)})

    def signal_proof(self, config: CustomConfig) -> Proof:
        """What the team asks for."""
        return config.proof

    def redacts_emails(self, config: CustomConfig) -> bool:
        """What the team asks for."""
        return config.redact_emails

    def view(self, ctx: Ctx, config: CustomConfig, who: Who | None) -> View:
        """Link, question, and the promise that it completes by itself."""
        del ctx, who
        return View(
            link=config.link or None,
            link_label=config.link_label,
            ask=answer_model(config) if config.asked else None,
            hint=_HINT if config.tracked else "",
        )

    def start(self, ctx: Ctx, config: CustomConfig, who: Who) -> Step:
        """Ask the question, or wait for the push."""
        del ctx, who
        return Ask(answer_model(config)) if config.asked else Pending(_WAIT, _HINT)

    def submit(self, ctx: Ctx, config: CustomConfig, who: Who, data: BaseModel) -> Verdict:
        """Take the answer; the same answer again is the same completion."""
        if not config.asked:
            return Rejected("unexpected", "This action takes no answer.", retryable=False)
        answer: str = data.model_dump()["answer"]
        if config.codes:
            return listed.verdict(ctx, config, who, answer)
        told = fingerprint(answer)
        shown = redacted(answer) if config.redact_emails else answer
        return Completed(proof=f"answer:{told}", details={"Answer": shown}, alike=told)

    def take_upload(self, ctx: Ctx, config: CustomConfig, field: str, upload: Upload) -> Uploaded:
        """Keep the right answers."""
        del field
        return listed.take(ctx, config, upload)

    def about_upload(self, ctx: Ctx, config: CustomConfig, field: str) -> Text:
        """Say how many right answers there are and how many were given."""
        del field
        return listed.about(ctx, config)
