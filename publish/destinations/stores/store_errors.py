"""Turns errors of store clients into one sentence each."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator

from slimhub.common.errors import PublishError
from slimhub.publish.destinations.stores.store import Store

# Packages whose exceptions are about the store or the connection, not about a bug here.
_CLIENTS = {"aiobotocore", "aiohttp", "botocore", "fsspec", "gcsfs", "google", "requests", "s3fs"}


@contextlib.contextmanager
def readable_errors(store: Store, what: str, then: str = "") -> Iterator[None]:
    """Turns what a store's client raises into an error that says what to do.

    The client's own message is left out: it may contain secrets.

    Args:
      store: the store that is called.
      what: the action, as in `cannot …`.
      then: what else to say.

    Raises:
      PublishError: instead of any error of the client.
    """
    try:
        yield
    except Exception as error:
        if not _is_of_the_store(error):
            raise
        raise PublishError(f"cannot {what}: {_reason(store, error)}{then}") from error


def is_of_content(error: Exception) -> bool:
    """Whether a client says that a file does not match the store's own digest.

    Args:
      error: raised by a client.
    """
    return "Checksum" in type(error).__name__  # botocore's and gcsfs's both


def is_conflict(error: Exception) -> bool:
    """Whether a store says that a file was created there in the meantime.

    Args:
      error: raised by a client.
    """
    return isinstance(error, FileExistsError) or _answer(error)[0] in (409, 412)


def _is_of_the_store(error: Exception) -> bool:
    package = type(error).__module__.split(".")[0]
    # gcsfs raises ValueError for some responses.
    is_answer = isinstance(error, ValueError) and str(error).startswith("Bad Request")
    return package in _CLIENTS or isinstance(error, (OSError, asyncio.TimeoutError)) or is_answer


def _reason(store: Store, error: Exception) -> str:
    status, code = _answer(error)
    told = f"{status} {code}".strip()
    bucket = store.root.split("/")[0]
    if status in (401, 403):
        return (
            f"{store} returned {told}: the credentials must be valid, with permission to list, "
            "read and write there"
        )
    if status == 404:
        return f"no bucket {bucket} ({told}): create it, or choose another"
    if status == 429 or (status or 0) >= 500:
        return f"{store} keeps returning {told}: try again later"
    if status is not None:
        return f"{store} returned {told}"
    if isinstance(error, OSError) and error.strerror and not _is_of_a_client(error):
        return error.strerror
    return f"no connection to {store} ({type(error).__name__}): check the network, and try again"


def _answer(error: Exception) -> tuple[int | None, str]:
    """HTTP status and the store's own code, if known."""
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
