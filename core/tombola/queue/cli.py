"""The commands ``tombola worker`` and ``tombola reconcile``."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from tombola.queue.kinds import House


def commands(boot: "Callable[[], House]") -> Sequence[click.Command]:
    """The room's commands.

    Args:
        boot: Makes the installation and its kinds of duty; called when a command runs, so that
            ``--help`` stays quick.
    """

    @click.command()
    @click.option("--poll", is_flag=True, help="Look for work in the database, without Redis.")
    def worker(*, poll: bool) -> None:
        """Do what is due: imports, events, webhooks, pictures."""
        house = boot()
        from tombola.queue import worker as room  # noqa: PLC0415 # RQ takes a quarter of a second

        redis_url = house.site.settings.redis_url
        if poll:
            room.poll(house)
        elif redis_url:
            room.work(house, redis_url)
        else:
            raise click.UsageError(
                "Set TOMBOLA_REDIS_URL to a Redis or Valkey, or give --poll to do without."
            )

    @click.command()
    def reconcile() -> None:
        """Ring for what is due, and take duties from workers that went silent."""
        from tombola.queue import reconciler  # noqa: PLC0415 # as above

        reconciler.reconcile(boot())

    return (worker, reconcile)
