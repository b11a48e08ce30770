"""The settings, with quick hashing and a database of its own: what pytest and mypy load."""

import os

os.environ["TITULAIRE_TESTING"] = "1"

from titulaire.config.settings import *  # noqa: F403
