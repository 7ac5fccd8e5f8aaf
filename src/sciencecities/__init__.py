"""Which cities make the world's science, counted from open records down to the DOI."""
