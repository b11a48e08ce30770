"""Files kept as evidence: named by their own SHA-256, written whole or not at all, verified when read."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from django.conf import settings


class FileAltered(RuntimeError):
    """The file on disk is no longer the one that was kept."""


class FileLost(RuntimeError):
    """The file is no longer on disk."""


def _place(contract: str, sha256: str) -> Path:
    return Path(settings.DATA_DIR) / "files" / contract / sha256[:2] / sha256


def keep(content: bytes, *, contract: str) -> str:
    """Keep a file under its contract; gives its SHA-256, by which it is found again. Kept twice is kept once.

    Written beside, synced, then renamed: a power cut leaves the whole file or none. A file that was altered
    since is put right by keeping its content again.
    """
    sha256 = hashlib.sha256(content).hexdigest()
    place = _place(contract, sha256)
    if place.exists() and place.read_bytes() == content:
        return sha256
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=place.parent, delete=False) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    Path(file.name).replace(place)
    return sha256


def read(sha256: str, *, contract: str) -> bytes:
    """The content of a kept file.

    Raises:
        FileLost: it is gone.
        FileAltered: its content is no longer what it was.
    """
    place = _place(contract, sha256)
    if not place.exists():
        raise FileLost(sha256)
    content = place.read_bytes()
    if hashlib.sha256(content).hexdigest() != sha256:
        raise FileAltered(sha256)
    return content
