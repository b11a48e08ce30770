"""The model of an order file: headings, one example row that is never ordered, a page of help."""

from __future__ import annotations

import csv
import io

from titulaire.vouchers.orders.reading.corrections import workbook
from titulaire.vouchers.orders.reading.files import EXAMPLE_REFERENCE
from titulaire.vouchers.orders.reading.headings import FIELD

_COLUMNS: tuple[tuple[str, str, str], ...] = (
    (
        "reference",
        f"{EXAMPLE_REFERENCE}-0001",
        "Votre référence de dossier. Jamais le numéro de sécurité sociale.",
    ),
    ("civility", "Mme", "M., Mme, ou M. et Mme. Facultatif."),
    ("last_name", "Durand-Exemple", "Nom imprimé sur le carnet et l’enveloppe."),
    ("first_name", "Camille", "Prénom usuel."),
    ("complement_1", "Appartement 12, 2e étage", "Appartement, étage, porte, « chez ». Facultatif."),
    ("complement_2", "Résidence des Tilleuls", "Bâtiment, résidence, entrée. Facultatif."),
    ("address_1", "14 rue du Modèle", "Numéro et voie, 38 caractères au plus."),
    ("place", "", "Lieu-dit ou boîte postale. Facultatif."),
    ("postal_code", "47000", "Cinq chiffres, cellule au format Texte pour garder le zéro initial."),
    ("city", "Agen", "Commune, suivie de CEDEX et de son numéro s’il y a lieu."),
    ("vouchers", "5", "Nombre entier de titres."),
    ("month", "01/2026", "01/2026, janvier 2026 ou 2026-01. Vide : le mois choisi à l’écran."),
    ("delivery", "Domicile", "Domicile ou CPAM. Vide : domicile."),
    ("campaign", "", "Nom de l’opération. Facultatif."),
)


def template_csv() -> bytes:
    """Headings and the example row, as French spreadsheets open them."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(FIELD[code].label for code, _, _ in _COLUMNS)
    writer.writerow(example for _, example, _ in _COLUMNS)
    return out.getvalue().encode("utf-8-sig")


def template_xlsx() -> bytes:
    """The same as a workbook, its columns in text format, with a sheet « Aide »."""
    out = io.BytesIO()
    with workbook(out) as book:
        heading = book.add_format({"bold": True, "bg_color": "#E8EEF4", "border": 1, "text_wrap": True})
        text = book.add_format({"num_format": "@"})
        example = book.add_format({"num_format": "@", "italic": True, "font_color": "#595959"})
        wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        sheet = book.add_worksheet("Commande")
        for at, (code, value, _) in enumerate(_COLUMNS):
            sheet.set_column(at, at, max(14, len(FIELD[code].label) + 2, len(value) + 2), text)
            sheet.write_string(0, at, FIELD[code].label, heading)
            sheet.write_string(1, at, value, example)
        sheet.freeze_panes(1, 0)
        _help(book.add_worksheet("Aide"), heading, wrapped)
    return out.getvalue()


def _help(sheet, heading, wrapped) -> None:  # type: ignore[no-untyped-def]
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 14)
    sheet.set_column(2, 2, 76)
    for at, title in enumerate(("Titre de la colonne", "Obligatoire ?", "Ce qu’on y écrit")):
        sheet.write_string(0, at, title, heading)
    for number, (code, _, what) in enumerate(_COLUMNS, 1):
        sheet.write_string(number, 0, FIELD[code].label, wrapped)
        sheet.write_string(number, 1, "oui" if FIELD[code].mandatory else "non", wrapped)
        sheet.write_string(number, 2, what, wrapped)
    advice = (
        "La ligne d’exemple n’est jamais commandée : vous pouvez la laisser ou la supprimer.",
        "L’ordre des colonnes est libre ; les colonnes inconnues sont ignorées.",
        "Un fichier qui contient un numéro de sécurité sociale est refusé en entier.",
        "Renvoyer deux fois le même fichier, même renommé ou trié autrement, ne commande qu’une fois.",
    )
    for number, sentence in enumerate(advice, len(_COLUMNS) + 2):
        sheet.merge_range(number, 0, number, 2, sentence, wrapped)
