"""Tells of a transfer per file and in all."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from publish.destinations.destination import Transfer


@dataclasses.dataclass
class Tally:
    """How much of what is to be sent was sent.

    Attributes:
      transfer: is told.
      total: bytes in all.
      sent: bytes of the files that are done.
    """

    transfer: Transfer
    total: int
    sent: int = 0

    def file(self, name: str, size: int) -> Callable[[int], None]:
        """What tells of one file; files are sent one after the other.

        Args:
          name: of the file.
          size: in bytes.
        """

        def tell(done: int) -> None:
            in_all = f"{(self.sent + done) / 1e6:.1f} of {self.total / 1e6:.1f} MB in all"
            self.transfer(f"{name} ({in_all})", done, size)

        return tell

    def finish(self, name: str, size: int) -> None:
        """Counts a file as sent.

        Args:
          name: of the file.
          size: in bytes.
        """
        self.file(name, size)(size)
        self.sent += size
