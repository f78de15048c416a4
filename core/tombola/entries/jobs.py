"""The room's kinds of duty."""

from collections.abc import Sequence
from datetime import timedelta

from tombola.entries import bulk, downloads
from tombola.queue.kinds import Kind


def kinds() -> Sequence[Kind]:
    """Acts on many entries, and files of them."""
    minute = timedelta(seconds=60)
    return (
        Kind(bulk.BULK, bulk.go_on, lease=minute, concurrency=2),
        Kind(downloads.WRITE, downloads.write, lease=minute, concurrency=2),
        Kind(downloads.SWEEP, downloads.sweep, every=timedelta(hours=1), concurrency=1),
    )
