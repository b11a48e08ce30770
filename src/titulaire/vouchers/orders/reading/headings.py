"""Which column is which: French headings, whatever their accents, case, punctuation and short forms."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from titulaire.vouchers.orders.reading.nir import has_nir, is_nir_heading
from titulaire.vouchers.orders.reading.rules import FileRefused

HELPER_HEADINGS = ("Erreur", "Comment corriger")


class UnknownField(ValueError):
    """A mapping by hand names a field that does not exist."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


@dataclass(frozen=True, slots=True)
class Field:
    """`label` is the heading of the template, and what the screen of mapping shows."""

    code: str
    label: str
    synonyms: tuple[str, ...]
    mandatory: bool = False


FIELDS: tuple[Field, ...] = (
    Field(
        "reference",
        "Référence bénéficiaire",
        (
            "Réf. bénéficiaire",
            "Référence",
            "Réf",
            "Réf dossier",
            "Référence dossier",
            "N° dossier",
            "Dossier",
            "N° de dossier",
            "Identifiant",
            "Id",
            "Id bénéficiaire",
            "Identifiant bénéficiaire",
            "N° bénéficiaire",
            "Code bénéficiaire",
            "Matricule",
            "Référence interne",
            "Référence CPAM",
            "N° d’aide",
            "Référence aide",
        ),
        mandatory=True,
    ),
    Field("civility", "Civilité", ("Civ", "Titre de civilité", "Genre", "Qualité")),
    Field(
        "last_name",
        "Nom",
        (
            "Nom de famille",
            "Nom bénéficiaire",
            "Nom du bénéficiaire",
            "Nom de naissance",
            "Nom patronymique",
            "Patronyme",
            "Nom assuré",
        ),
        mandatory=True,
    ),
    Field("used_name", "Nom d’usage", ("Nom usuel", "Nom marital", "Nom d’épouse", "Nom d’époux")),
    Field(
        "first_name",
        "Prénom",
        (
            "Prénoms",
            "Prénom bénéficiaire",
            "Prénom du bénéficiaire",
            "Prénom usuel",
            "1er prénom",
            "Prénom assuré",
        ),
        mandatory=True,
    ),
    Field(
        "full_name",
        "Nom et prénom",
        (
            "Nom prénom",
            "Nom/Prénom",
            "Prénom et nom",
            "Prénom nom",
            "Nom complet",
            "Bénéficiaire",
            "Destinataire",
            "Identité",
            "Ligne 1",
            "Nom et prénom du bénéficiaire",
        ),
    ),
    Field(
        "complement_1",
        "Complément",
        (
            "Complément d’adresse",
            "Complément adresse",
            "Complément adresse 1",
            "Complément 1",
            "Cplt adresse",
            "Compl. adresse",
            "Ligne 2",
            "Appartement",
            "Étage",
            "Point de remise",
        ),
    ),
    Field(
        "complement_2",
        "Complément 2",
        ("Complément adresse 2", "Complément d’adresse 2", "Ligne 3", "Bâtiment", "Résidence", "Immeuble"),
    ),
    Field("street_number", "N° de voie", ("N° rue", "N° voie", "Numéro dans la voie", "Numéro de rue")),
    Field(
        "address_1",
        "Adresse 1",
        (
            "Adresse",
            "Adresse ligne 1",
            "Ligne adresse 1",
            "Adresse postale",
            "Adresse complète",
            "Voie",
            "Rue",
            "N° et voie",
            "N° et nom de voie",
            "N° et libellé de la voie",
            "Libellé voie",
            "Nom de voie",
            "Nom de la voie",
            "Ligne 4",
            "Adresse du bénéficiaire",
            "Adresse du domicile",
            "Domicile",
        ),
        mandatory=True,
    ),
    Field(
        "address_2", "Adresse 2", ("Adresse ligne 2", "Ligne adresse 2", "Adresse (suite)", "Suite adresse")
    ),
    Field("address_3", "Adresse 3", ("Adresse ligne 3", "Ligne adresse 3")),
    Field("address_4", "Adresse 4", ("Adresse ligne 4", "Ligne adresse 4")),
    Field(
        "place", "Lieu-dit", ("Lieu dit ou BP", "Lieudit", "BP", "Boîte postale", "Ligne 5", "Lieu-dit / BP")
    ),
    Field(
        "postal_code", "Code postal", ("CP", "C.P.", "Code post.", "Cod postal", "Code postal domicile"), True
    ),
    Field(
        "city",
        "Ville",
        ("Commune", "Localité", "Bureau distributeur", "Nom commune", "Nom de la commune", "Ville domicile"),
        mandatory=True,
    ),
    Field(
        "postal_city",
        "Code postal et ville",
        ("CP Ville", "CP/Ville", "Code postal ville", "CP + ville", "Ligne 6"),
    ),
    Field("country", "Pays", ("Pays de résidence",)),
    Field(
        "vouchers",
        "Nombre de titres",
        (
            "Nb titres",
            "Nb de titres",
            "Nbre titres",
            "Nbr titres",
            "Quantité",
            "Qté",
            "Qté titres",
            "Titres",
            "Quantité de titres",
            "Nombre de titres-services",
            "Nb titres services",
            "Nombre de titres à émettre",
            "Nombre de titres commandés",
            "Nombre de chèques",
            "Nb chèques",
            "Nombre",
            "Nb",
            "Nombre CESU",
            "Nb CESU",
            "Nombre de tickets",
            "Nombre CAP",
            "Nb CAP",
        ),
        mandatory=True,
    ),
    Field(
        "month",
        "Mois",
        (
            "Mois de commande",
            "Mois concerné",
            "Mois d’attribution",
            "Période",
            "Mois de référence",
            "Mois année",
            "Mois et année",
            "Mois/année",
            "Mois de droit",
        ),
    ),
    Field(
        "delivery",
        "Livraison",
        (
            "Mode de livraison",
            "Lieu de livraison",
            "Livré à",
            "Envoi",
            "Mode d’envoi",
            "Livraison domicile ou CPAM",
            "Destination",
            "Remise",
        ),
    ),
    Field(
        "campaign",
        "Campagne",
        ("Opération", "Nom de campagne", "Nom de la campagne", "Dispositif", "Type d’aide"),
    ),
)
FIELD: Mapping[str, Field] = {field.code: field for field in FIELDS}
MANDATORY = tuple(field.code for field in FIELDS if field.mandatory)
ADDRESS_FIELDS = ("address_1", "address_2", "address_3", "address_4")

_STOP_WORDS = frozenset(("de", "du", "des", "la", "le", "les", "l", "d", "a", "au", "aux", "en", "s"))
_SHORT_FORMS = {
    "n": "numero", "no": "numero", "num": "numero", "nr": "numero", "numero": "numero",
    "ref": "reference", "refs": "reference",
    "nb": "nombre", "nbre": "nombre", "nbr": "nombre", "qte": "quantite",
    "adr": "adresse", "ad": "adresse", "cplt": "complement", "compl": "complement", "cpl": "complement",
    "benef": "beneficiaire", "ident": "identifiant", "1er": "premier",
}  # fmt: skip


def folded(text: str) -> str:
    """Lower case, without accents or punctuation, single spaces."""
    if text.isascii():
        return " ".join(re.findall(r"[a-z0-9]+", text.lower()))
    text = unicodedata.normalize("NFKD", text.replace("°", " ").replace("º", " "))
    plain = "".join(letter for letter in text if not unicodedata.combining(letter)).lower()
    return " ".join(re.findall(r"[a-z0-9]+", plain.replace("œ", "oe")))


def _key(heading: str) -> str:
    words = [_SHORT_FORMS.get(word, word) for word in folded(heading).split()]
    kept = [word for word in words if word not in _STOP_WORDS]
    return " ".join(word[:-1] if len(word) > 3 and word[-1] in "sx" else word for word in kept)


def field_of(heading: str) -> str:
    """The field a heading announces, or nothing. What stands in brackets is tried, then left out."""
    if not heading or len(heading) > 100:
        return ""
    return _BY_KEY.get(_key(heading)) or _BY_KEY.get(_key(re.sub(r"\(.*?\)|\[.*?\]", " ", heading)), "")


_BY_KEY: dict[str, str] = {}
for _field in FIELDS:
    for _synonym in (_field.label, *_field.synonyms):
        if _BY_KEY.setdefault(_key(_synonym), _field.code) != _field.code:
            raise ValueError(f"{_synonym!r} announces two fields")


def column_letter(index: int) -> str:
    """A, B… Z, AA: the column as a spreadsheet names it, from index 0."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def find_heading_row(
    rows: Sequence[Sequence[str]], mapping: Mapping[str, str] | None, depth: int = 60
) -> tuple[int, int]:
    """Index of the row of headings and how many fields it names; (-1, 0) when no row names two."""
    by_hand = {folded(heading) for heading in (mapping or {}).values()}
    best, best_score = -1, 1
    for index, row in enumerate(rows[:depth]):
        score = len({field_of(cell.strip()) for cell in row} - {""})
        if by_hand:
            score += 2 * len(by_hand & {folded(cell) for cell in row})
        if score > best_score:
            best, best_score = index, score
        if best_score >= 5 and not by_hand:  # no need to look at people's names for headings
            break
    return best, best_score if best >= 0 else 0


@dataclass(frozen=True, slots=True)
class Columns:
    """`index` goes from field to column; `headings` are the file's, made distinct and never empty."""

    headings: tuple[str, ...]
    index: Mapping[str, int]
    missing: tuple[str, ...]

    def heading(self, field: str) -> str:
        """The heading of a field as written in the file, or its label when the file has none."""
        return self.headings[self.index[field]] if field in self.index else FIELD[field].label


def distinct_headings(cells: Sequence[str]) -> tuple[str, ...]:
    """« Nom », « Nom (2) »; an empty heading is named by its column: « colonne D »."""
    seen: dict[str, int] = {}
    found = []
    for position, cell in enumerate(cells):
        heading = " ".join(cell.split())[:100] or f"colonne {column_letter(position)}"
        seen[heading] = seen.get(heading, 0) + 1
        found.append(heading if seen[heading] == 1 else f"{heading} ({seen[heading]})")
    return tuple(found)


def recognise(cells: Sequence[str], mapping: Mapping[str, str] | None, *, has_default_month: bool) -> Columns:
    """Fields of a row of headings. A mapping by hand wins; a heading it names that is absent is left out.

    Raises:
        UnknownField: the mapping names a field that does not exist.
        FileRefused: COLUMN_TWICE.
    """
    headings = distinct_headings(cells)
    index: dict[str, int] = {}
    for field, heading in (mapping or {}).items():
        if field not in FIELD:
            raise UnknownField(field)
        if heading and heading in headings:
            index[field] = headings.index(heading)
        else:
            position = next(
                (at for at, own in enumerate(headings) if heading and folded(own) == folded(heading)), None
            )
            if position is not None:
                index[field] = position
    taken = set(index.values())
    for position, cell in enumerate(cells):
        field = field_of(cell.strip())
        if not field or position in taken or (field in (mapping or {}) and field in index):
            continue
        if field in ADDRESS_FIELDS:  # « Adresse » three times: in their order
            field = next(
                (one for one in ADDRESS_FIELDS[ADDRESS_FIELDS.index(field) :] if one not in index), field
            )
        if field in index:
            raise FileRefused(
                "COLUMN_TWICE",
                f"Les colonnes « {headings[index[field]]} » ({column_letter(index[field])}) "
                f"et « {headings[position]} » "
                f"({column_letter(position)}) donnent toutes deux « {FIELD[field].label} ».",
                column=headings[position],
                fields=(field,),
            )
        index[field] = position
        taken.add(position)
    return Columns(headings, index, _missing(index, has_default_month=has_default_month))


def _missing(index: Mapping[str, int], *, has_default_month: bool) -> tuple[str, ...]:
    missing = [field for field in MANDATORY if field not in index]
    if "full_name" in index:
        missing = [field for field in missing if field not in ("last_name", "first_name")]
    if "used_name" in index:
        missing = [field for field in missing if field != "last_name"]
    if "postal_city" in index:
        missing = [field for field in missing if field not in ("postal_code", "city")]
    if "place" in index:
        missing = [field for field in missing if field != "address_1"]
    if "month" not in index and not has_default_month:
        missing.append("month")
    return tuple(missing)


def suggestions(field: str, columns: Columns) -> tuple[str, ...]:
    """Headings of the file, not yet used, that look like a field."""
    used = set(columns.index.values())
    free = {
        _key(heading): heading
        for position, heading in enumerate(columns.headings)
        if position not in used and not heading.startswith("colonne ")
    }
    wanted = [_key(name) for name in (FIELD[field].label, *FIELD[field].synonyms)]
    close = [near for name in wanted for near in difflib.get_close_matches(name, free, n=2, cutoff=0.6)]
    words = {word for name in wanted for word in name.split() if len(word) > 3}
    close += [key for key in free if words & set(key.split())]
    return tuple(free[key] for key in dict.fromkeys(close))[:3]


def nir_columns(rows: Sequence[Sequence[str]], heading_row: int) -> tuple[int, ...]:
    """Columns that announce or hold a NIR anywhere in the sheet, title lines and totals included."""
    found: set[int] = set()
    if heading_row >= 0:
        found.update(
            position
            for position, cell in enumerate(rows[heading_row])
            if cell not in HELPER_HEADINGS and is_nir_heading(folded(cell))
        )
    for row in rows:
        if has_nir("\x1f".join(row)):
            found.update(position for position, cell in enumerate(row) if has_nir(cell))
    return tuple(sorted(found))
