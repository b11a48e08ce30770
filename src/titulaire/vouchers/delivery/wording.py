"""The French words for this room's codes, on screens, in files and in the command."""

from __future__ import annotations

from titulaire.ui.tables import Status
from titulaire.vouchers.delivery.rules import Means, ParcelStatus, ProofKind, Risk, Stage

MEANS = {
    Means.TRACKED_LETTER.value: "Lettres suivies, au domicile",
    Means.SEALED_PARCEL.value: "Plis scellés, chez l’acheteur",
}
PARCEL_STATES = {
    status.code: status
    for status in (
        Status(ParcelStatus.HANDED_OVER.value, "Remis au transporteur", "info"),
        Status(ParcelStatus.IN_TRANSIT.value, "En chemin", "info"),
        Status(ParcelStatus.AVAILABLE.value, "À retirer au guichet", "warn"),
        Status(ParcelStatus.TROUBLE.value, "Incident", "warn"),
        Status(ParcelStatus.DELIVERED.value, "Livré", "good"),
        Status(ParcelStatus.RETURNED.value, "Retourné", "bad"),
        Status(ParcelStatus.LOST.value, "Perdu", "bad"),
    )
}
PROOFS = {
    ProofKind.TRACKED_DELIVERY.value: "Livraison suivie",
    ProofKind.SIGNED_RECEIPT.value: "Accusé de réception signé",
    ProofKind.DELIVERY_SLIP.value: "Bon de livraison signé",
}
SIGNED_PROOFS = {code: label for code, label in PROOFS.items() if code != ProofKind.TRACKED_DELIVERY.value}
STAGES = {
    status.code: status
    for status in (
        Status(Stage.TO_PRINT.value, "À imprimer", "info"),
        Status(Stage.TO_DISPATCH.value, "À expédier", "warn"),
        Status(Stage.UNDER_WAY.value, "En livraison", "info"),
        Status(Stage.DONE.value, "Terminée", "good"),
    )
}
RISKS = {
    status.code: status
    for status in (
        Status(Risk.NONE.value, "Dans les temps", "good"),
        Status(Risk.AT_RISK.value, "Retard à craindre", "warn"),
        Status(Risk.LATE.value, "En retard", "bad"),
    )
}
REFUSALS = {
    "EMPTY": "Cette case est vide.",
    "TWICE": "Ce carnet est déjà plus haut dans le fichier.",
    "DATE": "Cette date ne se lit pas : écrivez 31/12/2026 14:30.",
    "UNKNOWN_STATUS": "Ce statut n’est pas connu : écrivez par exemple « distribué » ou « retourné à l’expéditeur ».",
    "UNKNOWN_PARCEL": "Aucun pli de ce marché ne porte ce numéro.",
    "FUTURE": "Cette date est dans l’avenir.",
}
"""Why a row of a file was not taken, and how to mend it."""
