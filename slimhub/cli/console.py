"""What a command prints, so that no name from elsewhere can control the terminal."""

from __future__ import annotations

import contextlib
import io
import sys
from typing import Any, TextIO, cast

from slimhub.common.text import harmless


class Console:
    """A stream that escapes control characters; everything else is the stream's own."""

    def __init__(self, stream: TextIO) -> None:
        """Wraps a stream.

        Args:
          stream: such as stdout.
        """
        self._stream = stream

    def write(self, text: str) -> int:
        """Writes a text."""
        return self._stream.write(harmless(text))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def protect() -> None:
    """Has stdout escape what a terminal would obey, or cannot show."""
    with contextlib.suppress(AttributeError, io.UnsupportedOperation):
        cast(io.TextIOWrapper, sys.stdout).reconfigure(errors="backslashreplace")
    sys.stdout = cast(TextIO, Console(sys.stdout))
