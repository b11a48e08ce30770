"""A table handed in, as a file or as lines."""

from __future__ import annotations

from typing import Any

from django import forms

from titulaire.ui.cells import Refused, table_of_file, table_of_text
from titulaire.ui.fields import FileField

LARGEST_FILE = 2 * 1024 * 1024
RULES = {
    "UNREADABLE": "Ce n’est ni un CSV ni un classeur Excel lisible.",
    "EMPTY": "Il n’y a aucune ligne sous les titres de colonnes.",
    "MISSING": "La colonne « {column} » manque dans la première ligne.",
    "NOT_A_DAY": "Ligne {row} : « {value} » n’est pas une date. Écrivez 2026-05-04 ou 04/05/2026.",
    "NOT_A_COUNT": "Ligne {row} : « {value} » n’est pas un nombre entier (colonne « {column} »).",
    "NOT_HOURS": "Ligne {row} : « {value} » n’est pas un nombre d’heures (colonne « {column} »).",
    "TOO_MUCH": "Ligne {row} : « {value} » est trop grand (colonne « {column} »).",
    "TOO_LONG": "Le tableau a plus de {value} lignes.",
    "TWICE": "Ligne {row} : « {value} » est dit deux fois.",
    "MIXED": "Le {value}, des flux sont nommés et une ligne n’en nomme aucun : choisissez.",
    "UNKNOWN": "Ligne {row} : « {value} » n’est pas connu (colonne « {column} »).",
    "BLANK": "Ligne {row} : la colonne « {column} » est vide.",
    "OTHER_WEEK": "Ligne {row} : le {value} n’est pas un jour de la semaine déclarée.",
}


def refusal_written(refused: Refused) -> str:
    """What is wrong with a table, where, in French."""
    return RULES[refused.rule].format(row=refused.row, column=refused.column, value=refused.value)


class TableForm(forms.Form):
    """A table, as a file or as lines; `read` turns it into what it says."""

    file = FileField(
        label="Fichier CSV ou Excel", accept=".csv,.xlsx", max_bytes=LARGEST_FILE, required=False
    )
    lines = forms.CharField(
        label="ou lignes à coller",
        required=False,
        max_length=500_000,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
    )

    def read(self, table: list[list[str]]) -> Any:
        """What the table says.

        Raises:
            Refused: it cannot be read.
        """
        raise NotImplementedError

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if self.errors:
            return said
        file, lines = said.get("file"), said.get("lines", "")
        if bool(file) == bool(lines.strip()):
            self.add_error("file", "Donnez un fichier, ou collez des lignes : l’un des deux.")
            return said
        try:
            if file:
                said["content"], said["file_name"] = file.read(), file.name
                table = table_of_file(said["content"])
            else:
                said["content"], said["file_name"] = lines.encode(), "saisie.csv"
                table = table_of_text(lines)
            said["rows"] = self.read(table)
        except Refused as refused:
            self.add_error("file" if file else "lines", refusal_written(refused))
        return said
