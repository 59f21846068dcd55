"""Shows how far a zoo is, on stderr: bars on a terminal, lines elsewhere, or JSON."""

from __future__ import annotations

import contextlib
import json
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

Event = dict[str, Any]


@contextlib.contextmanager
def shown(kind: str, total: int) -> Iterator[Callable[[Event], None]]:
    """Something that takes the events of a run.

    Args:
      kind: `bar`, `lines`, `json`, or `auto`: bars on a terminal, else lines.
      total: how many exports there are.
    """
    if kind == "auto":
        kind = "bar" if sys.stderr.isatty() else "lines"
    if kind == "bar":
        with contextlib.closing(Bars(total)) as bars:
            yield bars.take
    elif kind == "lines":
        yield Lines(total).take
    else:
        _print_json({"event": "planned", "total": total, "time": time.time()})
        yield _take_json


def _take_json(event: Event) -> None:
    if event["event"] != "tick":
        _print_json(event)


def _print_json(event: Event) -> None:
    print(json.dumps(event), file=sys.stderr, flush=True)


class Tally:
    """Counts what is done, and guesses how long the rest takes."""

    def __init__(self, total: int) -> None:
        """Starts the clock.

        Args:
          total: how many exports there are.
        """
        self.total = total
        self.done = self.failed = self.unchanged = 0
        self._start = time.monotonic()

    def count(self, event: Event) -> None:
        """Takes a `finished` event."""
        self.done += 1
        self.failed += event["result"] == "failed"
        self.unchanged += event["result"] == "unchanged"

    def __str__(self) -> str:
        failed = f", {self.failed} failed" if self.failed else ""
        return f"{self.done} of {self.total} done{failed}{self._left()}"

    def _left(self) -> str:
        """Time left, by what exports took so far; those that were there took none."""
        made, left = self.done - self.unchanged, self.total - self.done
        if not made or not left:
            return ""
        seconds = (time.monotonic() - self._start) / made * left
        return f", about {_duration(seconds)} left"


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 90 * 60 else f"{seconds / 3600:.1f} h"


class Lines:
    """A plain line for each export that begins or ends, and for each worker that is lost."""

    def __init__(self, total: int) -> None:
        """Begins.

        Args:
          total: how many exports there are.
        """
        self._tally = Tally(total)

    def take(self, event: Event) -> None:
        """Prints what an event tells."""
        if event["event"] == "started":
            self._print(f"{event['name']}: started on worker {event['worker']}")
        elif event["event"] == "lost":
            self._print(f"worker {event['worker']} is gone")
        elif event["event"] == "warning":
            self._print(f"warning: {event['detail']}")
        elif event["event"] == "finished":
            self._tally.count(event)
            self._print(f"{event['name']}: {_told(event)}; {self._tally}")

    def _print(self, text: str) -> None:
        print(f"slimhub: {text}", file=sys.stderr, flush=True)


def _told(event: Event) -> str:
    if event["result"] == "failed":
        return f"failed: {event['detail'].splitlines()[0]}"
    why = f" ({event['detail']})" if event["detail"] else ""
    published = {"new": ", published", "page": ", its page published"}.get(event["published"], "")
    return f"{event['result']} in {event['seconds']:.1f} s{why}{published}"


class Bars:
    """A bar for the whole run, and a line below it for each worker."""

    def __init__(self, total: int) -> None:
        """Draws the bar.

        Args:
          total: how many exports there are.
        """
        import tqdm

        self._tally = Tally(total)
        self._tqdm = tqdm.tqdm
        self._bar = tqdm.tqdm(total=total, bar_format="{desc} {bar} {elapsed}", leave=False)
        self._workers: dict[str, Any] = {}
        self._show()

    def take(self, event: Event) -> None:
        """Shows what an event tells."""
        kind = event["event"]
        if kind == "finished":
            self._finish(event)
        elif kind in ("started", "phase"):
            self._worker(event["worker"], f"{event['name']}: {event.get('phase', 'started')}")
        elif kind == "lost":
            self._tqdm.write(f"slimhub: worker {event['worker']} is gone", sys.stderr)
        elif kind == "warning":
            self._tqdm.write(f"slimhub: warning: {event['detail']}", sys.stderr)
        self._show()

    def _finish(self, event: Event) -> None:
        self._tally.count(event)
        self._bar.update()
        if event["worker"]:
            self._worker(event["worker"], "idle")
        if event["result"] == "failed":
            self._tqdm.write(f"slimhub: {event['name']}: {_told(event)}", sys.stderr)

    def _worker(self, name: str, text: str) -> None:
        if name not in self._workers:
            self._workers[name] = self._tqdm(total=0, bar_format="{desc}", leave=False)
        self._workers[name].set_description_str(f"worker {name}: {text}")

    def _show(self) -> None:
        self._bar.set_description_str(str(self._tally))
        self._bar.refresh()

    def close(self) -> None:
        """Takes the bars off the terminal."""
        for bar in [*self._workers.values(), self._bar]:
            bar.close()
