"""Sums and order."""
