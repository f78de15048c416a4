"""Plugins made on the spot, of plain functions, for tests of what the core does with them."""

import types
from collections.abc import Callable
from typing import Any

import click

from tombola.hookspecs import hookimpl
from tombola.plugins.loader import adopt
from tombola.plugins.states import Plugin


def make_plugin(slug: str, **hooks: Callable[..., Any]) -> Plugin:
    """Make a ready plugin whose hook implementations are the given functions, by hook name.

    Raises:
        ValueError: it would not be ready, with the reason.
    """
    hooks.setdefault("register_commands", _no_commands)
    marked = {name: hookimpl(function) for name, function in hooks.items()}
    plugin = adopt(slug, types.SimpleNamespace(**marked))
    if not plugin.ready:
        raise ValueError(plugin.reason)
    return plugin


def _no_commands() -> list[click.Command]:
    return []
