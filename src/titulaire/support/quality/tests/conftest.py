from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def files_of_these_tests_stand_apart(tmp_path: Path, settings: object) -> None:
    settings.DATA_DIR = tmp_path / "var"  # type: ignore[attr-defined]
