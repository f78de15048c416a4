"""A process with a few clients, each with a connection of its own, who all press at once.

Arguments: a JSON object with the installation's settings, the campaign, the prize, the entrants.
Waits for a line on standard input, then writes what came of each press as JSON.
"""

import json
import sys
import threading
from pathlib import Path

from tombola.api import Busy
from tombola.campaigns.service import by_key
from tombola.db import Database
from tombola.rewards.service import Wanted, claim
from tombola.testing import installation
from tombola.testing.clock import Clock


def main() -> None:
    told = json.loads(sys.argv[1])
    database = Database(told["database"])
    inst = installation.make(database, Clock(), Path(told["folder"]))
    with inst.db.read() as conn:
        campaign = by_key(conn, told["key"])
    start = threading.Barrier(len(told["entrants"]))
    came: list[str] = []

    def press(entrant_id: int) -> None:
        start.wait(30)
        wanted = Wanted(campaign, told["prize"], entrant_id, (), lambda *_: ("", ""))
        while True:
            try:
                came.append(claim(inst, wanted).value)
            except Busy:
                continue
            return

    clients = [threading.Thread(target=press, args=(each,)) for each in told["entrants"]]
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    sys.stdout.write(json.dumps(came))
    database.close()


main()
