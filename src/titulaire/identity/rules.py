"""Which names and addresses can be a person's, and how a machine's key is kept. Pure."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from datetime import timedelta

from titulaire.clauses import clause

ACTIVATION_LASTS = timedelta(hours=24)
"""An activation link dies after a day: long enough for a working day, too short to be found in an old mailbox."""

_GENERIC = re.compile(
    r"^(accueil|admin(istrateur)?|administration|agent|bureau|caisse|compta(bilite)?|conseillers?|contact|"
    r"direction|equipe|gestion(naire)?|info|operateur|plateau|poste|prestataire|production|qualite|secretariat|"
    r"service|stagiaire|superviseur|support|test|user|utilisateur)s?[-_. ]?\d*$"
)


def plain_text(text: str) -> str:
    """Lower case, without accents nor outer spaces."""
    decomposed = unicodedata.normalize("NFKD", text.strip().lower())
    return "".join(character for character in decomposed if not unicodedata.combining(character))


@clause("S-8.2-hab-01")
def names_a_post(first_name: str, last_name: str, email: str) -> bool:
    """True when the account would belong to a post, a room or a team instead of one natural person."""
    return any(_GENERIC.match(plain_text(text)) for text in (first_name, last_name, email.split("@")[0]))


@clause("S-8.1-identifiants")
def same_mailbox(email: str) -> str:
    """The form under which two spellings of one mailbox are the same: case, accents and `+tag` set aside."""
    local, _, domain = plain_text(email).rpartition("@")
    return f"{local.split('+')[0]}@{domain}"


def key_digest(secret: str) -> str:
    """How a machine's key is kept: it is random and long, a plain digest is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()
