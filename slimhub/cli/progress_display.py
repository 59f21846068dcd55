"""Shows how far work is, on stderr: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType

from slimhub.common import interrupts

_LINE_EVERY = 2.0  # seconds between plain lines of one transfer

_LEAST_MEGABYTES = 0.1  # of a file that is shown in them


class ProgressDisplay:
    """Phases of one piece of work, and transfers inside them."""

    def __init__(self, phases: int) -> None:
        """Starts.

        Args:
          phases: how many phases there will be.
        """
        self._bar = None
        self._last_line = 0.0
        self._started: tuple[float, int] | None = None  # seconds and pictures to count from
        if sys.stderr.isatty():
            import tqdm

            self._bar = tqdm.tqdm(total=phases, leave=False, bar_format="{desc} {bar} {elapsed}")
            self._begun = 0

    def __enter__(self) -> ProgressDisplay:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.close()

    def phase(self, name: str) -> None:
        """Says that a phase begins."""
        interrupts.check()
        if self._bar is None:
            print(f"slimhub: {name}", file=sys.stderr, flush=True)
            return
        self._bar.set_description(name)
        self._bar.update(min(self._begun, 1))  # the phase before this one is done
        self._begun += 1

    def transfer(self, what: str, done: int, total: int | None) -> None:
        """Says how much of a file has arrived.

        Args:
          what: name of the file.
          done: bytes so far.
          total: bytes in all, where known.
        """
        amount = _amount(done, total)
        if self._bar is not None:
            self._bar.set_description(f"{what}: {amount}")
        elif time.monotonic() - self._last_line > _LINE_EVERY or done == total:
            self._last_line = time.monotonic()
            print(f"slimhub: {what}: {amount}", file=sys.stderr, flush=True)

    def pictures(self, done: int, total: int) -> None:
        """Says how many pictures of a data set are done, and when all will be.

        Args:
          done: pictures so far.
          total: pictures in all.
        """
        interrupts.check()
        now = time.monotonic()
        if self._started is None:
            self._started = now, done  # the first batch, in which the network is made ready
        seconds, done_since = now - self._started[0], done - self._started[1]
        text = f"{done:,} of {total:,} images"
        if seconds > 0 and done_since:
            rate = done_since / seconds
            text += f", {rate:,.0f} images/s, {(total - done) / rate:.0f} s left"
        if self._bar is not None:
            self._bar.set_description(text)
        elif now - self._last_line > _LINE_EVERY or done == total:
            self._last_line = now
            print(f"slimhub: {text}", file=sys.stderr, flush=True)


def _amount(done: int, total: int | None) -> str:
    """Bytes as people read them: small files in bytes, which would be 0.0 MB."""
    if total is not None and total < _LEAST_MEGABYTES * 1e6:
        return f"{done:,} of {total:,} bytes"
    return f"{done / 1e6:.1f} of {total / 1e6:.1f} MB" if total else f"{done / 1e6:.1f} MB"
