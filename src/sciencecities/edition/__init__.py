"""The result of a build: written, hashed, verified, read."""
