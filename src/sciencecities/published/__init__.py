"""Rankings that somebody else published, as editions: read from a CSV, or built in.

A published edition has ranks, sometimes Shares, and no works: no ranges, no reasons, nothing to
trace. What it says of itself (title, publisher, date, sources) is `manifest["published"]`.
"""
