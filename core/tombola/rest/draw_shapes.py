"""The documents of draws: plan, pool, draw, winners, witnesses."""

from typing import Annotated

from pydantic import Field, StringConstraints

from tombola.draws.types import DrawForm, Place, State
from tombola.fairness.bundle import Grade
from tombola.rest.shapes import At, Moment, Shape


class NewDraw(DrawForm):
    """What is to be drawn. Prizes are drawn in their order, then the backups."""

    since: Annotated[At | None, Field(description="Entries whose own time is this or later.")] = (
        None
    )
    until: Annotated[At | None, Field(description="Entries whose own time is before this.")] = None
    actions: Annotated[
        list[Annotated[str, Field(max_length=100)]],
        Field(
            default_factory=list,
            max_length=500,
            description="Ids of the actions whose entries count; none means all.",
        ),
    ]
    grade: Annotated[
        Grade,
        Field(
            description="What the randomness proves. A: two beacons; B: one; C: witnesses or "
            "dice; D: the installation's word alone."
        ),
    ] = Grade.B


class PoolPreview(Shape):
    """The pool as it would be now."""

    people: Annotated[int, Field(description="Who would take part, unclaimed posts included.")]
    weight: Annotated[int, Field(description="Their tickets.")]
    excluded: Annotated[dict[str, int], Field(description="Who would not, by reason.")]
    unclaimed: Annotated[int, Field(description="Posts that nobody has claimed.")]
    late: Annotated[int, Field(description="Entries that a freeze already made has missed.")]
    outside: Annotated[int, Field(description="Valid entries that this draw does not ask for.")]
    sources: Annotated[int, Field(description="Sources that are read once more before.")]
    grades: Annotated[list[Grade], Field(description="What this installation can give now.")]


class Progress(Shape):
    """How far the present step is."""

    step: Annotated[str, Field(description="imports, rechecks, pool, randomness, selection.")]
    done: int
    total: Annotated[int, Field(description="0: nobody knows.")]


class Draw(Shape):
    """A draw. Hashes and seeds are hex."""

    id: str
    number: Annotated[
        int | None, Field(description="In the installation's public log; null before the freeze.")
    ]
    state: State
    form: DrawForm
    progress: Progress
    notes: Annotated[list[str], Field(description="What was not possible, the newest last.")]
    people: int | None
    total: Annotated[int | None, Field(description="Tickets of all who take part.")]
    root: str | None
    commitment_hash: str | None
    secret: Annotated[str | None, Field(description="The operator's, once it is published.")]
    seed: str | None
    created_at: Moment
    closing_at: Moment | None
    frozen_at: Moment | None
    randomness_at: Annotated[Moment | None, Field(description="When the beacon speaks.")]
    drawn_at: Moment | None
    published_at: Moment | None
    voided_at: Moment | None
    void_reason: str | None


class Draws(Shape):
    """A campaign's draws, the newest first, those declared void among them."""

    items: list[Draw]


class Account(Shape):
    """What a winner is known by."""

    network: str
    id: str
    username: str | None
    name: str | None


class Winner(Shape):
    """A place in the order."""

    id: str
    rank: Annotated[int, Field(description="From 1; backups come after the prizes.")]
    place: Place
    prize: Annotated[str | None, Field(description="The prize's title; null for a backup.")]
    prize_id: str | None
    entrant: Annotated[str | None, Field(description="The person's id; null when erased.")]
    name: str
    accounts: list[Account]
    unclaimed: Annotated[bool, Field(description="A post that nobody has claimed.")]
    weight: Annotated[int, Field(description="Their tickets.")]
    tag: Annotated[str, Field(description="By which the proof names them, hex.")]
    erased: bool
    passed_at: Moment | None
    reason: Annotated[str | None, Field(description="Why they were passed over.")]


class Winners(Shape):
    """Everybody drawn, in their order."""

    items: list[Winner]


class Witness(Shape):
    """A witness of a draw of grade C, and how far they are."""

    name: str
    url: Annotated[str, Field(description="Their own page; whoever has it can speak for them.")]
    commitment: str | None
    phrase: str | None


class Witnesses(Shape):
    """The witnesses of a draw."""

    items: list[Witness]


class Dice(Shape):
    """Dice as they were rolled in public."""

    dice: Annotated[
        str,
        StringConstraints(pattern=r"^[1-6 ]{1,300}$"),
        Field(description="Digits from 1 to 6 in the order of the rolls."),
    ]


class LateEntry(Shape):
    """An entry with a time in range that came after the freeze."""

    id: str
    entrant: str
    occurred_at: Moment | None
    recorded_at: Moment
    worth: int


class LateEntries(Shape):
    """Late entries in the order of their arrival, at most 100."""

    items: list[LateEntry]
