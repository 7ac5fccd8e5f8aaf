"""From an affiliation to institutions, places and cities, each with its method and score."""
