"""The register of dysfunctions: what broke, on whose side, and what both parties set aside for it."""
