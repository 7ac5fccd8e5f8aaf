"""The observatory: dated, sourced facts about what stands behind a city's rank.

`load("guangzhou")` gives an `Observatory`; docs/OBSERVATORY.md describes the YAML.
"""

from sciencecities.observatory.city import Observatory, load
from sciencecities.observatory.read import built_in

__all__ = ["Observatory", "built_in", "load"]
