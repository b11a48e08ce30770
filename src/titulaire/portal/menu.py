"""The menu of a contract: what the person in hand may open, and nothing else.

Each entry is the name of an address; who may open it is read on the view's own access line, so that the menu
and the walls can never differ.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

from django.urls import NoReverseMatch, resolve, reverse

from titulaire.identity.access import AccessLine
from titulaire.identity.models import Contract
from titulaire.identity.roles import Role


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the menu as the layout takes it."""

    label: str
    url: str
    current: bool
    children: tuple[Item, ...] = field(default=())


GROUPS: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    ("", (("contract_home", "Accueil du marché"),)),
    (
        "Commandes",
        (
            ("order_list", "Commandes"),
            ("order_upload", "Déposer un fichier"),
            ("order_adhoc", "Commande ponctuelle"),
            ("order_calendar", "Calendrier"),
            ("face_value", "Valeur faciale"),
            ("ceiling", "Consommation du plafond"),
            ("order_history", "Historique"),
            ("transmission_keys", "Transmission par logiciel"),
        ),
    ),
    (
        "Production",
        (
            ("production_queue", "File de production"),
            ("print_jobs", "Impressions"),
            ("vouchers", "Titres et carnets"),
            ("paper_batches", "Papiers et encres"),
            ("letters", "Courrier et publicité"),
            ("signing_keys", "Clés de signature"),
        ),
    ),
    (
        "Tableaux",
        (
            ("dashboard_month", "Tableau de bord"),
            ("dashboard_intraday", "Point de production"),
            ("dashboard_hours", "Heures et durées"),
            ("own_figures", "Mes chiffres"),
            ("dashboard_advisers", "Conseillers"),
            ("adviser_numbers", "Numéros des conseillers"),
            ("subscriptions", "Envois par courriel"),
        ),
    ),
    (
        "Production",
        (
            ("forecasts", "Prévisions de volumes"),
            ("work_orders", "Commandes d’heures"),
            ("presence", "Présents et prévus"),
            ("ledger_list", "Registre de production"),
            ("unit_prices", "Prix unitaires"),
            ("incident_list", "Incidents"),
        ),
    ),
    (
        "Équipes",
        (
            ("my_readings", "À lire"),
            ("my_training", "Mes formations"),
            ("knowledge", "Connaissances"),
            ("training_sessions", "Formation"),
            ("clearances", "Autorisés à produire"),
        ),
    ),
    (
        "Personnel et accès",
        (
            ("staff", "Personnel"),
            ("staff_accounts", "Comptes et habilitations"),
            ("staff_removals", "Accès à retirer"),
            ("staff_lists", "Liste des utilisateurs"),
            ("staff_officers", "Chargés de sécurité"),
            ("sites", "Sites"),
            ("workplaces", "Lieux de travail"),
            ("equipment", "Matériel"),
        ),
    ),
    (
        "Bureau",
        (
            ("desk", "Prendre un contact"),
            ("desk_contacts", "Contacts"),
            ("desk_waiting", "Reste à qualifier"),
            ("desk_file_acts", "Interventions sur dossier"),
            ("desk_tickets", "Tickets de niveau 2"),
            ("desk_transfers", "Transferts au niveau 1+"),
        ),
    ),
    (
        "Satisfaction",
        (
            ("satisfaction", "Résultats"),
            ("survey_replies", "Réponses"),
            ("survey_waves", "Envois et refus"),
            ("questionnaires", "Questionnaires et plan"),
        ),
    ),
    (
        "Qualité",
        (
            ("quality_items", "Évaluations"),
            ("quality_draws", "Tirages au sort"),
            ("quality_calibrations", "Calibrages"),
            ("quality_scorecards", "Grilles de notation"),
            ("quality_owed", "Évaluations dues"),
            ("quality_mine", "Mes évaluations"),
        ),
    ),
    (
        "Engagements",
        (
            ("months", "Mois arrêtés"),
            ("reading_effects", "Lectures et leurs effets"),
            ("penalties_month", "Pénalités"),
            ("penalty_exchanges", "Échanges contradictoires"),
            ("simulator", "Simulateur"),
        ),
    ),
    (
        "Faits",
        (
            ("fact_batches", "Faits d’appels"),
            ("fact_import", "Importer un fichier"),
            ("fact_keys", "Réception en direct"),
            ("reconciliation", "Rapprochement"),
        ),
    ),
    (
        "Titres",
        (
            ("deliveries", "Livraisons"),
            ("stops", "Oppositions"),
            ("loss_reports", "Signalements de perte"),
            ("claims", "Réémissions"),
            ("stop_list", "Liste d’opposition"),
            ("use_searches", "Lieux d’utilisation"),
        ),
    ),
    (
        "Suivi",
        (
            ("complaint_list", "Réclamations"),
            ("settlement", "Fin de vie des titres"),
            ("credit_notes", "Avoirs"),
            ("balance", "Équilibre du registre"),
            ("yearly_reports", "Rapports annuels"),
        ),
    ),
    (
        "Facturation",
        (
            ("invoices", "Factures et avoirs"),
            ("invoice_new", "Nouvelle facture"),
            ("billing_profile", "Coordonnées"),
        ),
    ),
    (
        "Réseau",
        (
            ("affiliates", "Commerces affiliés"),
            ("remittances", "Remises"),
            ("remit", "Remettre des titres"),
            ("late_claims", "Demandes tardives"),
            ("payment_runs", "Paiements"),
            ("destructions", "Destructions"),
        ),
    ),
    (
        "Pilotage",
        (
            ("deadlines", "Échéances"),
            ("meetings", "Réunions"),
            ("notices", "Informations"),
            ("contacts", "Interlocuteurs"),
            ("papers", "Justificatifs"),
        ),
    ),
    (
        "Contrat",
        (
            ("terms", "Stipulations"),
            ("clauses", "Clauses"),
            ("readings", "Lectures"),
            ("amendments", "Avenants"),
            ("regimes", "Régimes juridiques"),
            ("people", "Équipe"),
            ("journal", "Journal"),
        ),
    ),
)


@cache
def _line(address: str) -> AccessLine:
    line: AccessLine = resolve(address).func.access  # type: ignore[attr-defined]
    return line


def menu(contract: Contract, roles: frozenset[Role], path: str) -> tuple[Item, ...]:
    """The menu of a contract for someone who holds these roles, with the page in hand marked."""
    items: list[Item] = []
    open_addresses: list[tuple[int, str, str, str]] = []
    for group, (_, entries) in enumerate(GROUPS):
        for name, label in entries:
            try:
                address = reverse(name, kwargs={"contract": contract.code})
            except NoReverseMatch:  # a room that this contract's half does not have
                continue
            if _line(address).opens(contract, roles):
                open_addresses.append((group, name, label, address))
    here = max((a for *_, a in open_addresses if path.startswith(a)), key=len, default="")
    for group, (title, _) in enumerate(GROUPS):
        children = tuple(
            Item(label, address, address == here)
            for number, _, label, address in open_addresses
            if number == group
        )
        if not children:
            continue
        if title:
            items.append(Item(title, "", False, children))
        else:
            items.extend(children)
    return tuple(items)
