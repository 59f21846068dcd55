"""Writes what an artifact answers to the pictures of a data set."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

from slimhub.common.errors import EvaluationError, RequestError, option
from slimhub.common.progress import OnPhase, Transfer
from slimhub.common.version import __version__
from slimhub.evaluate import feature_files
from slimhub.evaluate.datasets.dataset import Dataset, Shard
from slimhub.evaluate.evaluation import RESUMED, OnPictures, check_damaged, explained
from slimhub.evaluate.evaluation_request import EvaluationRequest
from slimhub.evaluate.models import model_source

if TYPE_CHECKING:
    from slimhub.evaluate.models.image_model import ImageModel

PHASES = ("opening the data", "loading the artifact", "computing")
_REPLACED = "the same command replaces them again"


@dataclasses.dataclass(frozen=True)
class FeatureSet:
    """Vectors on disk.

    Attributes:
      path: of the folder.
      count: vectors in it.
      width: of each.
      parts: files in it.
      resumed: of them, those that an earlier run has written.
      damaged: pictures that could not be read, as (name, reason).
    """

    path: Path
    count: int
    width: int
    parts: int
    resumed: int
    damaged: tuple[tuple[str, str], ...]

    def to_json(self) -> dict[str, Any]:
        """As JSON data."""
        return dataclasses.asdict(self) | {"path": str(self.path)}


def write(
    request: EvaluationRequest,
    output: str,
    *,
    overwrite: bool = False,
    on_phase: OnPhase = lambda phase: None,
    on_transfer: Transfer | None = None,
    on_pictures: OnPictures = lambda done, total: None,
) -> FeatureSet:
    """Writes one Parquet file for each shard of the data; those that are there already stay.

    Args:
      request: artifact, data and preprocessing.
      output: folder, see `feature_files`.
      overwrite: whether to replace files that are there; those of further shards are removed.
      on_phase: called at the start of each of `PHASES`.
      on_transfer: called while an artifact is downloaded.
      on_pictures: called after each batch.

    Returns:
      What is in the folder.

    Raises:
      RequestError, ExportError, CheckpointError: if artifact, data or output cannot be used.
      EvaluationError: if too many pictures are damaged, or an answer is not a number.
    """
    request.check_options()
    model_source.check(request.artifact)
    folder = feature_files.check(output, request.artifact, request.data)
    on_phase(PHASES[0])
    dataset = request.dataset()
    surplus = feature_files.surplus(folder, len(dataset.shards))
    if surplus and not overwrite:
        raise RequestError(
            f"{surplus[0]} is not of these data, which have fewer parts: choose another output, or "
            f"replace what is there with {option('overwrite')}"
        )
    on_phase(PHASES[1])
    with model_source.opened(
        request.artifact, trust=request.trust, on_transfer=on_transfer
    ) as model:
        from slimhub.evaluate import feature_vectors

        on_phase(PHASES[2])
        origin = _origin(model, dataset, request)
        done, resumed = 0, 0
        damaged: list[tuple[str, str]] = []

        def advance(pictures: int) -> None:
            nonlocal done
            done += pictures
            on_pictures(done, dataset.count)

        left: dict[int, Shard] = {}
        for number, shard in enumerate(dataset.shards):
            path = feature_files.part(folder, number)
            if overwrite or not feature_files.is_there(path, origin | {"shard": number}):
                left[number] = shard
                continue
            resumed += 1
            damaged += feature_files.damaged(path)
            check_damaged(damaged, dataset.count, request.max_bad)
            advance(shard.count)
        kept = resumed
        try:
            for number, found in feature_vectors.extract(
                model, left, request.preprocessing, request.batch_size, advance
            ):
                damaged += found.damaged
                check_damaged(damaged, dataset.count, request.max_bad)
                if not len(found.ids):
                    raise EvaluationError("no picture of a whole shard can be read")
                path = feature_files.part(folder, number)
                feature_files.write(path, found, dataset.class_names, origin | {"shard": number})
                kept += 1
        except KeyboardInterrupt as interrupt:
            outlook = _REPLACED if overwrite else RESUMED
            raise explained(interrupt, kept, len(dataset.shards), outlook) from None
    for path in surplus:
        path.unlink(missing_ok=True)
    return _summary(folder, len(dataset.shards), resumed, tuple(damaged))


def _origin(model: ImageModel, dataset: Dataset, request: EvaluationRequest) -> dict[str, Any]:
    return {
        "artifact_sha256": model.sha256,
        "versions": {"slimhub": __version__, **model.versions},
        "data_sha256": dataset.sha256,
        "labels_sha256": dataset.labels_sha256,
        "preprocessing": request.preprocessing,
        "batch_size": request.batch_size,
        "shards": len(dataset.shards),
    }


def _summary(
    folder: Path, parts: int, resumed: int, damaged: tuple[tuple[str, str], ...]
) -> FeatureSet:
    from pyarrow import parquet

    schemas = [parquet.ParquetFile(feature_files.part(folder, n)) for n in range(parts)]
    count = sum(file.metadata.num_rows for file in schemas)
    width = schemas[0].schema_arrow.field("vector").type.list_size
    return FeatureSet(folder, count, width, parts, resumed, damaged)
