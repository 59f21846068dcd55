"""`python -m slimhub` is `slimhub`."""

from slimhub.cli.main import run

run()
