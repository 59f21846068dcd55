"""Errors of this room."""


class PublishError(Exception):
    """What is to be published, or where, does not allow it; says what to do."""
