"""Who lives in the demonstration. Every name is invented; addresses end in `.example`, which nobody can own."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from titulaire.identity.roles import Role


@dataclass(frozen=True, slots=True)
class Inhabitant:
    """A person of the demonstration, with one role on one contract."""

    first_name: str
    last_name: str
    organisation: str
    contract: str
    role: Role

    @property
    def email(self) -> str:
        """An address nobody can own."""
        return f"{self.first_name}.{self.last_name}@demo.example".lower()


INHABITANTS = (
    Inhabitant("Nadia", "Verdelet", "cpam47", "cpam47", Role.BUYER_MANAGER),
    Inhabitant("Hugues", "Lamargue", "cpam47", "cpam47", Role.BUYER_READER),
    Inhabitant("Capucine", "Roubertin", "titres-garonne", "cpam47", Role.VOUCHER_OPERATOR),
    Inhabitant("Octave", "Delmarest", "cabinet-audit", "cpam47", Role.AUDITOR),
    Inhabitant("Colombe", "Estrabaud", "panier-agen", "cpam47", Role.AFFILIATE),
    Inhabitant("Solange", "Brissonnet", "cnam", "mes", Role.BUYER_MANAGER),
    Inhabitant("Malik", "Ferrandes", "centre-contacts", "mes", Role.SUPERVISOR),
    Inhabitant("Ingrid", "Castelnou", "centre-contacts", "mes", Role.PLANNER),
    Inhabitant("Perrine", "Galdric", "centre-contacts", "mes", Role.QUALITY_OFFICER),
    Inhabitant("Bastien", "Ouvrelle", "centre-contacts", "mes", Role.CSO),
    Inhabitant("Firmin", "Castandet", "centre-contacts", "mes", Role.ADVISER),
    Inhabitant("Sidonie", "Vernejoul", "centre-contacts", "mes", Role.ADVISER),
)

FIRST_NAMES = (
    "Adèle Alix Amandine Anatole Anouk Armelle Aristide Aubin Axelle Balthazar Barnabé Blandine Célestin "
    "Clotilde Colombe Corentin Désiré Eglantine Éléonore Émilien Ernestine Fabrice Faustine Firmin Flavie "
    "Gaspard Ghislaine Gontran Hermine Honoré Isaure Jocelyne Josselin Karim Lucette Ludivine Maëlys Malo "
    "Marius Mathurin Mireille Myriam Noémie Norbert Odette Ondine Pacôme Perrine Philomène Quentin "
    "Rachida Raoul Rosalie Sabine Samir Séverin Sidonie Solène Tancrède Théodora Ulysse Valentine "
    "Victorin Yasmine Yvon Zélie"
).split()
LAST_NAMES = (
    "Aubrespin Barthélas Bellegambe Bourdichon Brugeval Cantegril Castandet Chaumerliac Clavières Cornuau "
    "Dartigues Delbosquet Dumartheray Escoubas Estrabaud Falgueyrac Fontarèche Fourcadelle Garrigou "
    "Gauléry Ginestous Grimardias Guilhemot Hautecombe Jalabertin Labrunerie Lacassaigne Lafourcarde "
    "Laubarède Lescarmontier Maisonnave Malbrancq Marquefave Mazeyrat Montagnols Moulinéry Nauzeville "
    "Oustalet Pagézy Peyrelongue Pontcarral Puymirol Rabastans Ricardelle Roquebrun Rouzaudière Sabathéry "
    "Salvagnac Saubolle Sérignac Taillefesse Tastevin Tourneboul Trémolède Vaquerin Vernejoul Veyssièrat "
    "Villefranquet"
).split()
STREETS = (
    "RUE DES TILLEULS|RUE DU LAVOIR|AVENUE DES PLATANES|CHEMIN DE RONDE|RUE DES TANNEURS|"
    "PLACE DU MARCHE|IMPASSE DES GLYCINES|RUE DU PONT VIEUX|BOULEVARD DES PRUNIERS|ROUTE DES COTEAUX|"
    "RUE DE LA FONTAINE|ALLEE DES CEDRES|RUE DU FOUR|QUAI DE GARONNE|RUE DES REMPARTS|"
    "CHEMIN DES VIGNES"
).split("|")
TOWNS = (
    ("47000", "AGEN", 30),
    ("47300", "VILLENEUVE SUR LOT", 16),
    ("47200", "MARMANDE", 14),
    ("47400", "TONNEINS", 8),
    ("47600", "NERAC", 6),
    ("47500", "FUMEL", 6),
    ("47700", "CASTELJALOUX", 5),
    ("47190", "AIGUILLON", 5),
    ("47520", "LE PASSAGE", 5),
    ("47110", "STE LIVRADE SUR LOT", 5),
)
CAMPAIGNS = ("AIDE ALIMENTAIRE", "RETOUR D’HOSPITALISATION", "RUPTURE DE RESSOURCES")


@dataclass(frozen=True, slots=True)
class Household:
    """An invented beneficiary: what the order file says of them."""

    reference: str
    civility: str
    last_name: str
    first_name: str
    address: str
    complement: str
    postcode: str
    town: str


def household(rank: int, rng: Random) -> Household:
    """The `rank`-th beneficiary of the demonstration."""
    postcode, town = rng.choices([town[:2] for town in TOWNS], [town[2] for town in TOWNS])[0]
    return Household(
        reference=f"ASS{rank:05d}",
        civility=rng.choice(["Mme", "M."]),
        last_name=rng.choice(LAST_NAMES),
        first_name=rng.choice(FIRST_NAMES),
        address=f"{rng.randrange(1, 140)} {rng.choice(STREETS)}",
        complement=rng.choice(["", "", "", "", "BAT B", "APPARTEMENT 12", "RESIDENCE DU PARC"]),
        postcode=postcode,
        town=town,
    )
