"""What clients of stores raise, as one sentence each."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator

from slimhub.common.errors import PublishError
from slimhub.publish.destinations.stores.store import Store

# Packages whose exceptions tell of the store or the way to it, not of a mistake here.
_CLIENTS = {"aiobotocore", "aiohttp", "botocore", "fsspec", "gcsfs", "google", "requests", "s3fs"}


@contextlib.contextmanager
def readable_errors(store: Store, what: str, then: str = "") -> Iterator[None]:
    """Turns what a store's client raises into an error that says what to do.

    What the client says is left out: it may hold what is secret.

    Args:
      store: that is asked.
      what: is being done, as in `cannot …`.
      then: what else to say.

    Raises:
      PublishError: in place of any error of the client.
    """
    try:
        yield
    except Exception as error:
        if not _is_of_the_store(error):
            raise
        raise PublishError(f"cannot {what}: {_reason(store, error)}{then}") from error


def is_of_content(error: Exception) -> bool:
    """Whether a client says that a file it read is not what the store's own digest is of.

    Args:
      error: that a client raised.
    """
    return "Checksum" in type(error).__name__  # botocore's and gcsfs's both


def is_conflict(error: Exception) -> bool:
    """Whether a store says that a file came there in the meantime.

    Args:
      error: that a client raised.
    """
    return isinstance(error, FileExistsError) or _answer(error)[0] in (409, 412)


def _is_of_the_store(error: Exception) -> bool:
    package = type(error).__module__.split(".")[0]
    # gcsfs has a ValueError for some answers.
    is_answer = isinstance(error, ValueError) and str(error).startswith("Bad Request")
    return package in _CLIENTS or isinstance(error, (OSError, asyncio.TimeoutError)) or is_answer


def _reason(store: Store, error: Exception) -> str:
    status, code = _answer(error)
    told = f"{status} {code}".strip()
    bucket = store.root.split("/")[0]
    if status in (401, 403):
        return (
            f"{store} answers {told}: the credentials must be valid, and allow to list, read and "
            "write there"
        )
    if status == 404:
        return f"there is no bucket {bucket} ({told}): make it, or name another"
    if status == 429 or (status or 0) >= 500:
        return f"{store} goes on answering {told}: try again later"
    if status is not None:
        return f"{store} answers {told}"
    if isinstance(error, OSError) and error.strerror and not _is_of_a_client(error):
        return error.strerror
    return f"no connection to {store} ({type(error).__name__}): look at the network, and try again"


def _answer(error: Exception) -> tuple[int | None, str]:
    """Status of HTTP and the store's own code, as far as they are told."""
    for one in _chain(error):
        response = getattr(one, "response", None)
        if isinstance(response, dict):  # botocore's
            status = response.get("ResponseMetadata", {}).get("HTTPStatusCode")
            code = str(response.get("Error", {}).get("Code", ""))
            return status, "" if code == str(status) else code
        number = str(getattr(one, "code", ""))
        if number.isdigit():  # gcsfs's
            return int(number), ""
    if isinstance(error, OSError) and error.errno is None:
        if isinstance(error, PermissionError) or str(error).startswith("Forbidden"):
            return 403, ""
        if isinstance(error, FileNotFoundError):
            return 404, ""
        if type(error).__name__ == "ProxyError":  # gcsfs raises it for this status
            return 502, ""
    return None, ""


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def _is_of_a_client(error: Exception) -> bool:
    return type(error).__module__.split(".")[0] in _CLIENTS
