"""Rankings beside each other, and cities taken together."""
