"""The widget's duties: what waited becomes entries, and who never came back is forgotten."""

from datetime import timedelta

from tombola.installation import Installation
from tombola.queue.kinds import Again, Done, Kind, Result
from tombola.queue.tasks import Claim
from tombola.widget import forgetting, idempotency, nonces
from tombola.widget.directory import Directory
from tombola.widget.settle import settle_all

SETTLE = "settle"
FORGET = "forget_visitors"
#: After an upgrade what was pushed meanwhile appears within this time.
EVERY = timedelta(seconds=30)


def settle(inst: Installation, claim: Claim) -> Result:
    """Settle events in sets until none is left or the time is used. Idempotent."""
    directory = Directory(inst)
    while settle_all(inst, directory):
        if claim.over():
            return Again(inst.clock())
    with inst.db.write() as conn:
        nonces.prune(conn, inst.clock())
        idempotency.prune(conn, inst.clock())
    return Done()


def kinds() -> list[Kind]:
    """The duties, which always come back."""
    return [
        Kind(SETTLE, settle, every=EVERY, concurrency=1),
        Kind(FORGET, forgetting.forget, every=timedelta(days=1), concurrency=1),
    ]
