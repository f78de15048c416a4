"""What came from outside: the secret, the beacons, the witnesses, the dice, and whether in time."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from tombola.fairness.beacons import Round, is_genuine
from tombola.fairness.bundle import (
    DICE,
    Grade,
    Head,
    LogRecord,
    moment_of,
)
from tombola.fairness.hashing import SECRET, sha256, witness_commitment

#: Beacons that a grade takes.
BEACONS = {Grade.A: 2, Grade.B: 1, Grade.C: 0, Grade.D: 0}
#: Witnesses that grade C takes at least, where there are no dice.
WITNESSES = 2

#: Name, whether it holds, and what was found.
Said = tuple[str, bool | None, str]


@dataclass
class Outside:
    """What goes into the seed, and what was found about it.

    Attributes:
        complete: Everything has been revealed and is what was promised.
        secret: 32 bytes; empty when the fallback without it holds.
        values: In the order of the commitment.
    """

    complete: bool = True
    secret: bytes = b""
    fallback: bool = False
    values: list[bytes] = field(default_factory=list)
    checks: list[Said] = field(default_factory=list)

    def add(self, name: str, wrong: str | None, says: str) -> None:
        """Note what was found; ``wrong`` says why it does not hold."""
        self.checks.append((name, wrong is None, wrong or says))
        self.complete = self.complete and wrong is None


def judge(head: Head) -> Outside:
    """Check all that was to come from outside, as far as it has come."""
    found = Outside()
    said = head.commitment.randomness
    found.add("grade", _misgraded(head), f"The grade is {said.grade}.")
    commit = _record(head, "commit")
    if commit is None:
        found.add("secret", "There is no record of the commitment.", "")
        return found
    _secret(head, found)
    if head.result is None and not _revealed(head):
        found.complete = False
        return found
    for name, wrong, says in (*_beacons(head, found), *_witnesses(head, found)):
        found.add(name, wrong, says)
    return found


def _misgraded(head: Head) -> str | None:
    """What is wrong with the sources for the grade that is stated; None when nothing is."""
    said = head.commitment.randomness
    grade, dice = Grade(said.grade), int(said.dice)
    beacons, names = said.beacons, {each.name for each in said.witnesses}
    wrong = {
        f"Grade {grade} takes {BEACONS[grade]} beacons, not {len(beacons)}.": (
            len(beacons) != BEACONS[grade]
        ),
        "The beacons are not independent: they have one operator or one key.": (
            len({each.operator for each in beacons}) != len(beacons)
            or len({each.public_key for each in beacons}) != len(beacons)
        ),
        f"Grade {grade} takes neither witnesses nor dice.": (
            grade is not Grade.C and bool(names or dice)
        ),
        "Grade C takes either witnesses or dice.": grade is Grade.C and bool(names) == bool(dice),
        f"Grade C takes at least {DICE} dice.": 0 < dice < DICE,
        f"Grade C takes at least {WITNESSES} witnesses.": 0 < len(names) < WITNESSES,
        "Two witnesses have the same name.": len(names) != len(said.witnesses),
    }
    return next((says for says, holds in wrong.items() if holds), None)


def _secret(head: Head, found: Outside) -> None:
    """The operator's secret: in time and genuine, or left out by the committed fallback."""
    record = _record(head, "secret")
    shown = bytes.fromhex(head.reveals.secret)
    in_time = record is not None and _is_in_time(head, record)
    found.fallback = head.reveals.fallback
    if found.fallback:
        wrong = None
        if not head.commitment.randomness.beacons:
            wrong = "Without a beacon there is no fallback; the secret had to be shown."
        elif in_time:
            wrong = "The secret was published in time and yet left out."
        found.add("secret", wrong, "The secret was not published in time and is left out.")
        return
    if record is None and not shown and head.result is None:
        found.complete = False
        return
    wrong = None
    if record is None or record.body.get("secret") != shown.hex():
        wrong = "The secret was withheld: it is not the one in the log."
    elif not in_time:
        wrong = "The secret was published too late, and yet used."
    elif len(shown) != SECRET or sha256(shown).hex() != head.commitment.secret:
        wrong = "The secret is not the one that was committed to."
    found.secret = shown
    found.add("secret", wrong, "The secret is the one committed to, and was published in time.")


def _is_in_time(head: Head, record: LogRecord) -> bool:
    """Before every beacon's round; witnesses and dice have no time of their own."""
    at = moment_of(record.body["at"])
    return all(
        at < each.chain.round_at(int(each.round)) for each in head.commitment.randomness.beacons
    )


def _revealed(head: Head) -> bool:
    shown = head.reveals
    return bool(shown.beacons or shown.phrases or shown.dice)


def _beacons(head: Head, found: Outside) -> Iterator[tuple[str, str | None, str]]:
    promised, shown = head.commitment.randomness.beacons, head.reveals.beacons
    if len(promised) != len(shown):
        yield "beacon", "Not every beacon's round is there.", ""
        return
    commit = _record(head, "commit")
    committed_at = moment_of(commit.body["at"]) if commit else None
    for each, signed in zip(promised, shown, strict=True):
        due = each.chain.round_at(int(each.round))
        given = Round(
            int(each.round), bytes.fromhex(signed.signature), bytes.fromhex(signed.previous)
        )
        wrong = None
        if committed_at is None or committed_at >= due:
            wrong = f"Round {each.round} of {each.name} was known before the commitment."
        elif not is_genuine(each.chain, given):
            wrong = f"{each.name} has not signed this as round {each.round}."
        found.values.append(given.value)
        yield "beacon", wrong, f"{each.name} has signed round {each.round}, due {due:%F %T} UTC."


def _witnesses(head: Head, found: Outside) -> Iterator[tuple[str, str | None, str]]:
    said, shown = head.commitment.randomness, head.reveals
    if len(said.witnesses) != len(shown.phrases):
        yield "witness", "Not every witness has said their phrase.", ""
        return
    for each, phrase in zip(said.witnesses, shown.phrases, strict=True):
        same = witness_commitment(each.name, phrase) == each.commitment
        wrong = None if same else f"{each.name} said something else than they had committed to."
        found.values.append(phrase.encode())
        yield "witness", wrong, f"{each.name} said what they had committed to."
    if int(said.dice):
        wrong = None
        if len(shown.dice) != int(said.dice):
            wrong = f"{said.dice} dice were promised and {len(shown.dice)} are shown."
        found.values.append(shown.dice.encode())
        yield "dice", wrong, f"{said.dice} dice were rolled."
    elif shown.dice:
        yield "dice", "Dice are shown that nobody promised.", ""


def _record(head: Head, kind: str) -> LogRecord | None:
    for record in head.log:
        if record.body.get("draw") == head.commitment.draw and record.body.get("kind") == kind:
            return record
    return None
