"""Programs a developer runs: `python -m scripts.NAME`."""
