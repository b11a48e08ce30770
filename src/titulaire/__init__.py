"""Titulaire: execute a French public contract, and prove it."""

__version__ = "0.1.0"
