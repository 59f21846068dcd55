"""Why an original graph cannot judge an export."""

from __future__ import annotations


class NotComparableError(Exception):
    """Says why a graph cannot be compared, as the end of a sentence."""
