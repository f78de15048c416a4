"""``tombola audit``: whether the log of acts is whole, its end to write down, and all of it."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from tombola.installation import Installation


@click.group()
def audit() -> None:
    """The log of every act of members, operators and programs."""


@audit.command()
@click.option("--head", default="", help="NUMBER:HASH as it was once written down.")
def verify(*, head: str) -> None:
    """Say the records at which the chain breaks; exit 1 if there is one."""
    from tombola.teams.audit import breaks  # noqa: PLC0415 # --help stays quick
    from tombola.teams.audit_list import head as head_of  # noqa: PLC0415

    anchor = _anchor(head) if head else None
    with _installation() as inst, inst.db.read() as conn:
        found = list(breaks(conn, anchor))
        end = head_of(conn)
    for number, why in found:
        click.echo(f"record {number}: {why}")
    if found:
        raise click.exceptions.Exit(1)
    click.echo(f"{end.seq} records, all whole. Head: {end.text}")


@audit.command()
def head() -> None:
    """Print NUMBER:HASH of the newest record, to keep where nobody here can change it."""
    from tombola.teams.audit_list import head as head_of  # noqa: PLC0415 # as above

    with _installation() as inst, inst.db.read() as conn:
        click.echo(head_of(conn).text)


@audit.command()
def export() -> None:
    """Write all records as JSON Lines, oldest first."""
    from tombola.teams.audit_list import Wanted, lines  # noqa: PLC0415 # as above
    from tombola.teams.rules import Actor, Role  # noqa: PLC0415

    whoever = Actor(0, "", None, "", Role.VIEWER, operator=True)
    with _installation() as inst:
        for line in lines(inst, whoever, Wanted()):
            click.echo(line, nl=False)


@contextmanager
def _installation() -> "Iterator[Installation]":
    from tombola.app import install  # noqa: PLC0415 # as above
    from tombola.settings import get_settings  # noqa: PLC0415

    inst = install(get_settings(), plugins=[])
    with closing(inst.db):
        yield inst


def _anchor(text: str) -> tuple[int, str]:
    number, _, digest = text.strip().partition(":")
    if not number.isdecimal() or not digest:
        raise click.BadParameter("write it as NUMBER:HASH", param_hint="--head")
    return int(number), digest
