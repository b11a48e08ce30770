"""The words of click itself, in French.

Click asks gettext, which answers in the language of the machine and from catalogues that Python does not ship. This
product speaks French wherever it runs: click's modules are given this catalogue in gettext's place. A test reads
click's sources and finds there no sentence for people that is missing here.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping

MODULES = (
    "core",
    "decorators",
    "exceptions",
    "formatting",
    "parser",
    "termui",
    "types",
    "utils",
    "_termui_impl",
)

WORDS: Mapping[str, str] = {
    # Help
    "Usage:": "Usage :",
    "Options": "Options",
    "Commands": "Commandes",
    "Positional arguments": "Arguments",
    "Show this message and exit.": "Montrer cette aide.",
    "Show the version and exit.": "Montrer la version.",
    "%(prog)s, version %(version)s": "%(prog)s, version %(version)s",
    "default: {default}": "par défaut : {default}",
    "env var: {var}": "variable : {var}",
    "required": "obligatoire",
    "(dynamic)": "(calculé)",
    "deprecated": "abandonné",
    "file": "fichier",
    "directory": "dossier",
    "path": "chemin",
    "Choice({choices})": "Choix({choices})",
    # What was typed and cannot be
    "Error: {message}": "Refusé : {message}",
    "Try '{command} {option}' for help.": "Aide : « {command} {option} ».",
    "Did you mean {possibility}?": "Vouliez-vous dire {possibility} ?",
    "(Did you mean one of: {possibilities}?)": "Vouliez-vous dire l’un de ceux-ci : {possibilities} ?",
    "Missing command.": "il manque la commande.",
    "Missing argument": "il manque l’argument",
    "Missing option": "il manque l’option",
    "Missing parameter": "il manque",
    "Missing {param_type}": "il manque {param_type}",
    "Missing parameter: {param_name}": "il manque {param_name}",
    "No such option {name!r}.": "l’option {name} n’existe pas.",
    "No such command {name!r}.": "la commande « {name} » n’existe pas.",
    "Invalid value: {message}": "{message}",
    "Invalid value for {param_hint}: {message}": "{param_hint} : {message}",
    "Got unexpected extra argument ({args})": "un mot de trop : {args}",
    "Got unexpected extra arguments ({args})": "des mots de trop : {args}",
    "Option {name!r} does not take a value.": "l’option {name} ne prend pas de valeur.",
    "Option {name!r} requires an argument.": "l’option {name} attend une valeur.",
    "Option {name!r} requires {nargs} arguments.": "l’option {name} attend {nargs} valeurs.",
    "Argument {name!r} takes {nargs} values.": "l’argument {name} attend {nargs} valeurs.",
    "Takes {nargs} values but 1 was given.": "{nargs} valeurs sont attendues, une est donnée.",
    "Takes {nargs} values but {len} were given.": "{nargs} valeurs sont attendues, {len} sont données.",
    "{len_type} values are required, but {len_value} was given.": (
        "{len_type} valeurs sont attendues, {len_value} est donnée."
    ),
    "{len_type} values are required, but {len_value} were given.": (
        "{len_type} valeurs sont attendues, {len_value} sont données."
    ),
    "Value must be an iterable.": "plusieurs valeurs sont attendues.",
    "Choose from:\n\t{choices}": "Choisissez parmi :\n\t{choices}",
    "{value!r} is not {choice}.": "« {value} » n’est pas {choice}.",
    "{value!r} is not one of {choices}.": "« {value} » n’est pas parmi {choices}.",
    "{value!r} does not match the format {format}.": "« {value} » ne se lit pas ; écrivez {format}.",
    "{value!r} does not match the formats {formats}.": "« {value} » ne se lit pas ; écrivez {formats}.",
    "{value!r} is not a valid {number_type}.": "« {value} » n’est pas un nombre qui convient.",
    "{value} is not in the range {range}.": "{value} n’est pas dans les bornes {range}.",
    "{value!r} is not a valid boolean. Recognized values: {states}": (
        "« {value} » n’est ni oui ni non ; valeurs connues : {states}"
    ),
    "{value!r} is not a valid UUID.": "« {value} » n’est pas un identifiant.",
    "{name} {filename!r} does not exist.": "{name} « {filename} » n’existe pas.",
    "{name} {filename!r} is a file.": "{name} « {filename} » est un fichier.",
    "{name} {filename!r} is a directory.": "{name} « {filename} » est un dossier.",
    "{name} {filename!r} is not readable.": "{name} « {filename} » ne peut pas être lu.",
    "{name} {filename!r} is not writable.": "{name} « {filename} » ne peut pas être écrit.",
    "{name} {filename!r} is not executable.": "{name} « {filename} » ne peut pas être exécuté.",
    "Could not open file {filename!r}: {message}": "« {filename} » ne s’ouvre pas : {message}",
    "unknown error": "erreur inconnue",
    # At the keyboard
    "Aborted!": "Abandonné.",
    "Do you want to continue?": "Continuer ?",
    "Confirm the action without prompting.": "Confirmer sans poser la question.",
    "Repeat for confirmation": "Répétez pour confirmer",
    "Error: The two entered values do not match.": "Les deux valeurs diffèrent.",
    "Error: invalid input": "Réponse illisible.",
    "Press any key to continue...": "Appuyez sur une touche…",
    "d": "j",
    "{editor}: Editing failed": "{editor} : échec",
    "{editor}: Editing failed: {e}": "{editor} : échec : {e}",
    "DeprecationWarning: The command {name!r} is deprecated.{extra_message}": (
        "La commande « {name} » est abandonnée.{extra_message}"
    ),
    "DeprecationWarning: The {param_type} {name!r} is deprecated.{extra_message}": (
        "« {name} » est abandonné.{extra_message}"
    ),
}

WRITTEN: Mapping[str, str] = {
    "'%Y-%m-%dT%H:%M:%S'": "2026-05-31T14:30:00",
    "'%Y-%m-%d %H:%M:%S'": "2026-05-31 14:30:00",
    "'%Y-%m-%d'": "comme 2026-05-31",
    "'%Y-%m'": "comme 2026-05",
}
"""How the dates of click are typed, where its messages name them by their pattern."""

FOR_PROGRAMMERS = frozenset(
    {
        "Arguments take exactly one parameter declaration, got {length}: {decls}.",
        "Boolean option {decl!r} cannot use the same flag for true/false.",
        "Could not determine name for option with declarations {decls!r}",
        "Invalid start character for option ({option})",
        "Name '{name}' defined twice",
        "No options defined but a name was passed ({name}). Did you mean to declare an argument instead? Did you "
        "mean to pass '--{name}'?",
        "Unknown color {colour!r}",
        "Unknown standard stream '{name}'",
    }
)
"""What click says of a command that is badly written: nobody who types sees it."""


def in_french(text: str) -> str:
    """What click would say, said in French."""
    return WORDS.get(text, text)


def in_french_counted(one: str, several: str, count: int) -> str:
    """What click would say of a number of things; nought is singular in French."""
    return in_french(one if abs(count) < 2 else several)


def speak_french() -> None:
    """Give click this catalogue, in this process."""
    for name in MODULES:
        module = importlib.import_module(f"click.{name}")
        for asked, answer in (("_", in_french), ("ngettext", in_french_counted)):
            if hasattr(module, asked):
                setattr(module, asked, answer)
