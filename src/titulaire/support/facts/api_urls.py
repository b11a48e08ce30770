"""The address that telephonies send facts to, with a key, outside the pages of people."""

from django.urls import path

from titulaire.support.facts import receiving

urlpatterns = [path("", receiving.fact_receive, name="fact_receive")]
