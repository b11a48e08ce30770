"""The commands. Whatever runs one of them, click speaks French."""

from titulaire.cli.french import speak_french

speak_french()
