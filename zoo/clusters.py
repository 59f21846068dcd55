"""The Dask clusters that run a plan: local processes, or an existing cluster.

Memory is a worker resource, `MEMORY` in bytes: Dask only runs side by side what fits into a
worker's memory.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from slimhub.common import dask_clusters
from slimhub.common.errors import PublishError, RequestError, option
from slimhub.common.version import __version__
from slimhub.zoo import zoo_worker
from slimhub.zoo.jobs import Job

if TYPE_CHECKING:
    from distributed import Client

MEMORY = "MEMORY"
_USUAL = 0.9  # share of the exports that every worker should have room for
_SHARE = 0.9  # of the machine's memory; the rest is left to the system
_STARTING = "dask worker ADDRESS --nthreads=1 --resources MEMORY=8e9"


@contextlib.contextmanager
def local(jobs: int | None, memory: int | None, plan: Sequence[Job]) -> Iterator[Client]:
    """A cluster of local processes, which end with the block.

    Its members admit nobody else, see `dask_clusters.private`.

    Args:
      jobs: the most workers; one per core by default.
      memory: bytes that they share; 90% of the machine's by default.
      plan: what to run.

    Raises:
      RequestError: if an export needs more than all of the memory.
    """
    from dask.system import CPU_COUNT
    from distributed.system import MEMORY_LIMIT

    room = memory or int(MEMORY_LIMIT * _SHARE)
    shares = share(room, jobs or CPU_COUNT, [job.memory for job in plan])
    workers = [{"resources": {MEMORY: room}, "memory_limit": room} for room in shares]
    with dask_clusters.private(workers) as client:
        yield client


def share(memory: int, jobs: int, needs: Sequence[int]) -> list[int]:
    """How workers share the memory of a machine so that together they never need more.

    Equal shares, if the largest export fits into one. Otherwise the first worker gets what that
    export needs, and the others share the rest: as many of them as leave each room for nine exports
    in ten or, if there is not that much, for the smallest.

    Args:
      memory: bytes in total.
      jobs: the most workers.
      needs: bytes, per export.

    Raises:
      RequestError: if an export needs more than all of the memory.
    """
    largest, smallest = max(needs), min(needs)
    if largest > memory:
        raise RequestError(
            f"an export needs {largest / 1e9:.1f} GB, but only {memory / 1e9:.1f} GB are "
            f"available: raise {option('memory')}, or set memory_gb in the manifest if it needs "
            "less"
        )
    jobs = min(jobs, len(needs))
    if largest <= memory // jobs:
        return [memory // jobs] * jobs
    rest, usual = memory - largest, sorted(needs)[int(_USUAL * (len(needs) - 1))]
    others = min(jobs - 1, max(rest // usual, min(rest // smallest, 1)))
    return [largest] + [rest // others] * others if others else [memory]


def is_encrypted(address: str) -> bool:
    """Whether a scheduler's address asks for encryption and certificates.

    Args:
      address: such as `tls://host:8786`; without a scheme it means tcp.
    """
    return address.partition("://")[0] in ("tls", "wss")


@contextlib.contextmanager
def existing(address: str, plan: Sequence[Job]) -> Iterator[Client]:
    """An existing cluster, which keeps running.

    Args:
      address: of its scheduler, such as `tls://host:8786`; Dask's own settings name the keys.
      plan: what to run.

    Raises:
      RequestError: if the address is invalid.
      PublishError: if it does not answer, has no workers, or none that can run all of the plan.
    """
    client = dask_clusters.connect(address, PublishError)
    with client:
        _check_workers(client, address, plan)
        yield client


def _check_workers(client: Client, address: str, plan: Sequence[Job]) -> None:
    import asyncio

    try:
        client.wait_for_workers(1, timeout=dask_clusters.ANSWER)
    except (TimeoutError, asyncio.TimeoutError):
        raise PublishError(
            f"the scheduler at {address} has no workers: start some with `{_STARTING}`"
        ) from None
    workers = client.scheduler_info(n_workers=-1)["workers"]
    rooms = [worker["resources"].get(MEMORY, 0) for worker in workers.values()]
    most = max(plan, key=lambda job: job.memory)
    if not any(rooms):
        raise PublishError(
            f"no worker declares how much memory it has: start workers with `{_STARTING}`"
        )
    if most.memory > max(rooms):
        raise PublishError(
            f"{most.name} needs {most.memory / 1e9:.1f} GB, but no worker has more than "
            f"{max(rooms) / 1e9:.1f} GB: start one with more, `--resources MEMORY=…`"
        )
    _check_versions(client)


def _check_versions(client: Client) -> None:
    try:
        versions: dict[str, Any] = client.run(zoo_worker.version)
    except ImportError as error:
        raise PublishError(
            f"slimhub is missing on the workers ({error}): install 'slimhub[zoo]' where they run"
        ) from error
    others = {worker: found for worker, found in versions.items() if found != __version__}
    if others:
        worker, found = next(iter(others.items()))
        raise PublishError(
            f"the worker {worker} has slimhub {found}, but this is {__version__}: install "
            "the same version"
        )
