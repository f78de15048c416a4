"""The room's kinds of duty."""

from collections.abc import Sequence

from tombola.inbox.service import CHANNEL_HEAR, CHANNEL_HEARD
from tombola.messages import broadcasting, hearing, sending
from tombola.messages.queueing import MOUTH
from tombola.queue.kinds import Kind


def kinds() -> Sequence[Kind]:
    """Hearing what channels were told, giving broadcasts out, and sending."""
    return (
        Kind(CHANNEL_HEARD, hearing.fan_out),
        Kind(CHANNEL_HEAR, hearing.hear, lease=hearing.LEASE, concurrency=8),
        Kind(broadcasting.BROADCAST, broadcasting.give_out, lease=broadcasting.LEASE),
        Kind(MOUTH, sending.speak, lease=sending.LEASE, concurrency=8),
    )
