"""The roles a person can hold on a contract. Codes are stored; French labels are for screens only."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What a person may do on one contract, from a date to a date."""

    BUYER_MANAGER = "BUYER_MANAGER"
    BUYER_READER = "BUYER_READER"
    VOUCHER_OPERATOR = "VOUCHER_OPERATOR"
    AFFILIATE = "AFFILIATE"
    ADVISER = "ADVISER"
    SUPERVISOR = "SUPERVISOR"
    PLANNER = "PLANNER"
    QUALITY_OFFICER = "QUALITY_OFFICER"
    TRAINER = "TRAINER"
    CSO = "CSO"
    AUDITOR = "AUDITOR"


ROLE_LABELS: dict[Role, str] = {
    Role.BUYER_MANAGER: "Gestionnaire de l’acheteur",
    Role.BUYER_READER: "Lecteur de l’acheteur",
    Role.VOUCHER_OPERATOR: "Opérateur des titres",
    Role.AFFILIATE: "Commerçant affilié",
    Role.ADVISER: "Conseiller",
    Role.SUPERVISOR: "Superviseur",
    Role.PLANNER: "Planificateur",
    Role.QUALITY_OFFICER: "Responsable qualité",
    Role.TRAINER: "Formateur",
    Role.CSO: "Chargé de la sécurité des opérations",
    Role.AUDITOR: "Auditeur (lecture seule)",
}
