"""`python -m sciencecities.cli`."""

from sciencecities.cli import main

main()
