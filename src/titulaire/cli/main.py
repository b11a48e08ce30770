"""The `titulaire` command: one module of this room per group of commands, each with a `command` of click."""

from __future__ import annotations

import importlib
import os
import pkgutil

import click
import django

from titulaire import cli

NOT_COMMANDS = {"main", "output"}
PURE = {"deadlines"}  # these run without settings or database


class Rooms(click.Group):
    """Finds the groups among this room's modules, and imports only the one that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(
            module.name for module in pkgutil.iter_modules(cli.__path__) if module.name not in NOT_COMMANDS
        )

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        if cmd_name not in PURE:
            _set_up()
        command = importlib.import_module(f"titulaire.cli.{cmd_name}").command
        assert isinstance(command, click.Command)  # noqa: S101 - a module of this room without a command is a bug
        return command


def _set_up() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "titulaire.config.settings")
    django.setup()


@click.group(cls=Rooms, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="titulaire")
def main() -> None:
    """Exécuter un marché public, et le prouver."""


if __name__ == "__main__":
    main()
