"""What a worker does: the sums over one shard at a time, called by Dask."""

from __future__ import annotations

import contextlib
import functools
from typing import TYPE_CHECKING, Any

from slimhub.common.errors import EvaluationError
from slimhub.common.version import __version__
from slimhub.evaluate.models import model_source

if TYPE_CHECKING:
    from slimhub.evaluate.datasets.dataset import Shard
    from slimhub.evaluate.models.image_model import ImageModel
    from slimhub.evaluate.shard_sums import ShardTask

_open = contextlib.ExitStack()  # of models, until the worker ends


def compute(
    artifact: str, sha256: str, trust: bool, shard: Shard, number: int, task: ShardTask
) -> dict[str, Any]:
    """The sums over a shard, as JSON data.

    Args:
      artifact: see `model_source.opened`.
      sha256: digest that it has to have.
      trust: see `ServedModel`.
      shard: of the data.
      number: of the shard.
      task: what to do with it.

    Raises:
      EvaluationError: if the worker has another artifact by that name, or as `shard_sums.compute`.
    """
    from slimhub.common.quiet_tensorflow import tensorflow

    tensorflow()
    from slimhub.evaluate import shard_sums

    model = _model(artifact, sha256, trust)
    ((_, totals),) = shard_sums.compute(model, {number: shard}, task)
    return totals.to_json()


@functools.cache
def _model(artifact: str, sha256: str, trust: bool) -> ImageModel:
    model = _open.enter_context(model_source.opened(artifact, trust=trust, threads=1))
    if model.sha256 != sha256:
        raise EvaluationError(
            f"a worker has another artifact at {artifact}: every worker has to see the same files"
        )
    return model


def version() -> str:
    """The version of slimhub that this worker has."""
    return __version__
