"""`python -m slimhub` is `slimhub`."""

from slimhub.main import run

run()
