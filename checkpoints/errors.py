"""The error of this room."""


class CheckpointError(Exception):
    """A checkpoint that cannot be opened, read or fitted; nothing was changed on disk."""


class ChoiceError(CheckpointError):
    """A sound source, of which it is not clear which checkpoint is meant."""
