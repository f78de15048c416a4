"""``tombola erasures``: the list to keep beside backups, and erasing again after a restore."""

from contextlib import closing
from pathlib import Path

import click


@click.group()
def erasures() -> None:
    """Erasures of people: keep the list beside your backups."""


@erasures.command()
def export() -> None:
    """Write the list as JSON Lines; it names nobody."""
    from tombola.app import install  # noqa: PLC0415 # --help stays quick
    from tombola.privacy.replaying import lines  # noqa: PLC0415
    from tombola.settings import get_settings  # noqa: PLC0415

    inst = install(get_settings(), plugins=[])
    with closing(inst.db):
        for line in lines(inst):
            click.echo(line, nl=False)


@erasures.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def replay(*, file: Path) -> None:
    """Erase again, after a restore, who was erased since the backup. Workers do it."""
    from tombola.app import install  # noqa: PLC0415 # as above
    from tombola.privacy import replaying  # noqa: PLC0415
    from tombola.settings import get_settings  # noqa: PLC0415

    inst = install(get_settings(), plugins=[])
    with closing(inst.db), file.open(encoding="utf-8") as told:
        try:
            asked = replaying.replay(inst, told)
        except ValueError as wrong:
            raise click.ClickException(f"{file}: {wrong}") from wrong
    click.echo(f"{asked} erasures asked for again.")
