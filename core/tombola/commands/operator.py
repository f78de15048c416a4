"""The command ``tombola operator``."""

from contextlib import closing

import click


@click.group()
def operator() -> None:
    """Who runs this installation."""


@operator.command()
@click.option("--name", prompt=True, help="The name that others see.")
@click.option("--email", prompt=True, help="The address to log in with.")
@click.password_option(envvar="TOMBOLA_OPERATOR_PASSWORD", help="Asked for unless given.")
def create(*, name: str, email: str, password: str) -> None:
    """Make the first operator."""
    from pydantic import ValidationError  # noqa: PLC0415 # --help stays quick

    from tombola.api import Conflict  # noqa: PLC0415
    from tombola.app import install  # noqa: PLC0415
    from tombola.settings import get_settings  # noqa: PLC0415
    from tombola.teams import service  # noqa: PLC0415

    try:
        form = service.NewMember.model_validate(
            {"name": name, "email": email, "password": password}
        )
        inst = install(get_settings())
        with closing(inst.db):
            made = service.create_first_operator(inst, form)
    except ValidationError as error:
        lines = (f"{each['loc'][0]}: {each['msg']}" for each in error.errors())
        raise click.ClickException("; ".join(lines)) from error
    except Conflict as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{made.name} ({made.email}) runs this installation now.")
