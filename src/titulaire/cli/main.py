"""The `titulaire` command: one module of this room per group of commands, each with a `command` of click."""

from __future__ import annotations

import ast
import importlib
import os
import pkgutil
from pathlib import Path
from typing import Any

import click
import django
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, ProgrammingError

from titulaire import cli

NOT_COMMANDS = {"main", "options", "output"}
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
            set_up()
        command = importlib.import_module(f"titulaire.cli.{cmd_name}").command
        assert isinstance(command, click.Command)  # noqa: S101 - a module of this room without a command is a bug
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, read from the files: asking for help needs no settings."""
        with formatter.section("Commandes"):
            formatter.write_dl([(name, _first_line(name)) for name in self.list_commands(ctx)])

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (OperationalError, ProgrammingError) as fault:
            if "no such table" in str(fault) or "does not exist" in str(fault):
                raise click.ClickException(
                    "la base de données n’est pas prête : lancez « titulaire setup », ou « make demo »"
                ) from fault
            raise


def _first_line(name: str) -> str:
    tree = ast.parse((Path(cli.__path__[0]) / f"{name}.py").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == "command":
            return (ast.get_docstring(node) or "").split("\n")[0]
    return ""


def set_up() -> None:
    """Make settings and models ready; says in French what is missing."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "titulaire.config.settings")
    try:
        django.setup()
    except ImproperlyConfigured as fault:
        raise click.ClickException(f"{fault}. « make demo » prépare tout pour un essai.") from fault


@click.group(cls=Rooms, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="titulaire")
def main() -> None:
    """Exécuter un marché public, et le prouver."""


if __name__ == "__main__":
    main()
