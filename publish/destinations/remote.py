"""Calls a remote place: retries if it is busy, and turns refusals into one sentence."""

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
UNKNOWN_STATUS = 0  # status of an error that does not report one
_WAIT = 1.0  # seconds before the first retry; doubled before each further one
_MAX_WAIT = 60.0  # longest Retry-After to respect, in seconds
BUSY = frozenset({429, SERVER_ERROR, 502, 503, 504})
# After other statuses it is unknown what a call has done: for calls that create something.
ONCE = frozenset({429})
_MESSAGE = 200  # characters of the place's own message to show

Answer = TypeVar("Answer")


class RefusedError(PublishError):
    """A place that answered, and refused.

    Attributes:
      status: HTTP status.
    """

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


@dataclasses.dataclass(frozen=True)
class Remote:
    """A place that is called through its client library.

    Attributes:
      name: of the place.
      target: the target that calls are about.
      credentials: where its library looks for them.
      errors: raised by its library if the place refuses.
      breaks: raised if the connection breaks.
    """

    name: str
    target: str
    credentials: str
    errors: tuple[type[Exception], ...]
    breaks: tuple[type[Exception], ...]

    def ask(self, what: str, call: Callable[[], Answer], *, busy: frozenset[int] = BUSY) -> Answer:
        """Returns the result of a call; retries if the place is busy or the connection breaks.

        Args:
          what: the action, such as `upload saved_model.pb`.
          call: retried after a status in `busy`; if that includes server errors, also after a
            broken connection.
          busy: HTTP statuses.

        Raises:
          RefusedError: if the place refuses.
          PublishError: if the connection keeps breaking.
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
            f"lost the connection to {self.name} ({what}{count}): check the network and publish "
            "again"
        )

    def _refused(self, what: str, status: int, error: Exception, tries: int) -> RefusedError:
        after = f", after {tries} tries" if tries > 1 else ""
        sentences = {
            401: f"rejected the credentials: pass others as {self.credentials}",
            403: f"denied access: pass credentials that can write to {self.target} as "
            f"{self.credentials}",
            404: f"does not have {self.target}: check its spelling",
            429: "reached its rate limit: wait a few minutes and publish again",
        }
        answer = f": HTTP status {status}" if status else ""
        if status >= SERVER_ERROR:
            remedy = "had a server error: publish again later"
        else:
            remedy = sentences.get(status) or f"says: {_message(error)}"
        return RefusedError(f"{self.name} {remedy} ({what}{answer}{after})", status)


@contextlib.contextmanager
def quiet(library: str) -> Iterator[None]:
    """Keeps a library from printing and logging, which is up to the command.

    Args:
      library: its import name; it is imported first, since that may set up its logging.
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
    """HTTP status of the response behind an error."""
    for link in _chain(error):
        response = getattr(link, "response", None)
        status = getattr(link, "error_code", None) or getattr(response, "status_code", None)
        if status:
            return int(status)
    return UNKNOWN_STATUS


def _retry_after(error: Exception) -> float | None:
    """Seconds that the place asks to wait, if it gives a number."""
    for link in _chain(error):
        headers = getattr(getattr(link, "response", None), "headers", None) or {}
        if str(headers.get("Retry-After", "")).isdigit():
            return min(float(headers["Retry-After"]), _MAX_WAIT)
    return None


def _message(error: Exception) -> str:
    """The place's own message, without the secrets in URLs: some sign requests with queries."""
    return addresses.shown(markdown.one_line(str(error)))[:_MESSAGE]
