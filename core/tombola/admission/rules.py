"""What an entrant still has to say, and the form that asks for it. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, create_model
from pydantic_core import PydanticCustomError

from tombola.campaigns.terms import (
    LONGEST_ANSWER,
    LONGEST_TEXT,
    Asks,
    Eligibility,
    Need,
    Question,
    QuestionKind,
    When,
    known_country,
)
from tombola.web.i18n import marked

#: Nobody is older. The oldest person whose age was proven reached 122 years.
OLDEST = 130
_OWN, _BOX = "q_", "c_"


@dataclass(frozen=True, slots=True)
class Stated:
    """What somebody has said to a campaign.

    Attributes:
        admitted: it is enough by what the campaign asks now.
        detailed: the details were asked for and given, as far as they are required.
    """

    country: str | None = None
    age: int | None = None
    admitted: bool = False
    detailed: bool = False


@dataclass(frozen=True, slots=True)
class Open:
    """What is still to be said: who one is (``terms``), and the details."""

    terms: bool = False
    details: bool = False

    def __bool__(self) -> bool:
        """Whether anything is."""
        return self.terms or self.details


class Answer(BaseModel):
    """One detail that somebody gave, readable without the campaign."""

    model_config = ConfigDict(frozen=True)

    key: str
    label: str
    value: str


def still_open(eligibility: Eligibility, asks: Asks, said: Stated | None, *, acted: bool) -> Open:
    """What an entrant has yet to say.

    Args:
        eligibility: Who may enter.
        asks: What is asked.
        said: What they have said; None: nothing.
        acted: They have done an action of the campaign.
    """
    said = said or Stated()
    terms = eligibility.asks and not (
        eligibility.lets_in(said.country) and eligibility.old_enough(said.age)
    )
    due = asks.when is When.FIRST or acted
    return Open(terms=terms, details=asks.details and due and not said.detailed)


def blocks(asks: Asks, still: Open) -> bool:
    """Whether nothing more counts until it is said: who one is always, details if one must."""
    return still.terms or (still.details and asks.requires)


@lru_cache(maxsize=256)
def model_of(
    eligibility: Eligibility, asks: Asks, still: Open, today: date, *, wants_email: bool
) -> type[BaseModel]:
    """The form that asks for what is open. ``wants_email``: of somebody who has given none."""
    fields: dict[str, Any] = {}
    if still.terms:
        fields |= _terms(eligibility)
    if still.details:
        fields |= _details(asks, _born(today, eligibility.min_age), wants_email=wants_email)
    made: type[BaseModel] = create_model(
        "Statement", __config__=ConfigDict(frozen=True, str_strip_whitespace=True), **fields
    )
    return made


def answers_of(asks: Asks, value: BaseModel) -> list[Answer]:
    """The details of a form that was sent, as they are kept; what was left empty is left out."""
    labels = [
        *((key, label) for key, label, _ in _BUILT_IN),
        *((f"{_OWN}{one.key}", one.label) for one in asks.questions),
    ]
    found = []
    for name, label in labels:
        said = getattr(value, name, None)
        if said not in (None, "", False):
            text = "yes" if said is True else str(said)
            found.append(Answer(key=name.removeprefix(_OWN), label=label, value=text))
    return found


def agreed(asks: Asks, value: BaseModel) -> list[tuple[str, str]]:
    """The boxes that were ticked, with their wording."""
    return [
        (one.key, one.wording)
        for one in asks.consents
        if getattr(value, f"{_BOX}{one.key}", False) is True
    ]


def admits(eligibility: Eligibility, asks: Asks, said: Stated) -> bool:
    """Whether what somebody has said lets their entries count."""
    return not blocks(asks, still_open(eligibility, asks, said, acted=False))


def _phone(text: str) -> str:
    digits = sum(each.isdigit() for each in text)
    # The longest international number has 15 digits (ITU-T E.164, 6.2.1).
    if text and (not 6 <= digits <= 15 or set(text) - set("0123456789 +-/().")):  # noqa: PLR2004
        raise ValueError(marked("Write the whole number, such as +49 30 123456."))
    return text


def _born(today: date, min_age: int | None) -> Any:
    def check(text: str) -> str:
        try:
            born = date.fromisoformat(text) if text else None
        except ValueError:
            raise ValueError(marked("Write a date, like 1990-12-31.")) from None
        if born is None:
            return text
        birthday_to_come = (today.month, today.day) < (born.month, born.day)
        years = today.year - born.year - birthday_to_come
        if not 0 <= years <= OLDEST:
            raise ValueError(marked("Please look at the year again."))
        if min_age is not None and years < min_age:
            raise ValueError(marked("Only people of that age can take part."))
        return text

    return check


def _email(text: str) -> str:
    name, at, host = text.partition("@")
    if text and (not at or not name or "." not in host or any(each.isspace() for each in text)):
        raise ValueError(marked("Please give the whole address, such as anna@mail.example."))
    return text


_BUILT_IN: tuple[tuple[str, str, int], ...] = (
    ("phone", marked("Phone number"), 40),
    ("address", marked("Postal address"), 500),
    ("birthday", marked("Date of birth"), 10),
)
_FORMS = {"phone": "tel", "address": "textarea", "birthday": "date"}


def _terms(eligibility: Eligibility) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if eligibility.asks_country:
        country = Annotated[
            str,
            AfterValidator(known_country),
            AfterValidator(_let_in(eligibility)),
            Field(title=marked("Country where you live"), min_length=1, max_length=2),
        ]
        fields["country"] = (country, ...)
    if eligibility.min_age is not None:
        fields["of_age"] = (Annotated[bool, AfterValidator(_ticked)], Field(title="of_age"))
    return fields


def _let_in(eligibility: Eligibility) -> Any:
    def check(code: str) -> str:
        if not eligibility.lets_in(code):
            raise ValueError(marked("People in this country cannot take part here."))
        return code

    return check


def _ticked(value: bool) -> bool:  # noqa: FBT001 - pydantic's way of calling
    if not value:
        raise ValueError(marked("Only people of that age can take part."))
    return value


def _must(value: bool) -> bool:  # noqa: FBT001 - likewise
    if not value:
        raise ValueError(marked("Please tick this box to go on."))
    return value


def _details(asks: Asks, born: Any, *, wants_email: bool) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if asks.email_of_all and wants_email:
        fields["email"] = _text(marked("E-mail address"), 254, "email", _email, required=True)
    checks = {"phone": _phone, "address": None, "birthday": born}
    for key, label, longest in _BUILT_IN:
        need = getattr(asks, key)
        if need is not Need.NO:
            required = need is Need.REQUIRED
            fields[key] = _text(label, longest, _FORMS[key], checks[key], required=required)
    fields |= {f"{_OWN}{one.key}": _question(one) for one in asks.questions}
    for one in asks.consents:
        kind = Annotated[bool, AfterValidator(_must)] if one.required else bool
        fields[f"{_BOX}{one.key}"] = (kind, Field(default=False, title=one.wording))
        if one.required:
            fields[f"{_BOX}{one.key}"] = (kind, Field(title=one.wording))
    return fields


def _text(label: str, longest: int, form: str, check: Any, *, required: bool) -> Any:
    extra = {"json_schema_extra": {"format": form}} if form else {}
    checks: list[Any] = [AfterValidator(check)] if check else []
    least = 1 if required else 0
    kind = Annotated[
        (str, *checks, Field(title=label, min_length=least, max_length=longest, **extra))
    ]
    return (kind, ... if required else "")


def _question(one: Question) -> Any:
    match one.kind:
        case QuestionKind.CHECK:
            kind = Annotated[bool, AfterValidator(_must)] if one.required else bool
            return (
                kind,
                Field(title=one.label) if one.required else Field(default=False, title=one.label),
            )
        case QuestionKind.CHOICE:
            checks = [BeforeValidator(_of(one.options, required=one.required))]
            return _text_of(one, LONGEST_ANSWER, "", checks)
        case QuestionKind.LONG:
            return _text_of(one, LONGEST_TEXT, "textarea", [])
        case QuestionKind.TEXT:
            return _text_of(one, LONGEST_ANSWER, "", [])


def _text_of(one: Question, longest: int, form: str, checks: Iterable[Any]) -> Any:
    kind, default = _text(one.label, longest, form, None, required=one.required)
    for check in checks:
        kind = Annotated[kind, check]
    return (kind, default)


def _of(options: tuple[str, ...], *, required: bool) -> Any:
    allowed = set(options) if required else {*options, ""}

    def check(value: Any) -> Any:
        if value not in allowed and value not in (None, ""):
            raise PydanticCustomError("enum", "Choose one from the list.")
        return value

    return check
