"""Choosing a password."""

from __future__ import annotations

from django import forms
from django.contrib.auth.password_validation import password_validators_help_texts


class ActivationForm(forms.Form):
    """The password, twice: a typing mistake here would lock the person out."""

    password = forms.CharField(
        label="Mot de passe",
        strip=False,
        max_length=1024,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label="Le même mot de passe",
        strip=False,
        max_length=1024,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["password"].help_text = " ".join(password_validators_help_texts())

    def clean(self) -> dict[str, object]:
        cleaned = super().clean() or {}
        if cleaned.get("password") != cleaned.get("again"):
            self.add_error("again", "Les deux saisies diffèrent : retapez le même mot de passe.")
        return cleaned
