"""Rendered pages, as many as fit into so many bytes."""

from __future__ import annotations

import collections
import hashlib
from collections.abc import Callable, Hashable

_MOST_BYTES = 64 << 20
_MOST_COMPRESSED = 16 << 20


class _Bounded:
    """Keeps what was asked for last."""

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._pages: collections.OrderedDict[Hashable, bytes] = collections.OrderedDict()
        self.bytes = 0

    def _kept(self, key: Hashable, make: Callable[[], bytes]) -> bytes:
        page = self._pages.get(key)
        if page is None:
            page = self._pages[key] = make()
            self.bytes += len(page)
        self._pages.move_to_end(key)
        while self.bytes > self._most:
            self.bytes -= len(self._pages.popitem(last=False)[1])
        return page

    def clear(self) -> None:
        """Forgets everything."""
        self._pages.clear()
        self.bytes = 0


class PageCache(_Bounded):
    """Pages by their keys."""

    def __init__(self, draw: Callable[[str], str], most_bytes: int = _MOST_BYTES) -> None:
        """Is empty.

        Args:
          draw: renders the page of a key, which must not be of a client's making.
          most_bytes: of all pages that are kept.
        """
        super().__init__(most_bytes)
        self._draw = draw

    def get(self, key: str) -> str:
        """The page of a key."""
        # As bytes: one emoji makes all characters of a text as large as itself.
        return self._kept(key, lambda: self._draw(key).encode()).decode()


class CompressedPages(_Bounded):
    """What pages were compressed to, for each address that a hub was asked by."""

    def __init__(
        self, compress: Callable[[bytes], bytes], most_bytes: int = _MOST_COMPRESSED
    ) -> None:
        """Is empty.

        Args:
          compress: a page.
          most_bytes: of all that is kept.
        """
        super().__init__(most_bytes)
        self._compress = compress

    def get(self, path: str, address: str, page: bytes) -> bytes:
        """A page in its compressed form.

        Args:
          path: of the page.
          address: of the hub in the page, which may be what a client says it is.
          page: its content, which path and address determine until the next `clear`.
        """
        # A digest, since a client's address can be longer than a page.
        key = path, hashlib.sha256(address.encode()).digest()
        return self._kept(key, lambda: self._compress(page))
