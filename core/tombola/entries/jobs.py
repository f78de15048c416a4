"""The room's kinds of duty."""

from collections.abc import Sequence
from datetime import timedelta

from tombola.entries import bulk
from tombola.queue.kinds import Kind


def kinds() -> Sequence[Kind]:
    """Acts on many entries."""
    return (Kind(bulk.BULK, bulk.go_on, lease=timedelta(seconds=60), concurrency=2),)
