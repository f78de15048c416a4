"""What decides a draw, without a database: sources of randomness, places, what may follow what."""

from collections.abc import Sequence
from datetime import timedelta

from tombola.api import Invalid, Text
from tombola.draws.types import MOST_DRAWN, DrawForm, State
from tombola.fairness.beacons import Chain
from tombola.fairness.bundle import Grade
from tombola.fairness.outside import BEACONS, WITNESSES

#: How long after the commitment the beacon's round is due at the earliest: time for the secret to
#: be published, and for anybody who wants to note the commitment.
LEAD = timedelta(seconds=60)
#: Past this the last imports are no longer waited for; the sources are named as unread.
CLOSING = timedelta(minutes=20)
#: Between two looks at imports, and at a beacon that does not answer: a quarter of what was waited
#: already, within these bounds.
LOOK = timedelta(seconds=5)
LONGEST_WAIT = timedelta(minutes=5)

#: Why people are left out by rule; an admin's own reasons stand beside these.
ERASED, UNCLAIMED, WON, REQUIREMENTS = "erased", "unclaimed", "won before", "requirements not met"

#: States in which pool and rules have been committed to.
COMMITTED = frozenset({State.FROZEN, State.WAITING, State.DRAWN, State.PUBLISHED})
#: States in which a draw goes on by itself, one a campaign.
AT_WORK = frozenset({State.CLOSING, State.FROZEN, State.WAITING})
#: States in which there are winners that count.
COUNTS = frozenset({State.DRAWN, State.PUBLISHED})


def beacons_for(grade: Grade, chains: Sequence[Chain]) -> list[Chain] | None:
    """The beacons that a grade takes, of different operators; None when there are too few."""
    by_operator: dict[str, Chain] = {}
    for chain in chains:
        by_operator.setdefault(chain.operator, chain)
    wanted = BEACONS[grade]
    return list(by_operator.values())[:wanted] if len(by_operator) >= wanted else None


def grades(chains: Sequence[Chain]) -> list[Grade]:
    """The grades that these beacons allow, the best first."""
    return [grade for grade in Grade if beacons_for(grade, chains) is not None]


def check(form: DrawForm, possible: Sequence[Grade]) -> None:
    """Complain about what a form's own types cannot see. Raises Invalid."""
    wrong: dict[str, Text] = {}
    if form.places + form.backups > MOST_DRAWN:
        wrong["backups"] = f"Draw at most {MOST_DRAWN} winners and backups."
    if form.since and form.until and form.since >= form.until:
        wrong["until"] = "The end must come after the beginning."
    if form.grade not in possible:
        wrong["grade"] = (
            "This installation knows too few beacons for this grade, or cannot read their list. "
            "The operator names them with TOMBOLA_BEACONS."
        )
    if form.grade is not Grade.C and form.witnesses:
        wrong["witnesses"] = "Only grade C takes witnesses."
    if form.witnesses and len(form.witnesses) < WITNESSES:
        wrong["witnesses"] = f"Name at least {WITNESSES} witnesses, or none to roll dice."
    if len(set(form.witnesses)) != len(form.witnesses):
        wrong["witnesses"] = "Each witness needs a name of their own."
    if wrong:
        raise Invalid(wrong)


def prize_of(form: DrawForm, rank: int) -> int | None:
    """The prize that a rank wins, from 1 in the form's order; None for a backup."""
    for number, prize in enumerate(form.prizes, 1):
        rank -= prize.winners
        if rank <= 0:
            return number
    return None


def wait(waited: timedelta) -> timedelta:
    """How long to wait before the next look at something that is not there yet."""
    return min(max(waited / 4, LOOK), LONGEST_WAIT)
