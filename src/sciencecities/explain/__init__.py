"""Explain stage: why a city's number moved.

It reads finished editions only, through `edition.read.Edition`, which is handed in.
"""
