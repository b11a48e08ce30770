"""Passwords as the CNIL recommends (deliberation 2022-100), checked in bits and in guesses."""

from __future__ import annotations

import math
import string

from django.core.exceptions import ValidationError
from zxcvbn import zxcvbn

REQUIRED_BITS = 79.5
"""80 bits, less the half bit by which the CNIL's own example (12 characters of 4 classes) falls short."""

LONGEST = 128
CONTEXT_WORDS = (
    "titulaire",
    "titres",
    "services",
    "cpam",
    "cnam",
    "3422",
    "motdepasse",
    "azerty",
    "bonjour",
    "soleil",
)


def entropy_bits(password: str) -> float:
    """Length times the bits of the alphabet the characters are drawn from (26, 26, 10, 37)."""
    alphabet = (
        26 * any(c in string.ascii_lowercase for c in password)
        + 26 * any(c in string.ascii_uppercase for c in password)
        + 10 * any(c in string.digits for c in password)
        + 37 * any(c not in string.ascii_letters + string.digits for c in password)
    )
    return len(password) * math.log2(alphabet) if alphabet else 0.0


class CnilPasswordValidator:
    """Refuses what has too few bits, or what a guesser who knows French and the context finds."""

    def validate(self, password: str, user: object = None) -> None:
        if len(password) > LONGEST:
            raise ValidationError(
                f"Le mot de passe dépasse {LONGEST} caractères : choisissez-en un plus court.", code="long"
            )
        if entropy_bits(password) < REQUIRED_BITS and len(password.split()) < 7:
            raise ValidationError(
                "Mot de passe trop court : 12 caractères de quatre sortes (minuscules, majuscules, chiffres, "
                "autres), 14 de trois sortes, ou sept mots.",
                code="bits",
            )
        about = [str(getattr(user, name, "")) for name in ("email", "first_name", "last_name")]
        # zxcvbn refuses more than 72 characters; the first 72 tell enough.
        if zxcvbn(password[:72], user_inputs=[*CONTEXT_WORDS, *filter(None, about)])["score"] < 3:
            raise ValidationError(
                "Mot de passe facile à deviner : évitez les noms, les dates et les mots courants.",
                code="guess",
            )

    def get_help_text(self) -> str:
        return (
            "Au moins 12 caractères de quatre sortes, 14 de trois sortes, ou sept mots ; rien de devinable."
        )
