import copy
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def gallery_templates(settings):
    """The pages of the gallery, which the product does not have."""
    templates = copy.deepcopy(settings.TEMPLATES)
    templates[0]["DIRS"] = [Path(__file__).parent / "templates"]
    settings.TEMPLATES = templates
