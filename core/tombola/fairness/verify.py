"""Checks a proof bundle from nothing but its own bytes, and says each check in words."""

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, Any

from tombola.fairness import bundle as files
from tombola.fairness import log as logs
from tombola.fairness.bundle import Head, LogRecord, Row
from tombola.fairness.hashing import MOST, SALT, exclusions_hash, hash_of, tag
from tombola.fairness.outside import Outside, judge
from tombola.fairness.selection import Listed, seed, select
from tombola.fairness.tree import BLOCK, Sum, block, climb, root

PROVES = {
    "A": "Two beacons of two operators: the result could not be known or chosen by the organiser, "
    "nor by one of the beacons alone.",
    "B": "One beacon: the result could not be known or chosen by the organiser. It does not show "
    "that nobody who runs the beacon could.",
    "C": "Witnesses or dice: the result was not the organiser's choice if at least one witness "
    "kept their phrase secret, or if the dice were really rolled after the freeze.",
    "D": "The organiser's secret alone: the result follows from what was committed to, but the "
    "organiser knew it beforehand. This does not show that the draw was fair.",
}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    Attributes:
        name: Short and fixed, for programs.
        ok: Whether it holds; None where there was nothing to check it with.
        says: What was found, in words.
    """

    name: str
    ok: bool | None
    says: str


@dataclass
class Report:
    """What came of checking a bundle.

    Attributes:
        head: The bundle without its pool.
        winners: Tags in the order drawn, as recomputed.
    """

    head: Head
    checks: list[Check] = field(default_factory=list)
    winners: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether nothing contradicts the bundle."""
        return all(check.ok is not False for check in self.checks)

    @property
    def voided(self) -> bool:
        """Whether the draw was declared void."""
        return any(r.body.get("kind") == "void" for r in _own(self.head))

    @property
    def finished(self) -> bool:
        """Whether there is a result that counts."""
        return self.head.result is not None and not self.voided

    @property
    def proves(self) -> str:
        """What the grade shows and what it does not."""
        return PROVES[self.head.commitment.randomness.grade]

    def add(self, name: str, ok: bool | None, says: str) -> bool:  # noqa: FBT001 # a Check's own
        """Note a check; returns whether it holds."""
        self.checks.append(Check(name, ok, says))
        return ok is not False


def verify(
    stream: IO[str],
    *,
    log: Sequence[LogRecord] | None = None,
    commitment: str | None = None,
) -> Report:
    """Check one bundle.

    Args:
        stream: Its text.
        log: The installation's whole log as published, from its first record; shows draws that
            the bundle keeps quiet about.
        commitment: The commitment's hash as somebody noted it before the draw, hex.

    Raises:
        Unreadable: It is no bundle.
    """
    head, rows = files.read(stream)
    report = Report(head)
    said = head.commitment
    known = (head.kind, said.algorithm) == (files.KIND, files.ALGORITHM)
    if not report.add(
        "algorithm",
        known,
        f"The algorithm is {said.algorithm}."
        if known
        else f"The algorithm {said.algorithm!r} in a {head.kind!r} is not one that this knows.",
    ):
        return report
    pool = _pool(report, rows)
    _exclusions(report)
    _commitment(report, commitment)
    _log(report, log)
    outside = judge(head)
    for name, ok, says in outside.checks:
        report.add(name, ok, says)
    if head.result is None:
        report.add("result", None, "Nothing has been drawn yet.")
    elif pool is not None and outside.complete:
        _result(report, pool, outside)
    else:
        report.add("result", ok=False, says="What was drawn cannot be recomputed from this bundle.")
    return report


def _pool(report: Report, rows: Iterator[Row]) -> Listed | None:
    """Read the pool once: its order, its tickets, its tree."""
    said = report.head.commitment
    pool, tree = Listed(), _Tree()
    last = b""
    left_out = {bytes.fromhex(row[0]) for row in report.head.exclusions}
    wrong = None
    for place, (one, weight) in enumerate(rows, 1):
        if one <= last:
            wrong = f"Line {place} of the pool stands twice or out of order."
        elif weight < 1:
            wrong = f"Line {place} of the pool has no tickets."
        elif weight > MOST or pool.total + weight > MOST:
            wrong = f"With line {place} the pool has more tickets than 2^63 - 1."
        elif said.mode == files.Mode.PER_PERSON.value and weight != 1:
            wrong = f"Line {place} has {weight} tickets in a draw of one ticket a person."
        elif one in left_out:
            wrong = f"Line {place} of the pool is also among those left out."
        if wrong is not None:
            report.add("pool", ok=False, says=wrong)
            return None
        last = one
        pool.add(one, weight)
        tree.add(one, weight)
    found, total = tree.close()
    people = len(pool)
    same = (found.hex(), str(total), str(people)) == (said.root, said.total, said.people)
    says = f"{people} people with {total} tickets give the root that was committed to."
    if not same:
        says = (
            f"The pool is not the one that was committed to: {people} people with {total} tickets "
            f"and the root {found.hex()[:16]}…, where {said.people} with {said.total} and "
            f"{said.root[:16]}… were promised."
        )
    return pool if report.add("pool", same, says) else None


class _Tree:
    """The root of leaves that come one after another."""

    def __init__(self) -> None:
        self._tags: list[bytes] = []
        self._weights: list[int] = []
        self._blocks: list[Sum] = []

    def add(self, one: bytes, weight: int) -> None:
        self._tags.append(one)
        self._weights.append(weight)
        if len(self._tags) == BLOCK:
            self._close_block()

    def close(self) -> Sum:
        if self._tags:
            self._close_block()
        return root(self._blocks) if self._blocks else (b"", 0)

    def _close_block(self) -> None:
        made = block(self._tags, self._weights)
        self._blocks.append((made.digest, made.weight))
        self._tags, self._weights = [], []


def _exclusions(report: Report) -> None:
    rows = [(bytes.fromhex(t), int(w), reason) for t, w, reason in report.head.exclusions]
    said = report.head.commitment
    tags = [row[0] for row in rows]
    ordered = tags == sorted(set(tags))
    same = ordered and (exclusions_hash(rows), str(len(rows))) == (said.exclusions, said.excluded)
    report.add(
        "exclusions",
        same,
        f"{len(rows)} people were left out, each with a reason given before the draw."
        if same
        else "The list of those left out is not the one that was committed to.",
    )


def _commitment(report: Report, noted: str | None) -> None:
    head = report.head
    found = hash_of(head.commitment.model_dump())
    record = _record(head, "commit")
    same = record is not None and (
        record.body.get("commitment"),
        record.body.get("campaign"),
    ) == (found, head.commitment.campaign)
    report.add(
        "commitment",
        same,
        f"What was committed to is record {record.seq} of the log, draw {head.commitment.draw}."
        if same and record is not None
        else "What the bundle says was committed to is not what stands in the log.",
    )
    if noted is not None:
        same = noted.lower() == found
        says = "It is" if same else "It is not"
        report.add("noted", same, f"{says} the commitment that was noted before the draw.")


def _log(report: Report, published: Sequence[LogRecord] | None) -> None:
    head = report.head
    wrong = logs.broken(head.log) or _disordered(head)
    report.add("log", wrong is None, wrong or "The log's records follow each other without a gap.")
    commit = _record(head, "commit")
    if published is None or commit is None:
        says = "Compare the log with the published one to see every draw of this campaign."
        report.add("other draws", None, says)
        return
    wrong = logs.broken(published) or _differs(head.log, published)
    if wrong is None and (not published or published[0].seq != "1"):
        wrong = "The published log does not begin with its first record."
    wrong = wrong or _hidden(head, commit, published)
    says = "The published log knows this draw, and every earlier draw of the campaign is named."
    report.add("other draws", wrong is None, wrong or says)


def _disordered(head: Head) -> str | None:
    own = _own(head)
    kinds = [record.body.get("kind") for record in own]
    for once in ("commit", "secret", "result", "void"):
        if kinds.count(once) > 1:
            return f"The log has two records {once!r} of this draw."
    if kinds[:1] != ["commit"] or head.log[0] != own[0]:
        return "The bundle's part of the log does not begin with this draw's commitment."
    moments = [record.body.get("at", "") for record in head.log]
    if moments != sorted(moments) or moments[0] < head.commitment.frozen_at:
        return "The log's records are not in the order of their times."
    return None


def _differs(own: Sequence[LogRecord], published: Sequence[LogRecord]) -> str | None:
    known = {record.seq: record for record in published}
    for record in own:
        if known.get(record.seq) != record:
            return f"Record {record.seq} is not the one in the published log."
    return None


def _hidden(head: Head, commit: LogRecord, published: Sequence[LogRecord]) -> str | None:
    before = {
        record.body["draw"]
        for record in published
        if record.body.get("kind") == "commit"
        and record.body.get("campaign") == head.commitment.campaign
        and int(record.seq) < int(commit.seq)
    }
    named = {each.draw for each in head.commitment.earlier}
    if hidden := before - named:
        numbers = ", ".join(sorted(hidden, key=int))
        return f"The campaign was drawn before, and the bundle says nothing of it: draw {numbers}."
    return None


def _result(report: Report, pool: Listed, outside: Outside) -> None:
    head = report.head
    shown, said = head.result, head.commitment
    if shown is None:
        return
    found = seed(bytes.fromhex(said.root), outside.secret, outside.values)
    same = (shown.seed, shown.fallback) == (found.hex(), outside.fallback)
    report.add(
        "seed",
        same,
        "The seed follows from pool, secret and randomness."
        if same
        else "The seed does not follow from pool, secret and randomness.",
    )
    places = [str(n) for n, prize in enumerate(said.prizes, 1) for _ in range(int(prize.winners))]
    most = len(places) + int(said.backups)
    order = list(select(found, pool.total, pool.interval_at, most))
    report.winners = [each.tag.hex() for each in order]
    prizes = places[: len(order)] + ["0"] * (len(order) - len(places))
    rows = [
        (str(rank), each.tag.hex(), str(each.weight), str(each.block), prize)
        for rank, (each, prize) in enumerate(zip(order, prizes, strict=True), 1)
    ]
    given = [(r.rank, r.tag, r.weight, r.block, r.prize) for r in shown.winners]
    same = rows == given and shown.draw == said.draw
    winners = min(len(places), len(order))
    report.add(
        "winners",
        same,
        f"{winners} winners and {len(order) - winners} backups are those that the seed draws."
        if same
        else "The winners are not those that the seed draws from the pool.",
    )
    record = _record(head, "result")
    same = record is not None and record.body.get("result") == hash_of(shown.model_dump())
    report.add(
        "result",
        same,
        "The result is the one in the log." if same else "The result is not the one in the log.",
    )


def _own(head: Head) -> list[LogRecord]:
    return [record for record in head.log if record.body.get("draw") == head.commitment.draw]


def _record(head: Head, kind: str) -> LogRecord | None:
    return next((record for record in _own(head) if record.body.get("kind") == kind), None)


def inclusion_trouble(document: Mapping[str, Any]) -> str | None:
    """Why a person's private proof does not lead to the root that it names; None when it does.

    The root is to be compared with the one in the draw's commitment.
    """
    try:
        salt = bytes.fromhex(document["salt"])
        own = tag(salt, document["subject"])
        way = [
            (side, bytes.fromhex(digest), int(weight)) for side, digest, weight in document["path"]
        ]
        found, total = climb(own, int(document["weight"]), way)
        told = (document["tag"], document["root"], document["total"])
    except (KeyError, TypeError, ValueError, OverflowError, struct.error) as error:
        return f"This is no private proof: {error}"
    if len(salt) != SALT or told[0] != own.hex():
        return "The tag is not that of this name and salt."
    if any(side not in {"left", "right"} for side, _, _ in way):
        return "A neighbour is neither left nor right."
    if told[1:] != (found.hex(), str(total)):
        return "The way from this person does not lead to the root."
    return None
