"""The rules an order file is read by: one stable code each, its title and how to mend, in French.

`docs/rules/fichier-de-commande.md` describes the same codes for the CPAM's managers; a test keeps both equal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Scope = Literal["FILE", "ROW", "NOTICE"]


@dataclass(frozen=True, slots=True)
class Rule:
    """`scope` says what the rule refuses: the whole file, one row, or nothing (`NOTICE`)."""

    code: str
    scope: Scope
    title: str
    mend: str


class CellRefused(Exception):
    """A cell that cannot be ordered. `mend` is empty when the rule's own way to mend is enough."""

    def __init__(self, rule: str, message: str, mend: str = "") -> None:
        super().__init__(rule)
        self.rule = rule
        self.message = message
        self.mend = mend or RULES[rule].mend


class FileRefused(Exception):
    """A file that cannot be read at all. `fields` are those that a choice of columns by hand would settle."""

    def __init__(
        self, rule: str, message: str, mend: str = "", column: str = "", fields: tuple[str, ...] = ()
    ) -> None:
        super().__init__(rule)
        self.rule = rule
        self.message = message
        self.mend = mend or RULES[rule].mend
        self.column = column
        self.fields = fields


_NEW_WORKBOOK = (
    "Copiez le tableau dans un classeur neuf, enregistrez-le au format .xlsx ou CSV, puis renvoyez-le."
)
_SPLIT = "Répartissez la commande en plusieurs fichiers, ou supprimez les feuilles et colonnes inutiles."

_TABLE = tuple[tuple[str, str, str], ...]

_FILE: _TABLE = (
    ("FILE_EMPTY", "Fichier vide", "Vérifiez que le bon fichier a été choisi, puis renvoyez-le."),
    ("FILE_TOO_LARGE", "Fichier trop volumineux", _SPLIT),
    (
        "FORMAT_UNKNOWN",
        "Format non reconnu",
        "Enregistrez le tableau au format .xlsx ou CSV (séparateur point-virgule), puis renvoyez-le.",
    ),
    (
        "FORMAT_OLD",
        "Classeur ancien ou protégé par un mot de passe",
        "Ouvrez le classeur, retirez le mot de passe, enregistrez-le au format .xlsx, puis renvoyez-le.",
    ),
    ("ARCHIVE_BROKEN", "Classeur abîmé ou incomplet", _NEW_WORKBOOK),
    ("ARCHIVE_UNSAFE", "Classeur au contenu dangereux", _NEW_WORKBOOK),
    ("ARCHIVE_TOO_LARGE", "Classeur démesuré une fois ouvert", _NEW_WORKBOOK),
    ("WORKBOOK_UNREADABLE", "Classeur illisible", _NEW_WORKBOOK),
    (
        "QUOTES_BROKEN",
        "Guillemets mal fermés dans le CSV",
        'Corrigez les guillemets (") de cette ligne, ou enregistrez le tableau au format .xlsx.',
    ),
    ("TOO_MANY_ROWS", "Trop de lignes", _SPLIT),
    ("TOO_MANY_COLUMNS", "Trop de colonnes", _SPLIT),
    (
        "HEADINGS_MISSING",
        "Titres de colonnes introuvables",
        "Ajoutez une ligne de titres (« Référence », « Nom », « Prénom », « Adresse 1 », « Code postal », "
        "« Ville », « Nombre de titres »…) au-dessus des bénéficiaires, ou partez du modèle.",
    ),
    (
        "COLUMN_MISSING",
        "Colonne obligatoire absente",
        "Ajoutez cette colonne, ou indiquez à l’écran quelle colonne de votre fichier en tient lieu.",
    ),
    (
        "COLUMN_TWICE",
        "Deux colonnes pour la même donnée",
        "Renommez ou supprimez l’une des deux colonnes, ou choisissez à l’écran celle à retenir.",
    ),
    (
        "NIR_FOUND",
        "Numéro de sécurité sociale présent",
        "Supprimez cette colonne ou ces numéros, puis renvoyez le fichier : la référence de dossier suffit.",
    ),
    (
        "NO_ROWS",
        "Aucun bénéficiaire",
        "Ajoutez au moins une ligne de bénéficiaire sous la ligne de titres.",
    ),
)

_ROW: _TABLE = (
    ("REFERENCE_MISSING", "Référence absente", "Inscrivez la référence de dossier du bénéficiaire."),
    (
        "REFERENCE_INVALID",
        "Référence invalide",
        "Utilisez au plus 40 caractères : lettres, chiffres, espaces, points, tirets et barres obliques.",
    ),
    (
        "REFERENCE_TWO_NAMES",
        "Même référence, noms différents",
        "Vérifiez la référence : une référence désigne une seule personne, écrite de la même façon partout.",
    ),
    (
        "REFERENCE_TWICE",
        "Même bénéficiaire deux fois pour le même mois",
        "Regroupez les titres sur une seule ligne, ou distinguez-les par la colonne « Campagne ».",
    ),
    ("DUPLICATE_ROW", "Ligne en double", "Supprimez cette ligne : la première est retenue."),
    ("NAME_MISSING", "Nom absent", "Inscrivez le nom du bénéficiaire."),
    (
        "NAME_INVALID",
        "Nom invalide",
        "N’écrivez que des lettres latines, des espaces, des traits d’union et des apostrophes.",
    ),
    (
        "NAME_TOO_LONG",
        "Nom trop long pour l’enveloppe",
        "Abrégez le nom ou le prénom : la première ligne de l’adresse tient en 38 caractères.",
    ),
    ("CIVILITY_UNKNOWN", "Civilité inconnue", "Écrivez « M. », « Mme », « M. et Mme », ou laissez vide."),
    ("ADDRESS_MISSING", "Adresse absente", "Inscrivez au moins la voie ou le lieu-dit."),
    (
        "ADDRESS_TOO_LONG",
        "Ligne d’adresse trop longue",
        "Raccourcissez cette ligne à 38 caractères, ou mettez le bâtiment sur une autre ligne.",
    ),
    (
        "ADDRESS_TOO_MANY_LINES",
        "Adresse de plus de six lignes",
        "Gardez au plus quatre lignes entre le nom et la ligne « code postal et ville ».",
    ),
    (
        "ADDRESS_CHARACTER",
        "Caractère non imprimable dans l’adresse",
        "N’écrivez que des lettres latines, des chiffres et la ponctuation courante.",
    ),
    (
        "ADDRESS_FOREIGN",
        "Adresse hors de France",
        "Indiquez une adresse en France : les titres y sont utilisés.",
    ),
    ("POSTAL_CODE_MISSING", "Code postal absent", "Inscrivez les cinq chiffres du code postal."),
    (
        "POSTAL_CODE_INVALID",
        "Code postal invalide",
        "Inscrivez les cinq chiffres du code postal ; dans un classeur, mettez la cellule au format Texte.",
    ),
    ("CITY_MISSING", "Ville absente", "Inscrivez le nom de la commune."),
    (
        "CITY_INVALID",
        "Ville invalide",
        "Inscrivez le seul nom de la commune, suivi le cas échéant de « CEDEX » et de son numéro.",
    ),
    ("QUANTITY_MISSING", "Nombre de titres absent", "Inscrivez le nombre de titres à émettre."),
    (
        "QUANTITY_NOT_INTEGER",
        "Nombre de titres non entier",
        "Inscrivez un nombre entier en chiffres, par exemple 5.",
    ),
    ("QUANTITY_ZERO", "Nombre de titres nul", "Inscrivez au moins 1, ou supprimez la ligne."),
    (
        "QUANTITY_NEGATIVE",
        "Nombre de titres négatif",
        "Inscrivez un nombre positif : un retrait de titres se demande par une opposition.",
    ),
    (
        "QUANTITY_TOO_LARGE",
        "Nombre de titres trop élevé",
        "Vérifiez le nombre ; s’il est exact, répartissez-le sur plusieurs mois ou contactez le Titulaire.",
    ),
    ("MONTH_MISSING", "Mois absent", "Inscrivez le mois, par exemple 01/2026."),
    (
        "MONTH_UNREADABLE",
        "Mois illisible",
        "Écrivez le mois et l’année : 01/2026, janvier 2026 ou 2026-01.",
    ),
    ("MONTH_NOT_OPEN", "Mois hors de la commande", "Choisissez un mois ouvert à la commande."),
    (
        "DELIVERY_UNKNOWN",
        "Livraison inconnue",
        "Écrivez « Domicile » ou « CPAM », ou laissez vide (domicile).",
    ),
    ("CAMPAIGN_TOO_LONG", "Nom de campagne trop long", "Gardez au plus 60 caractères."),
    ("CELL_TOO_LONG", "Cellule trop longue", "Raccourcissez le contenu de cette cellule."),
    (
        "LINE_BREAK",
        "Retour à la ligne inattendu",
        "Écrivez cette donnée sur une seule ligne ; vérifiez aussi les guillemets de la ligne.",
    ),
    (
        "FORMULA",
        "Cellule semblable à une formule",
        "Remplacez la formule par sa valeur, sans = + - @ au début.",
    ),
    (
        "BIDI_CHARACTER",
        "Caractère de direction caché",
        "Saisissez de nouveau le texte de cette cellule au clavier.",
    ),
    (
        "UNREADABLE_CHARACTER",
        "Caractère illisible",
        "Saisissez de nouveau ce texte, ou enregistrez le fichier au format .xlsx ou « CSV UTF-8 ».",
    ),
    (
        "ROW_TOO_WIDE",
        "Plus de cellules que de titres",
        "Mettez entre guillemets le texte qui contient le séparateur, ou supprimez la cellule en trop.",
    ),
)

_NOTICE: _TABLE = (
    ("HOMONYM", "Homonymes", "Vérifiez qu’il s’agit bien de deux personnes."),
    ("HOMONYM_SAME_ADDRESS", "Homonymes à la même adresse", "Vérifiez qu’il s’agit bien de deux personnes."),
    ("NO_FIRST_NAME", "Prénom absent", "Ajoutez le prénom pour éviter les confusions."),
    ("NAME_SHORTENED", "Prénom abrégé", "Rien à faire si l’initiale suffit à la distribution."),
    ("ADDRESS_SHORTENED", "Adresse abrégée", "Rien à faire si l’adresse reste juste."),
    (
        "ADDRESS_REORDERED",
        "Lignes d’adresse remises dans l’ordre postal",
        "Rien à faire si l’adresse reste juste.",
    ),
    ("TOTAL_IGNORED", "Ligne de total ignorée", "Rien à faire."),
    ("TOTAL_DIFFERS", "Total annoncé différent", "Vérifiez qu’aucune ligne ne manque."),
    ("EXAMPLE_IGNORED", "Ligne d’exemple ignorée", "Rien à faire."),
)

_TABLES: tuple[tuple[Scope, _TABLE], ...] = (("FILE", _FILE), ("ROW", _ROW), ("NOTICE", _NOTICE))

RULES: Mapping[str, Rule] = {
    code: Rule(code, scope, title, mend) for scope, table in _TABLES for code, title, mend in table
}
