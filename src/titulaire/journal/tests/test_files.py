"""Kept files: once each, whole, and right again when their right content is kept again."""

from __future__ import annotations

from pathlib import Path

import pytest

from titulaire.journal import files


@pytest.fixture(autouse=True)
def a_disk_of_its_own(settings: object, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path  # type: ignore[attr-defined]


def only_file(tmp_path: Path) -> Path:
    (found,) = (place for place in tmp_path.rglob("*") if place.is_file())
    return found


def test_a_file_kept_twice_is_kept_once(tmp_path: Path) -> None:
    assert files.keep(b"recu", contract="cpam47") == files.keep(b"recu", contract="cpam47")
    written = only_file(tmp_path).stat().st_mtime_ns
    files.keep(b"recu", contract="cpam47")
    assert only_file(tmp_path).stat().st_mtime_ns == written


@pytest.mark.parametrize("altered", [b"recU", b"rec", b"recu et plus", b""])
def test_keeping_the_right_content_again_repairs_an_altered_file(tmp_path: Path, altered: bytes) -> None:
    sha256 = files.keep(b"recu", contract="cpam47")
    only_file(tmp_path).write_bytes(altered)
    with pytest.raises(files.FileAltered):
        files.read(sha256, contract="cpam47")
    assert files.keep(b"recu", contract="cpam47") == sha256
    assert files.read(sha256, contract="cpam47") == b"recu"


def test_a_lost_file_is_told_and_can_be_kept_again(tmp_path: Path) -> None:
    sha256 = files.keep(b"recu", contract="cpam47")
    only_file(tmp_path).unlink()
    with pytest.raises(files.FileLost):
        files.read(sha256, contract="cpam47")
    files.keep(b"recu", contract="cpam47")
    assert files.read(sha256, contract="cpam47") == b"recu"
