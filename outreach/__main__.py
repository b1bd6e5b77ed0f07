"""Lets ``python -m outreach`` be the same command as ``outreach``."""

from outreach.cli.main import main

main()
