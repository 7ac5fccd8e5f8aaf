"""Explain stage: why a city's number moved, how it agrees with others', what a group of cities is.

It reads finished editions only, through `edition.read.Edition`, which is handed in.
"""
