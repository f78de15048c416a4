"""Rounds: contenders in turn, many times, compared by the ratios within each round.

A machine's speed drifts, so absolute figures say little. Every round runs all contenders once, in
an order that turns, and a ratio is taken within the round; what is printed is the median of the
ratios with their spread.
"""

import statistics
import sys
import time
from collections.abc import Callable, Mapping

#: Runs one contender on fresh data and gives the seconds of its measured part.
Contender = Callable[[], float]
ROUNDS = 5


def timed(work: Callable[[], object]) -> float:
    """Seconds of wall time that ``work`` takes."""
    before = time.perf_counter()
    work()
    return time.perf_counter() - before


def compare(title: str, floor: str, contenders: Mapping[str, Contender], units: int) -> None:
    """Run the contenders in turn and print their speed relative to ``floor``.

    Args:
        title: What is measured.
        floor: The contender that the others are compared with.
        contenders: By name; each call works on ``units`` rows.
        units: Rows of one call.
    """
    names = list(contenders)
    seconds: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(ROUNDS):
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            seconds[name].append(contenders[name]())
    lines = [f"{title} ({units} rows, {ROUNDS} rounds, median [lowest to highest])"]
    for name in names:
        rates = [units / spent for spent in seconds[name]]
        ratios = [base / spent for base, spent in zip(seconds[floor], seconds[name], strict=True)]
        lines.append(
            f"  {name:<40} {statistics.median(rates):>9,.0f} rows/s   "
            f"{statistics.median(ratios):5.2f} of {floor} [{min(ratios):.2f} to {max(ratios):.2f}]"
        )
    sys.stdout.write("\n".join(lines) + "\n\n")
