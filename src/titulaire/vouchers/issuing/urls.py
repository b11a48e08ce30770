"""Addresses of this room."""

from django.urls import path

from titulaire.vouchers.issuing.views import jobs, keys, materials, queue, register

urlpatterns = [
    path("", queue.production_queue, name="production_queue"),
    path("commandes/<slug:number>/accuser/", queue.production_acknowledge, name="production_acknowledge"),
    path("commandes/<slug:number>/emettre/", queue.production_issue, name="production_issue"),
    path("commandes/<slug:number>/fabriquer/", queue.production_make, name="production_make"),
    path("impressions/", jobs.print_jobs, name="print_jobs"),
    path("impressions/<slug:batch>/", jobs.print_job, name="print_job"),
    path("impressions/<slug:batch>/avancement/", queue.print_progress, name="print_progress"),
    path("impressions/<slug:batch>/pages/<int:page>.png", jobs.print_page, name="print_page"),
    path("impressions/<slug:batch>/presse.pdf", jobs.print_press, name="print_press"),
    path("impressions/<slug:batch>/archive.pdf", jobs.print_archive, name="print_archive"),
    path("impressions/<slug:batch>/bordereau.csv", jobs.print_manifest, name="print_manifest"),
    path("impressions/<slug:batch>/retour.csv", jobs.print_return, name="print_return"),
    path("impressions/<slug:batch>/imprimeur/", jobs.print_release, name="print_release"),
    path("impressions/<slug:batch>/retour/", jobs.print_reconcile, name="print_reconcile"),
    path("impressions/carnets/<slug:reference>/reimprimer/", jobs.booklet_reprint, name="booklet_reprint"),
    path(
        "impressions/carnets/<slug:reference>/reimpression-<int:rank>.pdf",
        jobs.reprint_file,
        name="reprint_file",
    ),
    path("titres/", register.vouchers, name="vouchers"),
    path("titres/verifier/", register.voucher_check, name="voucher_check"),
    path("titres/<slug:number>/", register.voucher, name="voucher"),
    path("papiers/", materials.paper_batches, name="paper_batches"),
    path("papiers/nouveau/", materials.paper_new, name="paper_new"),
    path("papiers/<int:paper>/justificatif/", materials.paper_evidence, name="paper_evidence"),
    path("courrier/", materials.letters, name="letters"),
    path("courrier/modifier/", materials.letter_edit, name="letter_edit"),
    path("courrier/<int:version>/", materials.letter_version, name="letter_version"),
    path("courrier/<int:version>/apercu.pdf", materials.letter_preview, name="letter_preview"),
    path("courrier/mentions/", materials.imprint_edit, name="imprint_edit"),
    path("courrier/pages/nouvelle/", materials.advert_new, name="advert_new"),
    path("courrier/pages/<int:advert>/retirer/", materials.advert_end, name="advert_end"),
    path("cles/", keys.signing_keys, name="signing_keys"),
    path("cles/nouvelle/", keys.signing_key_new, name="signing_key_new"),
]
