"""`python -m serving` is the `city` command."""

from serving.cli import main

main()
