"""What every room may use. Nothing here knows networks, checkpoints or artifacts."""
