"""What a team sets for a custom action."""

import re
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from tombola.api import Config, Proof

_LONGEST_LINK = 2000
_ADDRESS = re.compile(r"^https?://[^\s/]+\S*$", re.IGNORECASE)

#: A tracking name as it stands in ``Gleam.push(['VIP'])``; case counts, since pages mix cases.
SignalName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


class CompletedBy(StrEnum):
    """How the action is completed."""

    QUESTION = "question"
    TRACKING = "tracking"
    EITHER = "either"


class AnswerKind(StrEnum):
    """What an answer looks like; it is checked before it is taken."""

    TEXT = "text"
    LONG = "long"
    NUMBER = "number"
    EMAIL = "email"
    LINK = "link"


class CustomConfig(Config):
    """A custom action: where it sends people, and what completes it."""

    completed_by: CompletedBy = Field(
        default=CompletedBy.QUESTION,
        title="Completed by",
        description="Tracking is reliable, since your own pages report it. A question takes the "
        "entrant's word.",
        json_schema_extra={
            "labels": {
                "question": "A question",
                "tracking": "Tracking",
                "either": "Question or tracking, whichever comes first",
            }
        },
    )
    signals: tuple[SignalName, ...] = Field(
        default=(),
        max_length=10,
        title="Tracking names",
        description="One per line, such as VIP or Purchase. Your pages report one of them.",
    )
    proof: Proof = Field(
        default=Proof.BROWSER,
        title="What a report has to come with",
        description="Anyone can report from their browser's console. Where an entry is worth "
        "cheating for, let your own server sign the report or send it.",
        json_schema_extra={
            "labels": {
                "browser": "Nothing: the browser's word is enough",
                "signed": "A signature of your server",
                "server": "A report of your server itself",
            }
        },
    )
    redact_emails: bool = Field(
        default=False,
        title="Blot out e-mail addresses",
        description="In reported values and answers, before they are kept.",
    )
    question: str = Field(
        default="",
        max_length=300,
        title="Question",
        description="Ask for what only somebody who has done it can tell, such as an order number.",
    )
    answer: AnswerKind = Field(
        default=AnswerKind.TEXT,
        title="Kind of answer",
        json_schema_extra={
            "labels": {
                "text": "One line of text",
                "long": "Several lines of text",
                "number": "A number",
                "email": "An e-mail address",
                "link": "A link",
            }
        },
    )
    codes: str = Field(
        default="",
        max_length=60,
        title="Right answers",
        description="Order numbers or codes, of which an answer has to be one. Without a list "
        "every answer counts. A CSV gives its first column.",
        json_schema_extra={"format": "list"},
    )
    exact: bool = Field(
        default=False,
        title="Capitals and spaces matter",
        description="Else “ab 12” is taken for “AB 12”.",
    )
    shared: bool = Field(
        default=False,
        title="Several people may give the same right answer",
        description="Else each one on the list counts once, for whoever gives it first.",
    )
    wrong: str = Field(
        default="",
        max_length=300,
        title="Words for a wrong answer",
        examples=["This number is not on our list. Please look at your receipt again."],
    )
    tries: int = Field(
        default=10,
        ge=1,
        le=100,
        title="Wrong answers in an hour",
        description="Whoever was wrong this often has to wait, so that nobody guesses.",
    )
    link: str = Field(
        default="",
        title="Link",
        description="Where to go to do it. The entrant is recognised there.",
        json_schema_extra={"format": "url"},
    )
    link_label: str = Field(default="", max_length=80, title="Words on the link")

    @property
    def tracked(self) -> bool:
        """Whether a push completes it."""
        return self.completed_by is not CompletedBy.QUESTION

    @property
    def asked(self) -> bool:
        """Whether an answer completes it."""
        return self.completed_by is not CompletedBy.TRACKING

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.tracked and not self.signals:
            raise _at("signals", "An action completed by tracking needs at least one name.")
        if self.asked and not self.question.strip():
            raise _at("question", "An action completed by a question needs the question.")
        if self.link and (len(self.link) > _LONGEST_LINK or not _ADDRESS.match(self.link)):
            raise _at("link", "The link has to begin with https:// or http://.")
        return self


def _at(field: str, words: str) -> PydanticCustomError:
    """A complaint that the form shows beside a field."""
    return PydanticCustomError("incomplete", words, {"field": field})
