"""The e-mails about accounts. They carry a link, never a password."""

from __future__ import annotations

from django.conf import settings
from django.core.mail import send_mail
from django.urls import reverse

from titulaire.identity.models import User

INVITATION = """Bonjour {first_name} {last_name},

Un compte vous est ouvert sur Titulaire. Choisissez votre mot de passe à cette adresse :

{link}

Ce lien sert une seule fois, pendant 24 heures. Personne d’autre que vous ne connaîtra votre mot de passe.
Si vous n’attendiez pas ce message, ne suivez pas le lien et prévenez votre responsable.
"""


def send_invitation(user: User, token: str) -> None:
    """Mail the activation link to the person it belongs to."""
    link = settings.SITE_ADDRESS.rstrip("/") + reverse("activation", args=[token])
    send_mail(
        "Votre compte Titulaire",
        INVITATION.format(first_name=user.first_name, last_name=user.last_name, link=link),
        None,
        [user.email],
    )
