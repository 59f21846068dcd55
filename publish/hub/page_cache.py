"""Rendered pages, as many as fit into so many bytes."""

from __future__ import annotations

import collections
from collections.abc import Callable

_MOST_BYTES = 64 << 20


class PageCache:
    """Keeps what was asked for last."""

    def __init__(self, draw: Callable[[str], str], most_bytes: int = _MOST_BYTES) -> None:
        """Is empty.

        Args:
          draw: renders the page of a key, which must not be of a client's making.
          most_bytes: of all pages that are kept.
        """
        self._draw, self._most = draw, most_bytes
        self._pages: collections.OrderedDict[str, bytes] = collections.OrderedDict()
        self.bytes = 0

    def get(self, key: str) -> str:
        """The page of a key."""
        page = self._pages.get(key)
        if page is None:
            # As bytes: one emoji makes all characters of a text as large as itself.
            page = self._draw(key).encode()
            self._pages[key] = page
            self.bytes += len(page)
        self._pages.move_to_end(key)
        while self.bytes > self._most:
            self.bytes -= len(self._pages.popitem(last=False)[1])
        return page.decode()

    def clear(self) -> None:
        """Forgets all pages."""
        self._pages.clear()
        self.bytes = 0
