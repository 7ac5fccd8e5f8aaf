"""A city ranking from a table of institutions and their Shares (docs/METHOD.md)."""
