"""What clients of a hub should not do, and what the server becomes of it: part of `load_test`."""

from __future__ import annotations

import contextlib
import http.client
import socket
import threading
import time
from collections.abc import Callable

import psutil

from slimhub.publish.hub.connections import MOST_QUEUED

_QUEUED = 1 + MOST_QUEUED
_AT_ONCE = 400  # connections of each kind; our own descriptors are limited too
_HOSTS = 300
_PAUSE = 0.05  # seconds between two questions for the health


def measure(port: int, handle: str, seconds: float, server: psutil.Process) -> dict[str, float]:
    """Abuses a server in each way at the same time.

    Args:
      port: of the server.
      handle: of a version that it has.
      seconds: how long.
      server: its process.

    Returns:
      Resident bytes and descriptors before, at most and after, the slowest answer of `/healthz`
      in seconds, how many of them failed, and how many requests of abuse were made.
    """
    before = server.memory_info().rss
    descriptors = server.num_fds()
    end = time.monotonic() + seconds
    counts = [0] * len(ABUSES)
    threads = [
        threading.Thread(target=_repeat, args=(abuse, port, handle, end, counts, number))
        for number, abuse in enumerate(ABUSES)
    ]
    for thread in threads:
        thread.start()
    slowest, failed, most, most_descriptors = 0.0, 0, before, descriptors
    while time.monotonic() < end:
        taken = _ask_health(port)
        failed += taken is None
        slowest = max(slowest, taken or 0.0)
        most = max(most, server.memory_info().rss)
        most_descriptors = max(most_descriptors, server.num_fds())
        time.sleep(_PAUSE)
    for thread in threads:
        thread.join()
    time.sleep(1)
    return {
        "requests": sum(counts),
        "slowest_health": slowest,
        "failed_health": failed,
        "memory_before": before,
        "memory_most": most,
        "memory_after": server.memory_info().rss,
        "descriptors_before": descriptors,
        "descriptors_most": most_descriptors,
        "descriptors_after": server.num_fds(),
    }


def line(figures: dict[str, float]) -> str:
    """The figures of an abuse, for people."""
    memory = [figures[f"memory_{when}"] / 1e6 for when in ("before", "most", "after")]
    descriptors = [figures[f"descriptors_{when}"] for when in ("before", "most", "after")]
    return (
        f"abuse           {figures['requests']} requests; slowest /healthz "
        f"{figures['slowest_health']:.3f} s, {figures['failed_health']} failed; memory "
        f"{memory[0]:.1f} MB before, {memory[1]:.1f} at most, {memory[2]:.1f} after; descriptors "
        f"{descriptors[0]}, {descriptors[1]}, {descriptors[2]}"
    )


def _ask_health(port: int) -> float | None:
    """Seconds that an answer took, None for none."""
    start = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", "/healthz")
        is_well = connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    return time.monotonic() - start if is_well else None


def _repeat(
    abuse: Callable[[int, str], int],
    port: int,
    handle: str,
    end: float,
    counts: list[int],
    number: int,
) -> None:
    while time.monotonic() < end:
        with contextlib.suppress(OSError):
            counts[number] += abuse(port, handle)


def _send(port: int, *pieces: bytes) -> None:
    """Sends, reads what comes at once, and leaves."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        for piece in pieces:
            connection.sendall(piece)
        connection.recv(1 << 16)


def _stay_silent(port: int, handle: str) -> int:
    """Connects many times, and says nothing or half of a head."""
    with contextlib.ExitStack() as connections:
        for number in range(_AT_ONCE):
            address = ("127.0.0.1", port)
            one = connections.enter_context(socket.create_connection(address, timeout=5))
            one.sendall(b"GET / HTTP/1.1\r\nX: " if number % 2 else b"")
        time.sleep(1)
    return _AT_ONCE


def _ask_deeply(port: int, handle: str) -> int:
    """A path of 30,000 parts."""
    _send(port, b"GET " + b"/a" * 30_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n")
    return 1


def _send_headers(port: int, handle: str) -> int:
    """Headers without an end."""
    _send(port, b"GET / HTTP/1.1\r\n", *[b"X-%d: %s\r\n" % (n, b"a" * 1000) for n in range(5000)])
    return 1


def _name_hosts(port: int, handle: str) -> int:
    """The page of a model, for many hosts."""
    for number in range(_HOSTS):
        _send(port, f"GET /{handle} HTTP/1.1\r\nHost: h{number}.test\r\n\r\n".encode())
    return _HOSTS


def _read_nothing(port: int, handle: str) -> int:
    """As many requests at once as wait for their turn, whose answers nobody reads."""
    request = f"GET /{handle} HTTP/1.1\r\nHost: a\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
        connection.sendall(request * _QUEUED)
        time.sleep(1)
    return _QUEUED


ABUSES = (_stay_silent, _ask_deeply, _send_headers, _name_hosts, _read_nothing)
