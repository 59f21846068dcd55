"""The Dask clusters that a plan is run on: one of this machine's processes, or one that is there.

Memory is a resource of workers, `MEMORY` in bytes: Dask runs side by side on a worker only what
its memory is enough for.
"""

from __future__ import annotations

import contextlib
import logging
import tempfile
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from slimhub.common.errors import PublishError, RequestError, option
from slimhub.common.version import __version__
from slimhub.zoo import zoo_worker
from slimhub.zoo.jobs import Job

if TYPE_CHECKING:
    from distributed import Client

MEMORY = "MEMORY"
_USUAL = 0.9  # share of the exports that any worker should have room for
_SHARE = 0.9  # of the machine's memory; the rest is the system's
_LOOPBACK = "127.0.0.1"
_QUIET = logging.CRITICAL  # what a run shows of its workers it shows itself
_ANSWER = 10.0  # seconds in which a scheduler and its first worker have to answer
_STARTING = "dask worker ADDRESS --nthreads=1 --resources MEMORY=8e9"


@contextlib.contextmanager
def local(jobs: int | None, memory: int | None, plan: Sequence[Job]) -> Iterator[Client]:
    """A cluster of processes of this machine, which end with the block.

    Args:
      jobs: how many workers, at most; one for each core by default.
      memory: bytes that they share; 90 % of the machine's by default.
      plan: what is to be run.

    Raises:
      RequestError: where an export needs more than all of it.
    """
    from dask.system import CPU_COUNT
    from distributed import Client, Nanny, Scheduler, SpecCluster
    from distributed.system import MEMORY_LIMIT

    _quieten()
    room = memory or int(MEMORY_LIMIT * _SHARE)
    shares = share(room, jobs or CPU_COUNT, [job.memory for job in plan])
    with tempfile.TemporaryDirectory(prefix="slimhub-zoo-") as scratch:
        common = {"nthreads": 1, "local_directory": scratch, "silence_logs": _QUIET}
        workers = {
            str(number): {
                "cls": Nanny,
                "options": common | {"resources": {MEMORY: room}, "memory_limit": room},
            }
            for number, room in enumerate(shares, 1)
        }
        # Port 0 is any that is free, host 127.0.0.1 nobody else's business.
        options = {"host": _LOOPBACK, "port": 0, "dashboard_address": f"{_LOOPBACK}:0"}
        scheduler = {"cls": Scheduler, "options": options}
        with (
            SpecCluster(workers, scheduler, silence_logs=_QUIET) as cluster,
            Client(cluster) as client,
        ):
            yield client


def _quieten() -> None:
    """Keeps what Dask logs in this process from stderr; some loggers have their own level."""
    for name in list(logging.root.manager.loggerDict):
        if name.split(".")[0] in ("distributed", "tornado"):
            logging.getLogger(name).setLevel(_QUIET)


def share(memory: int, jobs: int, needs: Sequence[int]) -> list[int]:
    """How workers share the memory of a machine, so that together they never need more.

    Equal parts, where the largest export fits into one. Else the first worker has what that
    export needs, and the others share the rest, as many of them as leave each room for nine exports
    in ten; or, where there is not so much, for the smallest.

    Args:
      memory: bytes in all.
      jobs: how many workers, at most.
      needs: bytes, of each export.

    Raises:
      RequestError: where an export needs more than all of it.
    """
    largest, smallest = max(needs), min(needs)
    if largest > memory:
        raise RequestError(
            f"an export needs {largest / 1e9:.1f} GB, and there are {memory / 1e9:.1f} GB: give "
            f"more with {option('memory')}, or state what it needs with memory_gb in the manifest"
        )
    jobs = min(jobs, len(needs))
    if largest <= memory // jobs:
        return [memory // jobs] * jobs
    rest, usual = memory - largest, sorted(needs)[int(_USUAL * (len(needs) - 1))]
    others = min(jobs - 1, max(rest // usual, min(rest // smallest, 1)))
    return [largest] + [rest // others] * others if others else [memory]


@contextlib.contextmanager
def existing(address: str, plan: Sequence[Job]) -> Iterator[Client]:
    """A cluster that somebody has started, and that stays.

    Args:
      address: of its scheduler, such as `tcp://host:8786`.
      plan: what is to be run.

    Raises:
      RequestError: for an address that cannot be.
      PublishError: where it does not answer, has no workers, or none that can do all of the plan.
    """
    from distributed import Client

    _quieten()
    try:
        client = Client(address, timeout=_ANSWER)
    except ValueError as error:
        raise RequestError(f"{option('scheduler', address)} is not like tcp://host:8786") from error
    except OSError as error:
        raise PublishError(
            f"no scheduler answers at {address}: start one with `dask scheduler`, or check address "
            "and firewall"
        ) from error
    with client:
        _check_workers(client, address, plan)
        yield client


def _check_workers(client: Client, address: str, plan: Sequence[Job]) -> None:
    import asyncio

    try:
        client.wait_for_workers(1, timeout=_ANSWER)
    except (TimeoutError, asyncio.TimeoutError):
        raise PublishError(
            f"the scheduler at {address} has no workers: start some with `{_STARTING}`"
        ) from None
    workers = client.scheduler_info(n_workers=-1)["workers"]
    rooms = [worker["resources"].get(MEMORY, 0) for worker in workers.values()]
    most = max(plan, key=lambda job: job.memory)
    if not any(rooms):
        raise PublishError(f"no worker says how much memory it has: start them as `{_STARTING}`")
    if most.memory > max(rooms):
        raise PublishError(
            f"{most.name} needs {most.memory / 1e9:.1f} GB, and no worker has more than "
            f"{max(rooms) / 1e9:.1f} GB: start one with more, `--resources MEMORY=…`"
        )
    _check_versions(client)


def _check_versions(client: Client) -> None:
    try:
        versions: dict[str, Any] = client.run(zoo_worker.version)
    except ImportError as error:
        raise PublishError(
            f"the workers lack slimhub ({error}): install 'slimhub[zoo]' where they run"
        ) from error
    others = {worker: found for worker, found in versions.items() if found != __version__}
    if others:
        worker, found = next(iter(others.items()))
        raise PublishError(
            f"the worker {worker} has slimhub {found}, this is {__version__}: install the same"
        )
