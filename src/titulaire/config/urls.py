"""Root addresses, in French. Everything of a contract stands under `/marches/<code>/`."""

from django.urls import include, path

urlpatterns = [
    path("", include("titulaire.portal.urls")),
    path("compte/", include("titulaire.identity.urls")),
    path("titres/", include("titulaire.vouchers.issuing.public_urls")),
    path("marches/<slug:contract>/contrat/", include("titulaire.contracts.urls")),
    path("marches/<slug:contract>/facturation/", include("titulaire.billing.urls")),
    path("marches/<slug:contract>/pilotage/", include("titulaire.governance.urls")),
    path("calendriers/", include("titulaire.governance.public_urls")),
    path("marches/<slug:contract>/regimes/", include("titulaire.vouchers.regimes.urls")),
    path("marches/<slug:contract>/commandes/", include("titulaire.vouchers.orders.urls")),
    path("marches/<slug:contract>/production/", include("titulaire.vouchers.issuing.urls")),
    path("marches/<slug:contract>/faits/", include("titulaire.support.facts.urls")),
    path("marches/<slug:contract>/rapprochement/", include("titulaire.support.reconciliation.urls")),
    path("marches/<slug:contract>/incidents/", include("titulaire.support.incidents.urls")),
    path("marches/<slug:contract>/registre/", include("titulaire.support.ledger.urls")),
    path("marches/<slug:contract>/tableaux/", include("titulaire.support.dashboards.urls")),
    path("marches/<slug:contract>/penalites/", include("titulaire.support.penalties.urls")),
    path("marches/<slug:contract>/simulateur/", include("titulaire.support.simulator.urls")),
    path("marches/<slug:contract>/livraisons/", include("titulaire.vouchers.delivery.urls")),
    path("marches/<slug:contract>/oppositions/", include("titulaire.vouchers.stops.urls")),
    path("marches/<slug:contract>/reclamations/", include("titulaire.vouchers.complaints.urls")),
    path("marches/<slug:contract>/reglement/", include("titulaire.vouchers.settlement.urls")),
    path("api/marches/<slug:contract>/faits/", include("titulaire.support.facts.api_urls")),
    path("api/marches/<slug:contract>/commandes/", include("titulaire.vouchers.orders.api_urls")),
    path("marches/<slug:contract>/reseau/", include("titulaire.vouchers.network.urls")),
    path("titres/", include("titulaire.vouchers.network.public_urls")),
]
