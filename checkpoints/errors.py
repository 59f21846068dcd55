"""The error of this room."""


class CheckpointError(Exception):
    """A checkpoint that cannot be opened, read or fitted; nothing was changed on disk."""
