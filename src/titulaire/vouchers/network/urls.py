"""Addresses of the network of a contract, under `/marches/<code>/reseau/`."""

from django.urls import path

from titulaire.vouchers.network.views import affiliates, claims, payments, remittances

urlpatterns = [
    path("commerces/", affiliates.affiliates, name="affiliates"),
    path("commerces/nouveau/", affiliates.affiliate_new, name="affiliate_new"),
    path("commerces/<str:siret>/", affiliates.affiliate_detail, name="affiliate_detail"),
    path("commerces/<str:siret>/engagement/", affiliates.affiliate_commitment, name="affiliate_commitment"),
    path("commerces/<str:siret>/personne/", affiliates.affiliate_link, name="affiliate_link"),
    path("commerces/<str:siret>/compte/", affiliates.affiliate_account, name="affiliate_account"),
    path("commerces/<str:siret>/examen/<str:word>/", affiliates.affiliate_review, name="affiliate_review"),
    path("remises/", remittances.remittances, name="remittances"),
    path("remises/nouvelle/", remittances.remit, name="remit"),
    path("remises/<str:number>/", remittances.remittance_detail, name="remittance_detail"),
    path("remises/<str:number>/lecture/", remittances.remittance_progress, name="remittance_progress"),
    path("remises/<str:number>/bordereau/", remittances.remittance_slip, name="remittance_slip"),
    path("demandes-tardives/", claims.late_claims, name="late_claims"),
    path("demandes-tardives/<int:line>/", claims.late_claim, name="late_claim"),
    path("demandes-tardives/<int:line>/decider/", claims.late_claim_decide, name="late_claim_decide"),
    path("demandes-tardives/<int:line>/accord/", claims.late_claim_agreement, name="late_claim_agreement"),
    path("paiements/", payments.payment_runs, name="payment_runs"),
    path("paiements/payer/", payments.pay, name="pay_affiliates"),
    path("paiements/compte/", payments.paying_account, name="paying_account"),
    path("paiements/<str:number>/", payments.payment_run, name="payment_run"),
    path("paiements/<str:number>/virements/", payments.payment_file, name="payment_file"),
    path("destructions/", payments.destructions, name="destructions"),
    path("destructions/nouvelle/", payments.destruction_new, name="destruction_new"),
    path("destructions/<str:number>/", payments.destruction_report, name="destruction_report"),
]
