"""Sign-in, activation, sign-out."""

from django.urls import include, path

from titulaire.identity import views

urlpatterns = [
    path("activer/<str:token>/", views.activation, name="activation"),
    path("demonstration/", views.demo_sign_in, name="demo_sign_in"),
    path("", include("allauth.account.urls")),
]
