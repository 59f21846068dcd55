"""Dask clusters: processes of this machine that admit nobody else, and clusters of others."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from slimhub.common.errors import RequestError, SlimhubError, option
from slimhub.common.scratch import ScratchFolder

if TYPE_CHECKING:
    from distributed import Client

ANSWER = 10.0  # seconds in which a scheduler and its first worker have to answer
_LOOPBACK = "127.0.0.1"
_QUIET = logging.CRITICAL  # a run shows its workers itself
# What the scheduler and workers would tell anyone who asks over HTTP.
_HTTP_ROUTES = ("distributed.scheduler.http.routes", "distributed.worker.http.routes")


@contextlib.contextmanager
def private(workers: Sequence[dict[str, Any]]) -> Iterator[Client]:
    """A cluster of local processes with one thread each, which end with the block.

    Its members admit nobody else, not even other programs of the same user: they talk over TLS,
    with certificates that exist in their memory only. Without that, anyone who can reach a Dask
    scheduler can run anything as its owner.

    Args:
      workers: options of each `distributed.Nanny`.
    """
    import dask
    from distributed import Client, Nanny, Scheduler, SpecCluster
    from distributed.security import Security

    quieten()
    private = {"protocol": "tls://", "security": Security.temporary(), "dashboard": False}
    with (
        ScratchFolder() as scratch,
        dask.config.set({key: [] for key in _HTTP_ROUTES}),
    ):
        common = private | {"nthreads": 1, "local_directory": scratch, "silence_logs": _QUIET}
        nannies = {
            str(number): {
                "cls": Nanny,
                # What the work leaves among temporary files goes with the run.
                "env": {"TMPDIR": scratch},
                "options": common | options,
            }
            for number, options in enumerate(workers, 1)
        }
        # Port 0 means any free port; host 127.0.0.1 keeps other machines out.
        options = {"host": _LOOPBACK, "port": 0, "dashboard_address": f"{_LOOPBACK}:0"}
        scheduler = {"cls": Scheduler, "options": private | options}
        security = private["security"]
        with (
            SpecCluster(nannies, scheduler, silence_logs=_QUIET, security=security) as cluster,
            Client(cluster, security=security) as client,
        ):
            yield client


def quieten() -> None:
    """Keeps Dask's log messages in this process off stderr; some loggers have their own level."""
    for name in list(logging.root.manager.loggerDict):
        if name.split(".")[0] in ("distributed", "tornado"):
            logging.getLogger(name).setLevel(_QUIET)


def connect(address: str, error: type[SlimhubError]) -> Client:
    """A client of an existing cluster.

    Args:
      address: of its scheduler, such as `tls://host:8786`; Dask's own settings name the keys.
      error: what to raise if it does not answer.

    Raises:
      RequestError: if the address is invalid.
    """
    from distributed import Client

    quieten()
    try:
        return Client(address, timeout=ANSWER)
    except ValueError as fault:
        raise RequestError(
            f"{option('scheduler', address)} is not an address such as tls://host:8786"
        ) from fault
    except OSError as fault:
        raise error(
            f"no scheduler answers at {address}: start one with `dask scheduler`, or check the "
            "address and firewall"
        ) from fault
