"""Sign-in, activation, sign-out."""

from django.urls import include, path

urlpatterns = [path("", include("allauth.account.urls"))]
