"""Rounds: contenders in turn, many times, compared by the ratios within each round.

A machine's speed drifts, so absolute figures say little. Every round runs all contenders once, in
an order that turns, and a ratio is taken within the round; what is printed is the median of the
ratios with their spread.
"""

import os
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")

#: Runs one contender on fresh data and gives the seconds of its measured part.
Contender = Callable[[], float]
#: Fewer only to see whether everything runs.
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))


def timed(work: Callable[[], object]) -> float:
    """Seconds of wall time that ``work`` takes."""
    before = time.perf_counter()
    work()
    return time.perf_counter() - before


def in_turn(contenders: Mapping[str, Callable[[], T]]) -> dict[str, list[T]]:
    """What each contender gave in each round."""
    names = list(contenders)
    given: dict[str, list[T]] = {name: [] for name in names}
    for turn in range(ROUNDS):
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            given[name].append(contenders[name]())
    return given


def ratio(one: Sequence[float], other: Sequence[float]) -> str:
    """How often ``other`` goes into ``one``: the median of the rounds and their spread."""
    found = [a / b for a, b in zip(one, other, strict=True)]
    return f"{statistics.median(found):6.2f} [{min(found):.2f} to {max(found):.2f}]"


def compare(title: str, floor: str, contenders: Mapping[str, Contender], units: int) -> None:
    """Run the contenders in turn and print their speed relative to ``floor``.

    Args:
        title: What is measured.
        floor: The contender that the others are compared with.
        contenders: By name; each call works on ``units`` rows.
        units: Rows of one call.
    """
    seconds = in_turn(contenders)
    lines = [f"{title} ({units} rows, {ROUNDS} rounds, median [lowest to highest])"]
    for name, spent in seconds.items():
        rate = statistics.median(units / each for each in spent)
        against = ratio(seconds[floor], spent)
        lines.append(f"  {name:<40} {rate:>9,.0f} rows/s   {against} of {floor}")
    sys.stdout.write("\n".join(lines) + "\n\n")
