"""The command ``tombola check``: what an installation lacks, in words an operator can act on."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from tombola.settings import Settings


@click.command()
def check() -> None:
    """Say what this installation lacks; the exit code is 1 when it lacks anything.

    What it can run without is noted, and does not count.
    """
    from tombola.settings import get_settings  # noqa: PLC0415 # --help stays quick

    settings = get_settings()
    if settings.database.startswith("sqlite") and not settings.data_dir.exists():
        lacks = [f"There is no data folder {settings.data_dir}; run `tombola migrate`."]
    else:
        lacks = [
            *_database(settings.database),
            *_redis(settings.redis_url),
            *_mail(settings),
            *_plugins(),
        ]
    for lack in lacks:
        click.echo(lack)
    if lacks:
        raise SystemExit(1)
    click.echo("Nothing is missing.")
    for note in _notes(settings):
        click.echo(f"Note: {note}")


def _notes(settings: "Settings") -> Iterator[str]:
    """What an installation runs without, and probably should not for long."""
    from contextlib import closing  # noqa: PLC0415 # --help stays quick

    from tombola.db import Database  # noqa: PLC0415
    from tombola.teams.service import is_run_by_somebody  # noqa: PLC0415

    with closing(Database(settings.database)) as db:
        if not is_run_by_somebody(db):
            yield (
                "There is no operator yet; run `tombola operator create`, "
                f"or start Tombola and open {settings.address}/first-start."
            )
    if not settings.smtp_url:
        yield "No mail is sent, so nobody can confirm an e-mail address; set TOMBOLA_SMTP_URL."


def _database(url: str) -> Iterator[str]:
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415 # --help stays quick

    from tombola.api import Busy  # noqa: PLC0415
    from tombola.db import Database  # noqa: PLC0415
    from tombola.db.migrate import is_current  # noqa: PLC0415

    db = Database(url)
    try:
        if not is_current(db):
            yield "The database is not at this version; run `tombola migrate`."
    except SQLAlchemyError as error:
        yield f"The database does not answer: {error.args[0]}"
    except Busy as busy:
        yield f"The database does not answer: {busy.__cause__ or busy}"
    finally:
        db.close()


def _redis(url: str) -> Iterator[str]:
    from redis import Redis, RedisError  # noqa: PLC0415 # --help stays quick
    from redis.backoff import NoBackoff  # noqa: PLC0415
    from redis.retry import Retry  # noqa: PLC0415

    if not url:
        return  # `tombola run` brings its own
    line = Redis.from_url(url, socket_timeout=2, retry=Retry(NoBackoff(), 0))
    try:
        line.ping()
    except RedisError as error:
        yield f"Redis does not answer at TOMBOLA_REDIS_URL: {error}"
    finally:
        line.close()


def _mail(settings: "Settings") -> Iterator[str]:
    from tombola.mail import rules  # noqa: PLC0415 # --help stays quick

    try:
        rules.server(settings)
        rules.sender(settings)
    except ValueError as error:
        yield str(error)


def _plugins() -> Iterator[str]:
    from tombola.plugins.loader import load  # noqa: PLC0415 # imports the plugins

    for plugin in load():
        if not plugin.ready:
            yield f"Plugin {plugin.slug} is {plugin.state}: {plugin.reason}"
