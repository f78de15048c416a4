"""The form of a question, and what an answer has to look like. Pure."""

from hashlib import sha256
from typing import Any
from unicodedata import normalize

from pydantic import BaseModel, ConfigDict, Field, create_model

from tombola_custom_tracking.config import AnswerKind, CustomConfig

#: What HTML calls each kind, its longest answer, and the pattern that it has to match.
_SHAPES: dict[AnswerKind, tuple[str, int, str | None]] = {
    AnswerKind.TEXT: ("text", 300, None),
    AnswerKind.LONG: ("textarea", 5000, None),
    AnswerKind.NUMBER: ("number", 40, r"^[+-]?\d+([.,]\d+)?$"),
    AnswerKind.EMAIL: ("email", 254, r"^[^@\s]+@[^@\s]+\.[^@\s]+$"),
    AnswerKind.LINK: ("url", 2000, r"^[Hh][Tt][Tt][Pp][Ss]?://[^\s/]+\S*$"),
}


def answer_model(config: CustomConfig) -> type[BaseModel]:
    """A model with the one field ``answer``, titled with the question."""
    shown_as, longest, pattern = _SHAPES[config.answer]
    limits: dict[str, Any] = {"min_length": 1, "max_length": longest, "pattern": pattern}
    described = Field(title=config.question, json_schema_extra={"format": shown_as}, **limits)
    return create_model(
        "Answer",
        __config__=ConfigDict(frozen=True, str_strip_whitespace=True),
        answer=(str, described),
    )


def fingerprint(answer: str) -> str:
    """The same for answers that differ only in case, width and spaces."""
    plain = " ".join(normalize("NFKC", answer).casefold().split())
    return sha256(plain.encode("utf-8", "replace")).hexdigest()[:32]
