"""The `titulaire` command."""

from __future__ import annotations

import os

import click
import django


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="titulaire")
def main() -> None:
    """Exécuter un marché public, et le prouver."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "titulaire.config.settings")
    django.setup()


if __name__ == "__main__":
    main()
