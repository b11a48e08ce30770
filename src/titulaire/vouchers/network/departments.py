"""The départements of France on a grid: where each stands beside the others, and the postcodes of each.

One square each, so that Paris is as easy to read and to press as the Landes; no picture comes from another server.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

_GRID = """
.   .   .   .   .   62  59  .   .   .   .   .
.   .   .   .   76  80  60  02  08  .   .   .
.   .   .   14  27  95  92  93  51  55  57  .
.   22  .   50  61  78  75  94  10  54  88  67
29  56  35  53  72  28  91  77  89  52  70  68
.   .   44  49  37  41  45  18  58  21  25  90
.   .   85  79  86  36  23  03  71  01  39  74
971 .   .   17  16  87  19  63  42  69  73  .
972 .   .   33  24  46  15  43  07  38  05  .
973 .   .   40  47  82  12  48  26  84  04  06
974 .   .   64  32  31  81  34  30  13  83  2B
976 .   .   .   65  09  11  66  .   .   .   2A
"""
_NAMES = """
01 Ain|02 Aisne|03 Allier|04 Alpes-de-Haute-Provence|05 Hautes-Alpes|06 Alpes-Maritimes|07 Ardèche|08 Ardennes|
09 Ariège|10 Aube|11 Aude|12 Aveyron|13 Bouches-du-Rhône|14 Calvados|15 Cantal|16 Charente|17 Charente-Maritime|
18 Cher|19 Corrèze|2A Corse-du-Sud|2B Haute-Corse|21 Côte-d’Or|22 Côtes-d’Armor|23 Creuse|24 Dordogne|25 Doubs|
26 Drôme|27 Eure|28 Eure-et-Loir|29 Finistère|30 Gard|31 Haute-Garonne|32 Gers|33 Gironde|34 Hérault|
35 Ille-et-Vilaine|36 Indre|37 Indre-et-Loire|38 Isère|39 Jura|40 Landes|41 Loir-et-Cher|42 Loire|43 Haute-Loire|
44 Loire-Atlantique|45 Loiret|46 Lot|47 Lot-et-Garonne|48 Lozère|49 Maine-et-Loire|50 Manche|51 Marne|
52 Haute-Marne|53 Mayenne|54 Meurthe-et-Moselle|55 Meuse|56 Morbihan|57 Moselle|58 Nièvre|59 Nord|60 Oise|61 Orne|
62 Pas-de-Calais|63 Puy-de-Dôme|64 Pyrénées-Atlantiques|65 Hautes-Pyrénées|66 Pyrénées-Orientales|67 Bas-Rhin|
68 Haut-Rhin|69 Rhône|70 Haute-Saône|71 Saône-et-Loire|72 Sarthe|73 Savoie|74 Haute-Savoie|75 Paris|
76 Seine-Maritime|77 Seine-et-Marne|78 Yvelines|79 Deux-Sèvres|80 Somme|81 Tarn|82 Tarn-et-Garonne|83 Var|
84 Vaucluse|85 Vendée|86 Vienne|87 Haute-Vienne|88 Vosges|89 Yonne|90 Territoire de Belfort|91 Essonne|
92 Hauts-de-Seine|93 Seine-Saint-Denis|94 Val-de-Marne|95 Val-d’Oise|971 Guadeloupe|972 Martinique|973 Guyane|
974 La Réunion|976 Mayotte
"""
_CORSICA = {"2A": ("200", "201"), "2B": ("202", "206")}


@dataclass(frozen=True, slots=True)
class Department:
    """A département and its square, columns and rows from 0 at the top left."""

    code: str
    name: str
    column: int
    row: int

    @property
    def postcodes(self) -> tuple[str, ...]:
        """What its postcodes begin with."""
        return _CORSICA.get(self.code, (self.code,))


@cache
def departments() -> dict[str, Department]:
    """Every département by its code, in the order of codes."""
    names = dict(each.strip().split(" ", 1) for each in _NAMES.split("|"))
    squares = {
        code: (column, row)
        for row, line in enumerate(_GRID.split("\n")[1:-1])
        for column, code in enumerate(line.split())
        if code != "."
    }
    return {code: Department(code, names[code], *squares[code]) for code in names}


def department_of(postcode: str) -> Department | None:
    """The département of a postcode; None when there is none, as for the army or Monaco."""
    for each in departments().values():
        if postcode.startswith(each.postcodes):
            return each
    return None


def counted(postcodes: Iterable[str]) -> dict[str, int]:
    """How many of these postcodes each département has; those that have none are left out."""
    found: dict[str, int] = {}
    for postcode in postcodes:
        department = department_of(postcode)
        if department is not None:
            found[department.code] = found.get(department.code, 0) + 1
    return found
