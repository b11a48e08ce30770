"""Addresses of this room: what the contract says, how it is read, how it was amended."""

from django.urls import path

from titulaire.contracts import level_pages, views

urlpatterns = [
    path("", views.terms, name="terms"),
    path("valeurs/<slug:name>/", views.term, name="term"),
    path("lectures/", views.readings, name="readings"),
    path("lectures/<slug:code>/", views.reading, name="reading"),
    path("lectures/<slug:code>/changer/", views.reading_change, name="reading_change"),
    path("avenants/", views.amendments, name="amendments"),
    path("avenants/nouveau/", views.amendment_new, name="amendment_new"),
    path("niveaux/", level_pages.level_changes, name="level_changes"),
    path("niveaux/notifier/", level_pages.level_change_new, name="level_change_new"),
    path("niveaux/<int:number>/", level_pages.level_change, name="level_change"),
    path("niveaux/<int:number>/repondre/", level_pages.level_change_answer, name="level_change_answer"),
    path("clauses/", views.clauses, name="clauses"),
    path("clauses/<str:reference>/", views.clause, name="clause"),
]
