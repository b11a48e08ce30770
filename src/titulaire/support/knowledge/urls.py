"""Addresses of this room, under `/marches/<contract>/connaissances/`."""

from django.urls import path

from titulaire.support.knowledge import views

urlpatterns = [
    path("", views.articles, name="knowledge"),
    path("ecrire/", views.article_new, name="knowledge_new"),
    path("a-lire/", views.my_readings, name="my_readings"),
    path("a-lire/<slug:code>/<int:number>/", views.my_reading, name="my_reading"),
    path("<slug:code>/", views.article, name="knowledge_article"),
    path("<slug:code>/modifier/", views.article_change, name="knowledge_change"),
    path("<slug:code>/<int:number>/garantir/", views.version_vouch, name="knowledge_vouch"),
    path("<slug:code>/<int:number>/lectures/", views.version_readers, name="knowledge_readers"),
    path("<slug:code>/<int:number>/rappeler/", views.version_remind, name="knowledge_remind"),
]
