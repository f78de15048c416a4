"""What callers of the room give and get. No tables, no work."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from tombola.api import Identity
from tombola.draws.announcing import Names
from tombola.fairness.bundle import Grade, Mode

#: Winners and backups together; more than this is no draw but a list.
MOST_DRAWN = 10_000

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class State(StrEnum):
    """Where a draw stands."""

    #: Can still be changed or forgotten; no number yet.
    PLANNED = "planned"
    #: The last imports and the looking again at posts are under way.
    CLOSING = "closing"
    #: Pool and rules are committed to, under a number; the secret is published.
    FROZEN = "frozen"
    #: The randomness is waited for.
    WAITING = "waiting"
    DRAWN = "drawn"
    #: The team has shown the winners.
    PUBLISHED = "published"
    #: Does not count; what was committed to stays in the log.
    VOIDED = "voided"
    #: Nobody to draw from, or nothing that a wait would mend.
    FAILED = "failed"


class Place(StrEnum):
    """What a place in the order is worth."""

    WINNER = "winner"
    BACKUP = "backup"
    PASSED = "passed"


class _Form(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DrawPrize(_Form):
    """A prize and how many win it; ``uid`` names a prize of the campaign, or nothing."""

    uid: str | None = None
    title: Line
    winners: int = Field(default=1, ge=1, le=MOST_DRAWN)


class Exclude(_Form):
    """A person who does not take part. The reason is published, without the name."""

    entrant: str
    reason: Line


class DrawForm(_Form):
    """What is to be drawn.

    Attributes:
        title: For the page and the commitment; public.
        prizes: In the order in which they are drawn.
        backups: How many more are drawn after the prizes, to take places that fall free.
        mode: Weighted by what entries are worth, or one ticket a person.
        repeats: Whether somebody who has won in an earlier draw of the campaign may win again.
        since: Entries whose own time is this or later; None takes all.
        until: Entries whose own time is before this; None takes all.
        actions: Public names of the actions whose entries count; empty takes all.
        unclaimed_may_win: Whether posts that nobody has claimed take part.
        grade: What the randomness proves, see ``docs/draw.md``.
        witnesses: For grade C, at least two names; empty for dice.
        exclude: Who does not take part, and why.
    """

    title: Line
    prizes: list[DrawPrize] = Field(min_length=1, max_length=100)
    backups: int = Field(default=0, ge=0, le=MOST_DRAWN)
    mode: Mode = Mode.WEIGHTED
    repeats: bool = False
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    actions: list[str] = Field(default_factory=list)
    unclaimed_may_win: bool = True
    grade: Grade = Grade.B
    witnesses: list[Line] = Field(default_factory=list, max_length=50)
    exclude: list[Exclude] = Field(default_factory=list, max_length=5_000)

    @property
    def places(self) -> int:
        """How many win."""
        return sum(prize.winners for prize in self.prizes)


@dataclass(frozen=True, slots=True)
class Preview:
    """The pool as it would be now; nothing is written.

    Attributes:
        people: How many would take part, unclaimed posts included.
        weight: Their tickets.
        excluded: People who would not, by reason.
        unclaimed: Posts that nobody has claimed among the entries in range.
        late: Entries with a time in range that a freeze already made has missed.
        outside: Entries that are valid but not in the range or actions of this draw.
        sources: Import sources that will be read once more before the freeze.
        grades: The grades that this installation can give now.
    """

    people: int
    weight: int
    excluded: Mapping[str, int]
    unclaimed: int
    late: int
    outside: int
    sources: int
    grades: Sequence[Grade]


class Progress(BaseModel):
    """How far the present step is.

    Attributes:
        step: imports, rechecks, pool, randomness or selection.
        done: Parts of it that are done.
        total: All its parts; 0 where nobody knows.
    """

    model_config = ConfigDict(frozen=True)

    step: str = ""
    done: int = 0
    total: int = 0


class Draw(BaseModel):
    """A draw as pages and callers see it. Times are aware, in UTC.

    Attributes:
        number: In the installation's log; None before the commitment.
        notes: What was not possible, in words for the team, the newest last.
        people: Who takes part.
        total: Their tickets.
        root: Of the pool's tree, hex.
        commitment_hash: What was published before the randomness, hex.
        randomness_at: When the beacon's round is due; None for other grades.
        secret: The operator's secret in hex, once it is published.
        seed: Hex, once drawn.
    """

    model_config = ConfigDict(frozen=True)

    id: int
    uid: str
    team_id: int
    campaign_id: int
    campaign_uid: str
    number: int | None
    state: State
    form: DrawForm
    progress: Progress
    notes: list[str]
    people: int | None
    total: int | None
    root: str | None
    ledger_head: int | None
    commitment_hash: str | None
    secret: str | None
    seed: str | None
    created_at: datetime
    closing_at: datetime | None
    frozen_at: datetime | None
    randomness_at: datetime | None
    drawn_at: datetime | None
    published_at: datetime | None
    voided_at: datetime | None
    void_reason: str | None
    shown_names: Names = Names.FIRST

    @property
    def title(self) -> str:
        """The form's title."""
        return self.form.title

    @property
    def grade(self) -> Grade:
        """What its randomness proves."""
        return self.form.grade

    @property
    def at_work(self) -> bool:
        """Whether it goes on by itself or waits for randomness."""
        return self.state in {State.CLOSING, State.FROZEN, State.WAITING}


@dataclass(frozen=True, slots=True)
class Winner:
    """A place in the order.

    Attributes:
        place: winner, backup or passed.
        prize: Title of the prize; None for a backup.
        prize_uid: Of the campaign's prize, where the form named one.
        entrant: Public name of the person; None when erased.
        name: What may be shown to the team; "" when erased or unknown.
        identities: By which they are known.
        unclaimed: A post that nobody has claimed.
        weight: Their tickets.
        reason: Why they were passed over.
    """

    uid: str
    rank: int
    place: Place
    prize: str | None
    prize_uid: str | None
    entrant: str | None
    name: str
    identities: Sequence[Identity]
    unclaimed: bool
    weight: int
    tag: str
    erased: bool
    passed_at: datetime | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Witness:
    """A witness of a draw and how far they are. ``token`` opens their own page, with nothing else.

    Attributes:
        commitment: What they typed before the freeze, hex.
        phrase: What they said after it.
    """

    name: str
    token: str
    commitment: str | None
    phrase: str | None
    draw_uid: str
    draw_title: str
    draw_state: State


@dataclass(frozen=True, slots=True)
class Inclusion:
    """One person's private proof about one draw.

    Attributes:
        token: For the private link; nobody can guess it. Ends with the person's erasure.
        excluded: Why they did not take part; None when they did.
        subject: Their public name at the freeze, part of the tag.
        path: From their leaf to the root: the side of the neighbour, its hash, its sum.
        number: Of the draw.
    """

    token: str
    draw_uid: str
    number: int
    title: str
    state: State
    subject: str
    salt: str
    tag: str
    weight: int
    total: int
    people: int
    root: str
    excluded: str | None
    path: Sequence[tuple[str, str, int]] = field(default=())

    def document(self) -> dict[str, Any]:
        """As the verifier reads it, see ``docs/draw.md``."""
        return {
            "kind": "tombola/inclusion/1",
            "draw": str(self.number),
            "subject": self.subject,
            "salt": self.salt,
            "tag": self.tag,
            "weight": str(self.weight),
            "total": str(self.total),
            "root": self.root,
            "path": [[side, digest, str(weight)] for side, digest, weight in self.path],
        }


@dataclass(frozen=True, slots=True)
class Record:
    """A record of the installation's log, for its public page.

    Attributes:
        kind: commit, secret, result, pass or void.
        body: As it was hashed, as JSON.
        draw: Number of the draw it is about.
        reason: Why a draw was voided, where it was.
    """

    seq: int
    kind: str
    draw: int
    body: str
    prev: str
    hash: str
    at: datetime
    state: State | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Late:
    """An entry whose own time lies in the range and that came after the freeze."""

    entry_uid: str
    entrant: str
    occurred_at: datetime | None
    recorded_at: datetime
    worth: int
