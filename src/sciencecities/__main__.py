"""`python -m sciencecities`."""

from sciencecities.cli import main

main()
