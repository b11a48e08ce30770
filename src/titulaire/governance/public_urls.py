"""The address of a calendar, which its own secret opens."""

from django.urls import path

from titulaire.governance.views import deadlines

urlpatterns = [path("<str:secret>/echeances.ics", deadlines.deadlines_ics, name="deadlines_ics")]
