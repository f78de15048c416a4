"""The form of a question, and what an answer has to look like. Pure."""

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated
from unicodedata import normalize

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, create_model

from tombola_custom_tracking.config import AnswerKind, CustomConfig


@dataclass(frozen=True, slots=True)
class Shape:
    """What HTML calls a kind of answer, how long it may be, and what it has to look like."""

    control: str
    longest: int
    pattern: str = ""
    complaint: str = ""

    def check(self, answer: str) -> str:
        """Give the answer back. Raises ValueError with words for the entrant."""
        if self.pattern and not re.match(self.pattern, answer, re.IGNORECASE):
            raise ValueError(self.complaint)
        return answer


_SHAPES = {
    AnswerKind.TEXT: Shape("text", 300),
    AnswerKind.LONG: Shape("textarea", 5000),
    AnswerKind.NUMBER: Shape(
        "number", 40, r"^[+-]?\d+([.,]\d+)?$", "Please give a number, such as 1017."
    ),
    AnswerKind.EMAIL: Shape(
        "email",
        254,
        r"^[^@\s]+@[^@\s]+\.[^@\s]+$",
        "Please give the whole address, such as anna@mail.example.",
    ),
    AnswerKind.LINK: Shape(
        "url", 2000, r"^https?://[^\s/]+\S*$", "Please give a link that begins with https://."
    ),
}


def answer_model(config: CustomConfig) -> type[BaseModel]:
    """A model with the one field ``answer``, titled with the question."""
    shape = _SHAPES[config.answer]
    described = Field(
        title=config.question,
        min_length=1,
        max_length=shape.longest,
        json_schema_extra={"format": shape.control},
    )
    return create_model(
        "Answer",
        __config__=ConfigDict(frozen=True, str_strip_whitespace=True),
        answer=(Annotated[str, AfterValidator(shape.check)], described),
    )


def fingerprint(answer: str) -> str:
    """The same for answers that differ only in case, width and spaces."""
    return sha256(plainly(answer).encode("utf-8", "replace")).hexdigest()[:32]


def spelt(answer: str) -> str:
    """An answer in the one spelling in which lists are kept: composed letters, no outer spaces.

    >>> spelt(" Cafe\u0301 ")
    'Café'
    """
    return normalize("NFC", answer).strip()


def plainly(answer: str) -> str:
    """An answer without what people write in different ways: capitals, width, spaces.

    >>> plainly(" Order  A1 ")
    'order a1'
    """
    return " ".join(normalize("NFKC", answer).casefold().split())
