"""The command ``tombola seed``."""

import sys
from contextlib import closing
from pathlib import Path

import click
from pydantic import ValidationError

from tombola.settings import get_settings


@click.command()
@click.argument("document", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def seed(document: Path) -> None:
    """Load a demo from DOCUMENT, once, and print where to look."""
    from tombola.api import TombolaError  # noqa: PLC0415 # --help stays quick
    from tombola.app import install  # noqa: PLC0415 # as above
    from tombola.seeding import load  # noqa: PLC0415 # as above

    settings = get_settings()
    places = {
        "web": settings.address,
        "shop": f"http://127.0.0.1:{settings.port + 1}",
        "sandbox": f"http://127.0.0.1:{settings.port + 2}",
    }
    try:
        inst = install(settings)
        with closing(inst.db):
            lines = load(inst, document, places)
    except (TombolaError, ValidationError) as error:
        raise click.ClickException(f"{document}: {error}") from error
    sys.stdout.write("".join(f"{line}\n" for line in lines))
