"""What slimhub needs of uvicorn beyond ASGI: the connection behind a response.

ASGI's extension `http.response.pathsend` would send a file from the kernel, but uvicorn does not
implement it. The `send` that uvicorn (as of 0.54) gives to an application is a method of its
`RequestResponseCycle`; of that class slimhub reads `transport`, `disconnected` and
`expected_content_length`, and sets the last. `test_uvicorn_internals.py` checks each of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    import asyncio

    from starlette.types import Send

_USED = ("transport", "disconnected", "expected_content_length")


class ResponseCycle(Protocol):
    """One response of uvicorn.

    Attributes:
      transport: of the connection.
      disconnected: whether the reader is gone.
      expected_content_length: bytes of the body that uvicorn still waits for.
    """

    transport: asyncio.WriteTransport
    disconnected: bool
    expected_content_length: int


def response_cycle(send: Send) -> ResponseCycle | None:
    """The response that `send` belongs to, None where it is not one of uvicorn's.

    Args:
      send: as an ASGI application is given it.
    """
    owner = getattr(send, "__self__", None)
    if not all(hasattr(owner, name) for name in _USED):
        return None
    return cast(ResponseCycle, owner)
