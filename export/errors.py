"""The errors of this room."""


class ExportError(Exception):
    """An export that could not be done; nothing was written at its target."""


class RequestError(ExportError):
    """A request that is refused before any work: its caller has to change it."""
