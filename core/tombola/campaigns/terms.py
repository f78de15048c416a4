"""Who may enter a campaign, and what is asked of whoever does. Pure."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)
from pydantic_core import PydanticCustomError

from tombola.web.countries import codes

MOST_QUESTIONS = 20
MOST_CONSENTS = 10
MOST_OPTIONS = 50
#: Characters of an answer in one line, and of one in several.
LONGEST_ANSWER, LONGEST_TEXT = 200, 2_000


def known_country(code: str) -> str:
    """The two letters of a country as they are, or a complaint."""
    if code not in codes():
        raise ValueError("This is no country's code; take two letters such as DE.")
    return code


def _in_order(listed: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(set(listed)))


Country = Annotated[
    str,
    BeforeValidator(lambda said: said.strip().upper() if isinstance(said, str) else said),
    AfterValidator(known_country),
]
Countries = Annotated[tuple[Country, ...], AfterValidator(_in_order)]
Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Wording = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1_000)]


class Where(StrEnum):
    """From which countries people may enter."""

    ALL = "all"
    ONLY = "only"
    EXCEPT = "except"


class When(StrEnum):
    """When details are asked for."""

    #: With the form to join in; nothing counts before.
    FIRST = "first"
    #: Once the first action is done; further ones open when they are given.
    AFTER = "after"


class Need(StrEnum):
    """How much a detail is wanted."""

    NO = "no"
    OPTIONAL = "optional"
    REQUIRED = "required"


class QuestionKind(StrEnum):
    """What a question of the team's own is answered with."""

    TEXT = "text"
    LONG = "long"
    CHOICE = "choice"
    CHECK = "check"


class Eligibility(BaseModel):
    """Who may enter, by what people say of themselves.

    Attributes:
        min_age: Years that an entrant has to say to have; None asks for no age.
        ask_country: Ask for the country although all are let in.
        where: Which countries are let in; ``countries`` are those meant.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    min_age: Annotated[int, Field(ge=1, le=99)] | None = None
    ask_country: bool = False
    where: Where = Where.ALL
    countries: Countries = ()

    @model_validator(mode="after")
    def names_countries(self) -> Self:
        """Refuse a list that lets nobody in, or that means nothing."""
        if self.where is not Where.ALL and not self.countries:
            said = "Choose at least one country."
            raise PydanticCustomError("countries_missing", said, {"field": "countries"})
        if self.where is Where.EXCEPT and len(self.countries) == len(codes()):
            said = "Nobody could enter then. Leave at least one country out."
            raise PydanticCustomError("countries_all", said, {"field": "countries"})
        return self

    @property
    def asks_country(self) -> bool:
        """Whether an entrant has to say a country."""
        return self.ask_country or self.where is not Where.ALL

    @property
    def asks(self) -> bool:
        """Whether an entrant has to say anything."""
        return self.asks_country or self.min_age is not None

    def lets_in(self, country: str | None) -> bool:
        """Whether people of a country may enter; None: none was said."""
        if not self.asks_country:
            return True
        if country is None:
            return False
        listed = country in self.countries
        return {Where.ALL: True, Where.ONLY: listed, Where.EXCEPT: not listed}[self.where]

    def old_enough(self, age: int | None) -> bool:
        """Whether an age that somebody has said to have reached will do."""
        return self.min_age is None or (age is not None and age >= self.min_age)


class Question(BaseModel):
    """A question of the team's own. ``key`` names its answer and never changes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: Key
    label: Line
    kind: QuestionKind = QuestionKind.TEXT
    options: Annotated[tuple[Line, ...], Field(max_length=MOST_OPTIONS)] = ()
    required: bool = False

    @model_validator(mode="after")
    def offers_a_choice(self) -> Self:
        """Refuse a choice of fewer than two."""
        if self.kind is QuestionKind.CHOICE and len(set(self.options)) < 2:  # noqa: PLR2004
            said = "Write at least two different answers to choose from, one a line."
            raise PydanticCustomError("options_missing", said, {"field": "options"})
        return self


class Consent(BaseModel):
    """Something to agree to, never ticked beforehand."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: Key
    wording: Wording
    required: bool = False


class Asks(BaseModel):
    """What is asked of whoever enters.

    Attributes:
        when: For everything but name and e-mail address, which belong to joining in.
        name: Of those who join with the form, not with a network.
        email: Likewise.
        email_of_all: Ask those who join with a network for an address, too.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    when: When = When.FIRST
    name: Need = Need.REQUIRED
    email: Need = Need.REQUIRED
    email_of_all: bool = False
    phone: Need = Need.NO
    address: Need = Need.NO
    birthday: Need = Need.NO
    questions: Annotated[tuple[Question, ...], Field(max_length=MOST_QUESTIONS)] = ()
    consents: Annotated[tuple[Consent, ...], Field(max_length=MOST_CONSENTS)] = ()

    @model_validator(mode="after")
    def keys_differ(self) -> Self:
        """Refuse two questions, or two consents, under one key."""
        for each in (self.questions, self.consents):
            keys = [one.key for one in each]
            if len(set(keys)) < len(keys):
                raise PydanticCustomError("key_twice", "Two of these have the same key.", {})
        if self.name is Need.NO and self.email is Need.NO:
            said = "Ask for a name or an e-mail address, else nobody could be told from another."
            raise PydanticCustomError("nothing_asked", said, {"field": "name"})
        return self

    @property
    def details(self) -> bool:
        """Whether anything besides name and address is asked."""
        built_in = {self.phone, self.address, self.birthday} != {Need.NO}
        return built_in or bool(self.questions or self.consents) or self.email_of_all

    @property
    def requires(self) -> bool:
        """Whether some of the details have to be given."""
        built_in = Need.REQUIRED in {self.phone, self.address, self.birthday}
        own = any(one.required for one in self.questions)
        own = own or any(one.required for one in self.consents)
        return built_in or own or self.email_of_all


def asks_first(eligibility: Eligibility, asks: Asks) -> bool:
    """Whether nothing of an entrant counts before they have said something."""
    return eligibility.asks or (asks.when is When.FIRST and asks.requires)
