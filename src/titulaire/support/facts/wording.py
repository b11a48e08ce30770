"""The French words of what a batch warns of."""

from __future__ import annotations

from dataclasses import dataclass

OTHERS = "tous les autres"


@dataclass(frozen=True, slots=True)
class Unlisted:
    """How to say that a column names what the contract does not list."""

    title: str
    heading: str
    entered: str
    of_calls: str
    mend: str

    def sentence(self, record: str) -> str:
        """What became of the rows."""
        return self.of_calls if record == "LEGS" else self.entered


UNLISTED = {
    "reason": Unlisted(
        title="Motifs hors de la liste du marché",
        heading="Motif du fichier",
        entered="Ces lignes sont entrées sous un motif que le marché ne liste pas : "
        "aucun chiffre par motif du marché ne les compte.",
        of_calls="Ces appels sont entrés, mais un motif hors de la liste n’est pas une qualification : "
        "le taux d’appels qualifiés (I10) ne les compte pas comme qualifiés.",
        mend="Traduisez ces motifs dans le connecteur (« codes »), puis importez à nouveau le fichier en correction.",
    ),
}
