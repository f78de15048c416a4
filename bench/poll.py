"""What a poll that finds nothing new costs (`python -m bench.poll`): ours against Flask and ORM."""

import statistics
import sys
from contextlib import ExitStack
from http.client import HTTPConnection

from bench.load import Result, load
from bench.rounds import in_turn, ratio
from bench.servers import gunicorn, ours, served
from bench.site import KEY, Site, sites
from tombola.testing.running import free_port
from tombola.widget import entering
from tombola.widget.directory import Directory

SECONDS = 3.0
CONNECTIONS = 64
PEOPLE = 500


def people(site: Site) -> list[str]:
    """Entrants of the campaign: the secrets of their browsers."""
    directory = Directory(site.inst)
    place = directory.get(KEY)
    if place is None:
        raise SystemExit("the campaign is not there")
    secrets = [f"{n:043}" for n in range(PEOPLE)]
    for n, secret in enumerate(secrets):
        entering.enter(site.inst, directory, place, secret, "Ann", f"ann{n}@mail.example")
    return secrets


def ask(secret: str, tag: str = "") -> bytes:
    """A poll of one browser."""
    n = int(secret)
    sender = f"10.0.{n >> 8}.{n & 255}"
    return (
        f"GET /s/{KEY} HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: {sender}\r\n"
        f"Cookie: tombola-visitor={secret}\r\nIf-None-Match: {tag}\r\n\r\n"
    ).encode()


def tags(port: int, secrets: list[str]) -> list[bytes]:
    """Each browser's poll with the tag that it was told."""
    line, polls = HTTPConnection("127.0.0.1", port), []
    for n, secret in enumerate(secrets):
        cookie, sender = f"tombola-visitor={secret}", f"10.0.{n >> 8}.{n & 255}"
        line.request("GET", f"/s/{KEY}", headers={"Cookie": cookie, "X-Forwarded-For": sender})
        answer = line.getresponse()
        answer.read()
        polls.append(ask(secret, answer.headers["ETag"]))
    line.close()
    return polls


def attack(port: int, secrets: list[str]) -> Result:
    """Poll for a while; all but those after an hour's change are answered 304."""
    polls = tags(port, secrets)
    found = load(port, lambda n: polls[n % len(polls)], connections=CONNECTIONS, seconds=SECONDS)
    if found.statuses[304] < 0.98 * found.statuses.total():
        raise SystemExit(f"unexpected answers: {found.statuses}")
    return found


def main() -> None:
    """Run on both databases."""
    with sites() as found:
        for site in found:
            secrets = people(site)
            with ExitStack() as stack:
                port, other = free_port(), free_port()
                stack.enter_context(served(ours(), port, site.environment, "/healthz"))
                command = gunicorn("bench.naive:app", other)
                stack.enter_context(served(command, other, site.environment, "/healthz"))
                results = in_turn(
                    {
                        "ours": lambda port=port, s=secrets: attack(port, s),  # type: ignore[misc] # defaults bind
                        "Flask and ORM": lambda port=other, s=secrets: attack(port, s),  # type: ignore[misc] # as above
                    }
                )
            title = f"Polls on {site.inst.db.dialect}, {CONNECTIONS} connections"
            sys.stdout.write(f"{title}, median [lowest to highest]\n")
            for name, each in results.items():
                rate = statistics.median(one.rate for one in each)
                late = statistics.median(one.quantile(0.99) for one in each) * 1000
                sys.stdout.write(f"  {name:<15} {rate:>9,.0f} polls/s   p99 {late:6.1f} ms\n")
            rates = {name: [one.rate for one in each] for name, each in results.items()}
            against = ratio(rates["ours"], rates["Flask and ORM"])
            sys.stdout.write(f"  ours : Flask and ORM {against}  (goal 30)\n\n")


if __name__ == "__main__":
    main()
