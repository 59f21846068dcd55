"""The command line of slimhub."""
