"""The sandbox as a plugin: it brings commands and nothing else."""

from collections.abc import Iterable

import click

from tombola.hookspecs import hookimpl
from tombola_sandbox.commands import load, play, post, serve


@hookimpl
def register_commands() -> Iterable[click.Command]:
    """``tombola sandbox serve``, ``load``, ``play`` and ``post``."""
    return [serve, load, play, post]
