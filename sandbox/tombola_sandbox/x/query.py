"""The grammar of a search query.

::

    query  := either
    either := all ("OR" all)*
    all    := term+                        space means and, and binds tighter than OR
    term   := ["-"] atom | "(" either ")"  a group cannot be negated
    atom   := "#tag" | "@name" | "$sym" | word | '"words in order"' | operator ":" value

Source: X, "Build a query", read 2026-11; the wording of complaints from recorded answers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from tombola_sandbox.x.facts import Facts
from tombola_sandbox.x.operators import (
    Test,
    UnknownOperatorError,
    operator_test,
    phrase_test,
    word_test,
)

SIGNS = frozenset("#＃@$")  # noqa: RUF001 - the wide sign counts too
"""They begin a word and are none by themselves."""


class QueryError(Exception):
    """The query is refused; the text is what the network says."""

    def __init__(self, complaints: Sequence[str]) -> None:
        said = ", ".join(complaints)
        super().__init__(f"There were errors processing your request: {said}")


@dataclass(frozen=True, slots=True)
class Atom:
    """One thing asked, perhaps turned round."""

    test: Test
    standalone: bool
    negated: bool
    at: int

    def matches(self, facts: Facts) -> bool:
        """Say whether the post is meant."""
        return self.test(facts) is not self.negated

    def lonely(self) -> "Atom | None":
        """Give the atom that lacks company, if any."""
        return None if self.standalone and not self.negated else self


@dataclass(frozen=True, slots=True)
class All:
    """Everything asked at once."""

    parts: tuple["Node", ...]

    def matches(self, facts: Facts) -> bool:
        """Say whether the post is meant."""
        return all(part.matches(facts) for part in self.parts)

    def lonely(self) -> Atom | None:
        """Give the first lonely atom, unless one part stands alone and keeps the rest company."""
        found = [part.lonely() for part in self.parts]
        if any(lonely is None for lonely in found):
            return None
        positive = (a for a in found if a is not None and not a.negated)
        return next(positive, found[0])


@dataclass(frozen=True, slots=True)
class Either:
    """One of several."""

    parts: tuple["Node", ...]

    def matches(self, facts: Facts) -> bool:
        """Say whether the post is meant."""
        return any(part.matches(facts) for part in self.parts)

    def lonely(self) -> Atom | None:
        """Give the first lonely atom: every branch must stand alone."""
        return next((a for part in self.parts if (a := part.lonely()) is not None), None)


Node = Atom | All | Either


class Kind(StrEnum):
    """Kinds of token."""

    OPEN = "("
    CLOSE = ")"
    OR = "OR"
    WORD = "word"
    PHRASE = "phrase"
    END = "end"


@dataclass(frozen=True, slots=True)
class Token:
    """One piece of a query; ``at`` counts characters from 1."""

    kind: Kind
    text: str
    at: int
    negated: bool = False


def parse(text: str) -> Node:
    """Read a query.

    Raises:
        QueryError: it breaks a rule; all complaints found are in its text.
    """
    complaints: list[str] = []
    reader = _Reader(_tokens(text), complaints)
    node = reader.query()
    if (lonely := node.lonely()) is not None:
        complaints.insert(0, _lonely_complaint(lonely))
    if complaints:
        raise QueryError(complaints)
    return node


def _lonely_complaint(atom: Atom) -> str:
    if atom.negated:
        return (
            f"Rule must contain at least one positive, non-stopword clause (at position {atom.at})"
        )
    return f"is/has/lang cannot be used as a standalone operator (at position {atom.at})"


def _tokens(text: str) -> list[Token]:
    found: list[Token] = []
    place = 0
    while place < len(text):
        if text[place].isspace():
            place += 1
            continue
        token, place = _token(text, place)
        found.append(token)
    return [*found, Token(Kind.END, "", len(text) + 1)]


def _token(text: str, start: int) -> tuple[Token, int]:
    """Read the token at ``start``; and where the next may begin."""
    place = start
    negated = text[place] == "-" and place + 1 < len(text) and not text[place + 1].isspace()
    if negated:
        place += 1
    at = start + 1
    if text[place] in "()":
        return Token(Kind(text[place]), text[place], at, negated), place + 1
    if text[place] == '"':
        end = _closing_quote(text, place)
        return Token(Kind.PHRASE, text[place + 1 : end], at, negated), end + 1
    end = _end_of_word(text, place)
    word = text[place:end]
    kind = Kind.OR if word == "OR" and not negated else Kind.WORD
    return Token(kind, word, at, negated), end


def _closing_quote(text: str, opening: int) -> int:
    end = text.find('"', opening + 1)
    if end < 0:
        raise QueryError([f"missing closing quote for phrase (at position {opening + 1})"])
    return end


def _end_of_word(text: str, start: int) -> int:
    end = start
    while end < len(text) and not text[end].isspace() and text[end] not in "()":
        end = _closing_quote(text, end) + 1 if text[end] == '"' else end + 1
    return end


class _Reader:
    """Goes through the tokens once; what is wrong but readable is collected."""

    def __init__(self, tokens: list[Token], complaints: list[str]) -> None:
        self._tokens = tokens
        self._place = 0
        self._complaints = complaints

    @property
    def _next(self) -> Token:
        return self._tokens[self._place]

    def query(self) -> Node:
        node = self._either()
        if self._next.kind is not Kind.END:
            raise QueryError([f"missing EOF at '{self._next.text}' (at position {self._next.at})"])
        return node

    def _either(self) -> Node:
        parts = [self._all()]
        while self._next.kind is Kind.OR:
            self._place += 1
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def _all(self) -> Node:
        parts: list[Node] = []
        while self._next.kind not in {Kind.OR, Kind.CLOSE, Kind.END}:
            parts.append(self._term())
        if not parts:
            shown = self._next.text or "<EOF>"
            raise QueryError(
                [f"no viable alternative at input '{shown}' (at position {self._next.at})"]
            )
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _term(self) -> Node:
        token = self._next
        self._place += 1
        if token.kind is not Kind.OPEN:
            return self._atom(token)
        if token.negated:
            self._complaints.append(
                f"Negation of a grouped clause is not supported (at position {token.at})"
            )
        node = self._either()
        if self._next.kind is not Kind.CLOSE:
            raise QueryError([f"missing ')' at '<EOF>' (at position {self._next.at})"])
        self._place += 1
        return node

    def _atom(self, token: Token) -> Atom:
        test, standalone = self._meaning(token)
        return Atom(test, standalone, token.negated, token.at)

    def _meaning(self, token: Token) -> tuple[Test, bool]:
        if token.kind is Kind.PHRASE:
            return phrase_test(token.text), True
        if token.text in SIGNS:
            self._complaints.append(
                f"no viable alternative at character '{token.text}' (at position {token.at})"
            )
            return phrase_test(token.text), True
        if (joined := token.text.lower()) in {"and", "or"}:
            self._complaints.append(_ambiguous(joined, token.at))
            return phrase_test(token.text), True
        name, colon, value = token.text.partition(":")
        if not colon or not name.replace("_", "").isalpha() or value.startswith("//"):
            return word_test(token.text), True
        return self._operator(name, value.strip('"'), token.at)

    def _operator(self, name: str, value: str, at: int) -> tuple[Test, bool]:
        try:
            return operator_test(name, value)
        except UnknownOperatorError:
            self._complaints.append(
                f"Reference to invalid operator '{name}:{value}'. Operator is not available in "
                "current product or product packaging. Please refer to complete available "
                "operator list at https://developer.x.com/en/docs/twitter-api/tweets/search/"
                f"integrate/operators. (at position {at})"
            )
            return lambda _: False, name not in {"is", "has", "lang"}


def _ambiguous(word: str, at: int) -> str:
    way = "Use a space" if word == "and" else "Use OR"
    return (
        f"Ambiguous use of {word} as a keyword. {way} to logically join two clauses, or "
        f'"{word}" to find occurrences of {word} in text (at position {at})'
    )
