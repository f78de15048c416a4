"""The widget's duty: what waited for an entrant or for the plan becomes entries."""

from datetime import timedelta

from tombola.installation import Installation
from tombola.queue.kinds import Again, Done, Kind, Result
from tombola.queue.tasks import Claim
from tombola.widget.directory import Directory
from tombola.widget.settle import settle_all

SETTLE = "settle"
#: After an upgrade what was pushed meanwhile appears within this time.
EVERY = timedelta(seconds=30)


def settle(inst: Installation, claim: Claim) -> Result:
    """Settle events in sets until none is left or the time is used. Idempotent."""
    directory = Directory(inst)
    while settle_all(inst, directory):
        if claim.over():
            return Again(inst.clock())
    return Done()


def kinds() -> list[Kind]:
    """The duty, which always comes back."""
    return [Kind(SETTLE, settle, every=EVERY, concurrency=1)]
