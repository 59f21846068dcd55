"""The error of this room."""


class NetworkError(ValueError):
    """A network that is not registered, or an option it cannot be built with."""
