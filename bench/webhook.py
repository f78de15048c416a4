"""How soon a webhook is acknowledged (`python -m bench.webhook`): ours against a bare handler.

Ours verifies the signature over the raw bytes, splits the delivery, and commits event and duties
before it answers; the bare handler reads the body and answers, on the same server in the same run.
Meta waits five seconds for the answer (Messenger Platform, "Webhooks", read 2026-11-22).
"""

import hashlib
import hmac
import json
import statistics
import sys
import time
from contextlib import ExitStack

from sqlalchemy import func, select

from bench.load import Result, load
from bench.rounds import in_turn, ratio
from bench.servers import granian, ours, served
from bench.site import Site, sites
from tombola.api import Account
from tombola.connections.models import connection
from tombola.connections.rules import ConnectionState
from tombola.connections.store import sealed
from tombola.db import new_uid
from tombola.inbox.models import inbox
from tombola.plugins import config
from tombola.plugins.switches import Scope
from tombola.teams.models import team
from tombola.testing.running import free_port

SECONDS = 3.0
CONNECTIONS = 16
PAGE, SECRET = "100", "the app's secret"
_PLUGIN = "meta"


def prepare(site: Site) -> None:
    """Give the installation an app's secret, and its team the page that events are about."""
    inst = site.inst
    owner = inst.plugins.by_slug[_PLUGIN].parts.settings
    if owner is None or owner.installation is None:
        raise SystemExit("the plugin that receives webhooks is not there")
    values = owner.installation.model_validate({"app_id": "1", "app_secret": SECRET})
    now = inst.clock()
    with inst.db.write() as conn:
        config.save(conn, inst.vault, _PLUGIN, Scope.INSTALLATION, "", values)
        team_id = conn.execute(select(team.c.id)).scalars().first() or 0
        uid, page = new_uid(now), Account(PAGE, "Page", "page")
        conn.execute(
            connection.insert().values(
                uid=uid, team_id=team_id, connector=_connector(site), account_uid=PAGE,
                kind="page", title="Page", facts={}, sealed=sealed(inst.vault, team_id, uid, page),
                state=ConnectionState.WORKS, created_at=now, renewed_at=now,
            )
        )  # fmt: skip


def _connector(site: Site) -> str:
    keys = [each.key for each in site.inst.plugins.connectors() if each.key.startswith(_PLUGIN)]
    return keys[0]


def delivery(number: int) -> bytes:
    """The ``number``-th message to the page, signed as Meta signs; each tenth comes again."""
    which = number - 1 if number % 10 == 9 else number  # noqa: PLR2004 # as said
    at = int(time.time() * 1000)
    said = {
        "sender": {"id": f"psid-{which % 1000}"},
        "recipient": {"id": PAGE},
        "timestamp": at,
        "message": {"mid": f"m_{which:012}", "text": "Grüße an den Löwen"},
    }
    body = json.dumps(
        {"object": "page", "entry": [{"id": PAGE, "time": at, "messaging": [said]}]}
    ).encode()
    signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    return (
        f"POST /webhooks/{_PLUGIN}/events HTTP/1.1\r\nHost: localhost\r\n"
        f"Content-Type: application/json\r\nX-Hub-Signature-256: sha256={signature}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode() + body


class Counter:
    """Numbers deliveries over all rounds, so that only the meant ones come again."""

    def __init__(self) -> None:
        self.first = 0

    def attack(self, port: int, good: int) -> Result:
        """Deliver for a while; everything is answered as it should be."""
        found = load(
            port, delivery, connections=CONNECTIONS, seconds=SECONDS, first=self.first, keep=True
        )
        self.first += 1_000_000
        if found.statuses[good] != found.statuses.total():
            raise SystemExit(f"unexpected answers: {found.statuses}")
        return found


def kept(site: Site) -> int:
    """Events that are stored."""
    with site.inst.db.read() as conn:
        return conn.execute(select(func.count()).select_from(inbox)).scalar_one()


def main() -> None:
    """Run on both databases."""
    with sites() as found:
        for site in found:
            prepare(site)
            counter, told = Counter(), 0
            with ExitStack() as stack:
                port, other = free_port(), free_port()
                stack.enter_context(served(ours(), port, site.environment, "/healthz"))
                command = granian("bench.naive:floor", other)
                stack.enter_context(served(command, other, site.environment, "/"))
                results = in_turn(
                    {
                        "ours": lambda port=port, c=counter: c.attack(port, 200),  # type: ignore[misc] # defaults bind
                        "bare handler": lambda port=other, c=counter: c.attack(port, 204),  # type: ignore[misc] # as above
                    }
                )
            told = sum(
                len({n - 1 if n % 10 == 9 else n for n, _ in one.told})  # noqa: PLR2004 # as sent
                for one in results["ours"]
            )
            stored = kept(site)
            if stored != told:
                raise SystemExit(f"{told} different events were acknowledged, {stored} are stored")
            title = f"Webhooks on {site.inst.db.dialect}, {CONNECTIONS} connections"
            sys.stdout.write(f"{title}: verified, stored, acknowledged, median of rounds\n")
            for name, each in results.items():
                rate = statistics.median(one.rate for one in each)
                p50, p99 = (
                    statistics.median(one.quantile(part) for one in each) * 1000
                    for part in (0.5, 0.99)
                )
                sys.stdout.write(
                    f"  {name:<13} {rate:>8,.0f} a second   p50 {p50:6.1f} ms   p99 {p99:6.1f} ms\n"
                )
            late = {name: [one.quantile(0.5) for one in each] for name, each in results.items()}
            against = ratio(late["ours"], late["bare handler"])
            sys.stdout.write(f"  latency, ours : bare handler {against}\n")
            sys.stdout.write(f"  {stored:,} events stored, none lost, none twice\n\n")


if __name__ == "__main__":
    main()
