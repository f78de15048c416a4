"""The command ``tombola run``."""

import shlex
import sys
from pathlib import Path

import click

from tombola.settings import get_settings


def _programs(
    _context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]
) -> dict[str, list[str]]:
    """``NAME=COMMAND`` texts as commands by name."""
    programs = {}
    for value in values:
        name, equals, command = value.partition("=")
        words = shlex.split(command)
        if not equals or not name.isidentifier() or not words:
            raise click.BadParameter(f"{value!r} is not NAME=COMMAND, for example box='box serve'.")
        programs[name] = words
    return programs


@click.command()
@click.option(
    "--also",
    multiple=True,
    metavar="NAME=COMMAND",
    callback=_programs,
    help="A further program to keep alive; may listen on the three ports after Tombola's.",
)
@click.option(
    "--seed",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A demo to load; its own programs' ports may be reached.",
)
def run(*, also: dict[str, list[str]], seed: Path | None) -> None:
    """Run everything: Valkey, web, worker and reconciler, until Ctrl-C."""
    from tombola.run import start  # noqa: PLC0415 # --help stays quick

    failure = start.run(get_settings(), also=also, seed=seed, out=sys.stdout.buffer)
    if failure is not None:
        raise click.ClickException(failure)
