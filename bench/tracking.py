"""What a push costs (`python -m bench.tracking`): ours, a naive application, an idle server.

Every push is answered after its commit, with the same durability, and comes from a visitor who is
new; each tenth is a repeat. All servers stand side by side on one machine with the generator, so
only the ratios within a round mean anything.
"""

import statistics
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from itertools import count

from bench.load import Result, load
from bench.rounds import in_turn, ratio
from bench.servers import granian, gunicorn, ours, served
from bench.site import Site, push, sites
from tombola.testing.running import free_port

SECONDS = 3.0
WARM_S = 0.5
CONNECTIONS = (32, 128)
OURS, NAIVE, FLOOR = "ours", "naive", "bare WSGI"
_fresh = count(0, 10_000_000)


def contenders(site: Site, stack: ExitStack) -> dict[str, int]:
    """Start them; their ports by name."""
    commands: dict[str, Callable[[int], list[str]]] = {
        OURS: lambda _: ours(),
        NAIVE: lambda port: gunicorn("bench.naive:app", port),
        FLOOR: lambda port: granian("bench.naive:floor", port),
    }
    ports = {}
    for name, command in commands.items():
        port = free_port()
        stack.enter_context(served(command(port), port, site.environment, "/healthz"))
        ports[name] = port
    return ports


def attack(port: int, connections: int) -> Result:
    """Push for a while, with visitors that nobody has seen."""
    load(port, push, connections=connections, seconds=WARM_S, first=next(_fresh))
    result = load(port, push, connections=connections, seconds=SECONDS, first=next(_fresh))
    wrong = {status: n for status, n in result.statuses.items() if status not in {204, 503}}
    if wrong:
        raise SystemExit(f"unexpected answers: {wrong}")
    return result


def table(title: str, found: Mapping[str, list[Result]]) -> Iterator[str]:
    """Rates, waits and refusals, and the ratios that the goals speak of."""
    yield f"{title}, {len(found[OURS])} rounds, median [lowest to highest]"
    for name, results in found.items():
        rate = statistics.median(each.rate for each in results)
        late = statistics.median(each.quantile(0.99) for each in results)
        refused = sum(each.statuses[503] for each in results)
        yield f"  {name:<12} {rate:>9,.0f} pushes/s   p99 {late * 1000:7.1f} ms   {refused} busy"
    rates = {name: [each.rate for each in results] for name, results in found.items()}
    late_s = {name: [each.quantile(0.99) for each in rs] for name, rs in found.items()}
    yield f"  ours : naive        {ratio(rates[OURS], rates[NAIVE])}  (goal 25)"
    yield f"  ours : bare WSGI    {ratio(rates[OURS], rates[FLOOR])}  (goal 0.33)"
    yield f"  p99 naive : ours    {ratio(late_s[NAIVE], late_s[OURS])}  (goal 30 at 128)"


@contextmanager
def started(site: Site) -> Iterator[dict[str, int]]:
    """The contenders' ports while they run."""
    with ExitStack() as stack:
        yield contenders(site, stack)


def main() -> None:
    """Run on both databases."""
    with sites() as found:
        for site in found:
            with started(site) as ports:
                for connections in CONNECTIONS:
                    results = in_turn(
                        {
                            name: lambda port=port, n=connections: attack(port, n)  # type: ignore[misc] # defaults bind
                            for name, port in ports.items()
                        }
                    )
                    title = f"Tracking on {site.inst.db.dialect}, {connections} connections"
                    sys.stdout.write("\n".join([*table(title, results), "", ""]))
                    sys.stdout.flush()


if __name__ == "__main__":
    main()
