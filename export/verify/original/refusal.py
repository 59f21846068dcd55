"""Why an original graph cannot judge an export."""

from __future__ import annotations

# What reading a graph that is not well-formed raises.
MALFORMED = (
    ArithmeticError, AttributeError, LookupError, MemoryError, RecursionError, TypeError,
    ValueError,
)  # fmt: skip


class NotComparableError(Exception):
    """Says why a graph cannot be compared, as the end of a sentence."""


class NoSingleValueError(NotComparableError):
    """Says that a graph shows several values of an option, or one that it cannot have.

    Such a graph contradicts others, while one that shows nothing does not.
    """
