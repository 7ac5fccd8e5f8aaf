"""What the ranking would be under other choices of method, from located works alone."""
