"""Why an original graph is no judge."""

from __future__ import annotations


class NotComparableError(Exception):
    """Says why a graph cannot be compared with, as the end of a sentence."""
