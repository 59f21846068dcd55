"""Who computes the shards: this process, one after the other, or the workers of a Dask cluster."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Container, Iterator
from typing import TYPE_CHECKING

from slimhub.common import dask_clusters
from slimhub.common.errors import EvaluationError
from slimhub.common.version import __version__
from slimhub.evaluate.evaluation_request import EvaluationRequest
from slimhub.evaluate.models import model_source
from slimhub.evaluate.totals import Totals

if TYPE_CHECKING:
    from distributed import Client

    from slimhub.evaluate.datasets.dataset import Dataset
    from slimhub.evaluate.models.image_model import ImageModel
    from slimhub.evaluate.shard_sums import ShardTask

Sums = Iterator[tuple[int, Totals]]
Advance = Callable[[int], None]


def in_turn(
    model: ImageModel,
    dataset: Dataset,
    task: ShardTask,
    request: EvaluationRequest,
    known: Container[int],
    advance: Advance,
) -> Sums:
    """Computes shards in this process.

    Args:
      model: loaded.
      dataset: whose shards they are.
      task: what to do with each.
      request: the evaluation.
      known: numbers of shards that are done.
      advance: called with the number of pictures that are done since.

    Yields:
      Number and sums of a shard.
    """
    from slimhub.evaluate import shard_sums

    left = {n: shard for n, shard in enumerate(dataset.shards) if n not in known}
    yield from shard_sums.compute(model, left, task, advance)


def in_clusters(
    model: ImageModel,
    dataset: Dataset,
    task: ShardTask,
    request: EvaluationRequest,
    known: Container[int],
    advance: Advance,
) -> Sums:
    """Computes shards on the workers of a cluster; one that is lost is replaced by another.

    Each shard counts once, whoever computes it and how often: the sums are kept by its number.

    Args:
      model: loaded here; workers load their own, which has to have the same digest.
      dataset: whose shards they are, which workers read by the same paths.
      task: what to do with each.
      request: the evaluation.
      known: numbers of shards that are done.
      advance: called with the number of pictures that are done since.

    Yields:
      Number and sums of a shard, in the order in which they are done.

    Raises:
      EvaluationError: if the cluster does not answer, or a shard cannot be computed.
    """
    from distributed import KilledWorker, as_completed

    from slimhub.evaluate import shard_worker

    artifact = request.artifact
    if not model_source.is_url(artifact):
        artifact = str(model_source.local(artifact))
    with _cluster(request) as client:
        futures = {}
        for number, shard in enumerate(dataset.shards):
            if number not in known:
                future = client.submit(
                    shard_worker.compute,
                    *(artifact, model.sha256, request.trust),
                    *(shard, number, task),
                    pure=False,
                )
                futures[future] = number
        try:
            for future in as_completed(futures):
                number = futures[future]
                yield number, Totals.from_json(future.result())
                advance(dataset.shards[number].count)
        except KilledWorker as error:
            raise EvaluationError(
                "the workers that computed a shard died one after the other: out of memory?"
            ) from error
        finally:
            with contextlib.suppress(OSError):  # of a scheduler that is gone
                client.cancel(list(futures))


@contextlib.contextmanager
def _cluster(request: EvaluationRequest) -> Iterator[Client]:
    from slimhub.evaluate import shard_worker

    if request.scheduler is None:
        with dask_clusters.private([{}] * (request.jobs or 1)) as client:
            yield client
        return
    with dask_clusters.connect(request.scheduler, EvaluationError) as client:
        try:
            found = set(client.run(shard_worker.version).values())
        except ImportError as error:
            raise EvaluationError(
                f"slimhub is missing on the workers ({error}): install 'slimhub[evaluate]' there"
            ) from error
        if found != {__version__}:
            raise EvaluationError(
                f"the workers have slimhub {', '.join(sorted(found)) or 'nowhere'}, but this is "
                f"{__version__}: start workers with the same version"
            )
        yield client
