"""Connectors: mappings from a source to the neutral schema, declared in TOML and nothing else.

The shipped ones stand beside this file; a user's own anywhere, or in `connectors/` of the data directory.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from titulaire.support.facts.connectors.mapping import Connector, InvalidConnector, parse_connector

__all__ = ["Connector", "InvalidConnector", "UnknownConnector", "find_connector", "load_connector", "shipped"]

SHIPPED = Path(__file__).parent


class UnknownConnector(LookupError):
    """No connector of that name: carries the name and the names that exist."""

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        super().__init__(name)
        self.name, self.known = name, known


def load_connector(path: Path) -> Connector:
    """The connector written in a file.

    Raises:
        InvalidConnector: with every mistake found, each with its line.
        OSError: the file cannot be read.
    """
    return parse_connector(path.read_text("utf-8"), path=str(path))


def shipped() -> Iterator[Path]:
    """The files of the connectors that come with the product."""
    return iter(sorted(SHIPPED.glob("*.toml")))


def find_connector(name: str, *, own_directory: Path | None = None) -> Connector:
    """A connector by the path of its file, or by name: the user's own first, then the shipped ones.

    Raises:
        UnknownConnector, InvalidConnector
    """
    if name.endswith(".toml"):
        if not Path(name).is_file():
            raise UnknownConnector(name, tuple(path.stem for path in shipped()))
        return load_connector(Path(name))
    own = sorted(own_directory.glob("*.toml")) if own_directory and own_directory.is_dir() else []
    for path in (*own, *shipped()):
        if path.stem == name:
            return load_connector(path)
    raise UnknownConnector(name, tuple(path.stem for path in (*own, *shipped())))
