"""The `titulaire` command: one module of this room per group of commands, each with a `command` of click."""

from __future__ import annotations

import ast
import errno
import importlib
import os
import pkgutil
from pathlib import Path
from typing import Any

import click
import django
from click.exceptions import NoArgsIsHelpError
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, ProgrammingError

from titulaire import cli
from titulaire.cli.french import WRITTEN
from titulaire.cli.output import print_json

NOT_COMMANDS = {"french", "main", "options", "output"}
PURE = {"deadlines"}  # these run without settings or database
ASKED_JSON = f"{__name__}.json"
UNUSABLE = {
    errno.ENOENT: "ce dossier n’existe pas",
    errno.EACCES: "l’accès en est refusé",
    errno.EROFS: "il ne peut pas être écrit",
    errno.EISDIR: "c’est un dossier",
    errno.ENOTDIR: "un fichier est là où il faut un dossier",
    errno.EEXIST: "il existe déjà",
    errno.ENOSPC: "le disque est plein",
}
"""Why a file that somebody named cannot be used."""


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

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.meta[ASKED_JSON] = "--json" in args
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; whatever it refuses is one JSON document where `--json` was asked."""
        try:
            return self._run(ctx)
        except NoArgsIsHelpError:
            raise
        except click.ClickException as refused:
            message = refused.format_message()
            for code, written in WRITTEN.items():
                message = message.replace(code, written)
            if not ctx.meta[ASKED_JSON]:
                raise _Said(message, refused) from refused
            print_json({"error": message})
            return ctx.exit(refused.exit_code)

    def _run(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (OperationalError, ProgrammingError) as fault:
            if "no such table" in str(fault) or "does not exist" in str(fault):
                raise click.ClickException(
                    "la base de données n’est pas prête : lancez « titulaire setup », ou « make demo »"
                ) from fault
            raise
        except LookupError as fault:
            raise _without_terms(fault) from fault
        except OSError as fault:
            if fault.filename is None or fault.errno not in UNUSABLE:
                raise
            raise click.ClickException(f"« {fault.filename} » : {UNUSABLE[fault.errno]}.") from fault


def _without_terms(fault: LookupError) -> Exception:
    """The refusal, where a contract is open and nobody wrote what it says; else the fault itself."""
    if not apps.ready:
        return fault
    from titulaire.contracts.queries import NoTermsFile, codes_with_terms

    if not isinstance(fault, NoTermsFile):
        return fault
    known = ", ".join(codes_with_terms())
    return click.UsageError(
        f"rien n’est écrit de ce que dit le marché « {fault.contract_code} » : il lui faut un fichier de "
        f"stipulations (marchés qui en ont un : {known})."
    )


class _Said(click.UsageError):
    """A refusal with its message made readable; the usage is shown as for the refusal itself."""

    def __init__(self, message: str, refused: click.ClickException) -> None:
        super().__init__(message, getattr(refused, "ctx", None))
        self.exit_code = refused.exit_code  # type: ignore[misc]


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
