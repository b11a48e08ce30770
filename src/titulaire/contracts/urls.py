"""Addresses of this room: what the contract says, how it is read, how it was amended."""

from django.urls import path

from titulaire.contracts import views

urlpatterns = [
    path("", views.terms, name="terms"),
    path("valeurs/<slug:name>/", views.term, name="term"),
    path("lectures/", views.readings, name="readings"),
    path("lectures/<slug:code>/", views.reading, name="reading"),
    path("lectures/<slug:code>/changer/", views.reading_change, name="reading_change"),
    path("avenants/", views.amendments, name="amendments"),
    path("avenants/nouveau/", views.amendment_new, name="amendment_new"),
    path("clauses/", views.clauses, name="clauses"),
    path("clauses/<str:reference>/", views.clause, name="clause"),
]
