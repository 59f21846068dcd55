"""The errors of slimhub. Each says what is wrong, where, and what to do next."""

from __future__ import annotations


class SlimhubError(Exception):
    """The root of all errors that are meant for a user; nothing half-written is left on disk."""


class RequestError(SlimhubError):
    """A request that is refused before any work: its caller has to change it."""


class NetworkError(RequestError, ValueError):
    """A network that is not registered, or an option it cannot be built with."""


class CheckpointError(SlimhubError):
    """A checkpoint that cannot be opened, read or fitted."""


class ChoiceError(CheckpointError):
    """A sound source, of which it is not clear which checkpoint is meant."""


class ExportError(SlimhubError):
    """An export or a proof that could not be done; the target is as it was."""


class PublishError(SlimhubError):
    """An artifact that could not be published, or a target that does not allow it."""


class RecordError(ExportError, PublishError):
    """A record that is missing, damaged, or not of the artifact that it is in.

    Attributes:
      reason: what is wrong with it, as the end of a sentence.
    """

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message)
        self.reason = reason
