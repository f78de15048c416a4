"""The command ``tombola``. Each command is loaded only when it is asked for.

So ``--help`` and ``--version`` answer at once, and everything works while plugins are broken: a
plugin's code is loaded for its own commands (``tombola SLUG …``) and by those that run it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import click

from tombola import __version__


@dataclass(frozen=True)
class Offer:
    """One command: what it does in a line, and where it is.

    ``place`` is ``module:name``, or a module whose ``commands(boot)`` gives several.
    """

    summary: str
    place: str


OFFERS: Mapping[str, Offer] = {
    "run": Offer("Run everything until Ctrl-C.", "tombola.run.cli:run"),
    "web": Offer("Serve the pages.", "tombola.commands.web:web"),
    "worker": Offer("Do what is due: imports, events, pictures.", "tombola.queue.cli"),
    "reconcile": Offer("Ring for what is due.", "tombola.queue.cli"),
    "migrate": Offer("Bring the database to this version.", "tombola.commands.migrate:migrate"),
    "seed": Offer("Load a demo, once.", "tombola.commands.seed:seed"),
    "check": Offer("Say what this installation lacks.", "tombola.commands.check:check"),
    "operator": Offer("Make the first operator.", "tombola.commands.operator:operator"),
    "audit": Offer("Verify and export the audit log.", "tombola.commands.audit:audit"),
    "erasures": Offer(
        "List who was erased, and erase again after a restore.",
        "tombola.commands.erasures:erasures",
    ),
    "languages": Offer(
        "Say what languages lack, and begin a new one.", "tombola.commands.languages:languages"
    ),
    "draw": Offer("Check a draw's proof.", "tombola.commands.draw:draw"),
    "plugins": Offer("List plugins and what became of them.", "tombola.plugins.cli:plugins"),
}


class Commands(click.Group):
    """Our commands by name, and plugins' by slug."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Our own, in the order of a life: start first."""
        return list(OFFERS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load one command, ours or a plugin's."""
        offer = OFFERS.get(cmd_name)
        return _loaded(cmd_name, offer.place) if offer else _of_plugin(cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list without loading any command."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, offer.summary) for name, offer in OFFERS.items()])


@click.group(cls=Commands, epilog="A plugin's commands follow its slug: tombola SLUG --help")
@click.version_option(__version__, prog_name="tombola")
def main() -> None:
    """Tombola: competitions and rewards in which every way to enter is a plugin."""
    import_module("tombola.logs").configure()


def _loaded(name: str, place: str) -> click.Command:
    module, _, attribute = place.partition(":")
    room = import_module(module)
    if attribute:
        return _command(getattr(room, attribute))
    return next(_command(found) for found in room.commands(_house) if found.name == name)


def _command(found: Any) -> click.Command:
    if not isinstance(found, click.Command):
        raise TypeError(f"{found!r} is no command.")
    return found


def _house() -> Any:
    """The installation with its kinds of duty, made when a command runs."""
    return import_module("tombola.app").house()


def _of_plugin(slug: str) -> click.Command | None:
    from tombola.plugins.discovery import discover  # noqa: PLC0415 # --help stays quick

    if slug not in {plugin.slug for plugin in discover()}:
        return None
    from tombola.plugins.loader import load  # noqa: PLC0415 # imports the plugins

    plugin = next(plugin for plugin in load() if plugin.slug == slug)
    if not plugin.ready:
        raise click.ClickException(f"Plugin {slug!r} is {plugin.state}: {plugin.reason}")
    return _grouped(slug, plugin.parts.commands)


def _grouped(slug: str, commands: list[click.Command]) -> click.Command:
    whole = next((command for command in commands if command.name == slug), None)
    others = [command for command in commands if command is not whole]
    if whole is not None and not others:
        return whole
    group = whole if isinstance(whole, click.Group) else click.Group(slug)
    for command in others:
        group.add_command(command)
    return group
