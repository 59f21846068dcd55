"""Asks a remote place: again where it is busy, and with one sentence where it refuses."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib
import logging
import os
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

from slimhub.common.errors import PublishError
from slimhub.publish import addresses
from slimhub.publish.pages import markdown

TRIES = 4
SERVER_ERROR = 500
UNTOLD = 0  # status of an error that does not tell one
_WAIT = 1.0  # seconds before the second try; doubled before each further one
_LONGEST_WAIT = 60.0  # seconds that a place's Retry-After is heeded up to
BUSY = frozenset({429, SERVER_ERROR, 502, 503, 504})
# Nobody knows what became of a call that was answered otherwise: such as creates something.
ONCE = frozenset({429})
_MESSAGE = 200  # characters of what a place says itself

Answer = TypeVar("Answer")


class RefusedError(PublishError):
    """A place that answered, and refused.

    Attributes:
      status: of HTTP.
    """

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


@dataclasses.dataclass(frozen=True)
class Remote:
    """A place that is asked through its client library.

    Attributes:
      name: of the place.
      target: that it is asked for.
      credentials: where its library looks for them.
      errors: that its library raises where the place refuses.
      breaks: that it raises where the connection breaks.
    """

    name: str
    target: str
    credentials: str
    errors: tuple[type[Exception], ...]
    breaks: tuple[type[Exception], ...]

    def ask(self, what: str, call: Callable[[], Answer], *, busy: frozenset[int] = BUSY) -> Answer:
        """What a call gives; it is made again where the place is busy or the connection breaks.

        Args:
          what: is asked for, such as `upload saved_model.pb`.
          call: is made again after an answer in `busy`; where that holds server errors, after a
            broken connection as well.
          busy: statuses of answers.

        Raises:
          RefusedError: where the place refuses.
          PublishError: where the connection keeps breaking.
        """
        tries = 0
        while True:
            tries += 1
            try:
                return call()
            except (*self.breaks, *self.errors) as error:
                is_broken = any(isinstance(link, self.breaks) for link in _chain(error))
                status = SERVER_ERROR if is_broken else _status(error)
                if status not in busy or tries == TRIES:
                    if is_broken:
                        raise self._broken(what, tries) from error
                    raise self._refused(what, status, error, tries) from error
                wait = _retry_after(error)
            time.sleep(_WAIT * 2 ** (tries - 1) if wait is None else wait)

    def _broken(self, what: str, tries: int) -> PublishError:
        count = f", {tries} times in a row" if tries > 1 else ""
        return PublishError(
            f"the connection to {self.name} broke ({what}{count}): check the network and publish "
            "again"
        )

    def _refused(self, what: str, status: int, error: Exception, tries: int) -> RefusedError:
        after = f", after {tries} tries" if tries > 1 else ""
        sentences = {
            401: f"does not take the credentials: give others as {self.credentials}",
            403: f"does not allow it: give credentials that may write to {self.target} as "
            f"{self.credentials}",
            404: f"knows no {self.target}: check its parts",
            429: "is asked too often: wait some minutes and publish again",
        }
        answer = f": answer {status}" if status else ""
        if status >= SERVER_ERROR:
            remedy = "has a fault of its own: publish again later"
        else:
            remedy = sentences.get(status) or f"says: {_message(error)}"
        return RefusedError(f"{self.name} {remedy} ({what}{answer}{after})", status)


@contextlib.contextmanager
def quiet(library: str) -> Iterator[None]:
    """Keeps a library from printing and logging, which is the command's to do.

    Args:
      library: as it is imported; it is, outside of this, since it may set up its logging then.
    """
    importlib.import_module(library)
    logger = logging.getLogger(library)
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):  # noqa: PTH123
            yield
    finally:
        logger.setLevel(level)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """An error and what it was raised from."""
    link: BaseException | None = error
    while link is not None:
        yield link
        link = link.__cause__


def _status(error: Exception) -> int:
    """Status of the answer that an error was made of."""
    for link in _chain(error):
        response = getattr(link, "response", None)
        status = getattr(link, "error_code", None) or getattr(response, "status_code", None)
        if status:
            return int(status)
    return UNTOLD


def _retry_after(error: Exception) -> float | None:
    """Seconds that the place asks to wait, where it does, and a number."""
    for link in _chain(error):
        headers = getattr(getattr(link, "response", None), "headers", None) or {}
        if str(headers.get("Retry-After", "")).isdigit():
            return min(float(headers["Retry-After"]), _LONGEST_WAIT)
    return None


def _message(error: Exception) -> str:
    """What a place says itself, without the secrets of URLs: some sign requests with queries."""
    return addresses.shown(markdown.one_line(str(error)))[:_MESSAGE]
