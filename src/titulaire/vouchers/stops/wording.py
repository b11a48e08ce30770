"""The French words for this room's codes, on screens, in files and in the command."""

from __future__ import annotations

from titulaire.deadlines.clocks import State
from titulaire.ui.tables import Status
from titulaire.vouchers.issuing.models import VOUCHER_STATE_LABELS, VoucherState
from titulaire.vouchers.issuing.rules import Number
from titulaire.vouchers.stops.rules import Designation, Selection, StopReason

REASONS = {
    StopReason.LOST.value: "Perte",
    StopReason.STOLEN.value: "Vol",
    StopReason.LOST_IN_POST.value: "Perte ou vol pendant l’acheminement",
    StopReason.DEFECTIVE.value: "Titre défectueux",
    StopReason.RETURNED.value: "Retour à l’émetteur",
    StopReason.OTHER.value: "Autre motif",
}
DESIGNATIONS = {
    Designation.NUMBER.value: "Un titre, par son numéro",
    Designation.RANGE.value: "Une suite de titres, du premier au dernier",
    Designation.BOOKLET.value: "Un carnet",
    Designation.ORDER.value: "Une commande entière",
    Designation.BENEFICIARY.value: "Tous les titres d’un bénéficiaire",
}
CLOCK_STATES = {
    State.RUNNING.value: Status(State.RUNNING.value, "En cours", "info"),
    State.AMBER.value: Status(State.AMBER.value, "Dernier jour", "warn"),
    State.LATE.value: Status(State.LATE.value, "En retard", "bad"),
    State.MET.value: Status(State.MET.value, "Livrée dans le délai", "good"),
    "MET_LATE": Status("MET_LATE", "Livrée en retard", "bad"),
}


def state_label(code: str) -> str:
    """The state of a voucher in French."""
    return VOUCHER_STATE_LABELS[VoucherState(code)]


def selection_sentence(selection: Selection) -> str:
    """What was named, in words."""
    if selection.designation is Designation.NUMBER:
        return f"Titre {Number.parse(selection.first).grouped}"
    if selection.designation is Designation.RANGE:
        first, last = Number.parse(selection.first), Number.parse(selection.last)
        return f"Titres {first.grouped} à {last.grouped}"
    return {
        Designation.BOOKLET: "Carnet",
        Designation.ORDER: "Commande",
        Designation.BENEFICIARY: "Bénéficiaire de référence",
    }[selection.designation] + f" {selection.first}"
