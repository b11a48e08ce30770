"""The French words of this room's codes and refusals."""

from __future__ import annotations

from titulaire.support.staff.rules import (
    AccountState,
    Application,
    ChangeKind,
    Channel,
    Post,
    Rank,
    StepKind,
)
from titulaire.ui.tables import Status

POSTS = {
    Post.ADVISER.value: "Conseiller",
    Post.SUPERVISOR.value: "Superviseur",
    Post.TRAINER.value: "Formateur",
    Post.QUALITY.value: "Qualité",
    Post.SECURITY.value: "Sécurité des opérations",
}
CHANNELS = {Channel.PHONE.value: "Téléphone", Channel.FORMS.value: "Formulaires"}
APPLICATIONS = {
    Application.TELEPHONY.value: "Odigo",
    Application.RECORDER.value: "Odigo Record",
    Application.PORTAL.value: "Portail de support PSN1",
    Application.VPN.value: "VPN",
    Application.PLATFORM.value: "Titulaire (cette application)",
}
RANKS = {Rank.MAIN.value: "Chargé de sécurité", Rank.DEPUTY.value: "Suppléant"}
STEPS = {
    StepKind.OPENED.value: "Ouverture",
    StepKind.BLOCKED.value: "Blocage",
    StepKind.UNBLOCKED.value: "Déblocage",
    StepKind.REACTIVATED.value: "Réactivation",
    StepKind.CLOSED.value: "Fermeture",
}
CHANGES = {ChangeKind.ARRIVAL.value: "Arrivée", ChangeKind.DEPARTURE.value: "Départ"}


def _by_code(*found: Status) -> dict[str, Status]:
    return {one.code: one for one in found}


STANDINGS = _by_code(
    Status("HERE", "Présent", "good"),
    Status("AWAY", "Absent", "warn"),
    Status("FUTURE", "À venir", "info"),
    Status("GONE", "Parti", "calm"),
)
TELEWORK = _by_code(
    Status("NO", "Sur site", "calm"),
    Status("OPEN", "Ouvert", "good"),
    Status("CLOSED", "Fermé : poste à contrôler", "bad"),
)
STATES = _by_code(
    Status(AccountState.OPEN.value, "Ouvert", "good"),
    Status(AccountState.BLOCKED.value, "Bloqué", "warn"),
    Status(AccountState.DISABLED.value, "Désactivé, absence longue", "bad"),
    Status(AccountState.CLOSED.value, "Fermé", "calm"),
)
REMOVALS = _by_code(
    Status("OPEN", "À faire", "warn"),
    Status("LATE", "En retard", "bad"),
    Status("DONE", "Fait", "good"),
    Status("DONE_LATE", "Fait en retard", "warn"),
)
LISTS = _by_code(
    Status("MADE", "À envoyer", "warn"),
    Status("LATE", "Envoi en retard", "bad"),
    Status("SENT", "Envoyée", "info"),
    Status("RECEIVED", "Reçue", "good"),
    Status("OLD", "Remplacée avant l’envoi", "calm"),
)
FAULTS = {
    "EMPTY": "Cette information est obligatoire.",
    "NOT_A_NUMBER": "Un matricule s’écrit en lettres, chiffres, points et tirets, 40 au plus.",
    "NUMBER_TAKEN": "Ce matricule est déjà pris.",
    "NOT_AN_EMAIL": "Cette adresse n’est pas valable.",
    "TWIN_EMAIL": "Cette adresse est celle d’un autre, à la casse, aux accents ou au « + » près.",
    "GENERIC": "C’est le nom d’un poste ou d’une salle : un compte, une personne.",
    "NO_SITE": "Dites le site de rattachement.",
    "NOT_A_SHARE": "Le temps dédié va de 1 à 100 %.",
    "NOT_DEDICATED": "Le marché demande ce poste dédié à 100 %.",
    "NO_CHANNEL": "Un conseiller répond sur un canal au moins.",
    "OUTSIDE_UNION": "Le télétravail n’est permis que depuis la France et l’Union européenne.",
    "BEFORE": "Une affectation est déjà dite à compter de ce jour ou après.",
    "UNKNOWN_CODE": "Ce code n’est pas connu.",
}
REFUSALS = {
    "GONE": "Ce collaborateur est parti.",
    "FUTURE": "Ce jour est dans l’avenir.",
    "MISSING": "Il manque : {detail}. Le télétravail reste fermé.",
    "AWAY": "Une absence est déjà en cours.",
    "OVERLAPS": "Une autre absence couvre l’un de ces jours.",
    "NOT_AWAY": "Aucune absence n’est en cours.",
    "BEFORE": "Ce jour vient trop tôt.",
    "IN_CHARGE": "Cette personne est chargée de la sécurité : désignez d’abord son remplaçant.",
    "GENERIC": "« {detail} » nomme un poste ou une salle : le compte doit être nominatif.",
    "HAS_ONE": "Cette personne a déjà un compte dans cette application : un seul par personne.",
    "TAKEN": "« {detail} » est ou fut l’identifiant d’un autre compte, à la casse, aux accents ou au « + » près.",
    "NO_USER": "Personne n’a de compte ici à l’adresse de ce collaborateur : ouvrez-le d’abord.",
    "NO_REASON": "Dites pourquoi.",
    "STANDS": "L’état du compte ne le permet plus : rechargez la page.",
    "STILL_AWAY": "L’absence dure encore : écrivez d’abord le retour.",
    "NOT_CSO": "Cette personne n’a pas ici le rôle de chargé de la sécurité des opérations.",
    "HOLDS": "Cette personne a déjà un mandat.",
    "LAST": "Il n’y aurait plus personne : désignez d’abord un autre chargé de sécurité.",
    "ENDED": "Ce mandat est déjà terminé.",
    "SAME": "Personne n’est venu ni parti depuis la version {detail}.",
    "SENT": "Cette version est déjà envoyée.",
    "OLD": "Une version plus récente existe : envoyez celle-là.",
    "NOT_SENT": "Cette version n’est pas encore envoyée.",
    "RECEIVED": "L’accusé de réception est déjà écrit.",
}
